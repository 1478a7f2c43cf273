//! The resolved dependencies of a crate, as `cargo tree` tells them.
//!
//! Cargo itself is asked, because it alone knows what features, patches and inherited versions come to. Promises: 1. versions and features of everything that is compiled into the crate, also into its build script; 2. a crate that
//! is taken by path is told by its folder, so that its sources count. Refuses: Heirloom itself and what only it uses;
//! the name of a codec says what format an object has.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Whose dependencies, for what.
pub(crate) struct Question {
    pub(crate) cargo: OsString,
    pub(crate) manifest: PathBuf,
    pub(crate) target: String,
    /// The features that the crate is built with, by commas.
    pub(crate) features: String,
}

/// What a crate depends on.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Dependencies {
    /// What is fixed by its version, by name.
    pub(crate) versions: BTreeMap<String, Version>,
    /// What is not: crates that are taken by path, with their folders.
    pub(crate) by_path: BTreeMap<String, PathBuf>,
}

/// The versions of one dependency; there may be several at once.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Version {
    /// For people.
    pub(crate) shown: String,
    /// Everything that tells two apart: version, source, features.
    pub(crate) full: String,
}

/// Asks Cargo, without the network.
pub(crate) fn ask(question: &Question) -> Result<Dependencies, String> {
    let mut command = Command::new(&question.cargo);
    command.args(["tree", "--offline", "--prefix", "none", "--edges", "normal,build", "--format", "{p}|{f}"]);
    command.args(["--prune", "heirloom", "--prune", "heirloom-build", "--no-default-features"]);
    command.args(["--features", &question.features, "--target", &question.target, "--manifest-path"]);
    let output = command.arg(&question.manifest).output();
    let output = output.map_err(|fault| format!("`cargo tree` cannot be run: {fault}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`cargo tree` failed: {}", told.trim().replace('\n', "; ")));
    }
    Ok(read(&String::from_utf8_lossy(&output.stdout)))
}

/// Lines of `name v1.2.3 (source)|features`; the first is the crate itself.
fn read(tree: &str) -> Dependencies {
    let mut found = Dependencies::default();
    let mut versions: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for line in tree.lines().skip(1) {
        let (package, features) = line.split_once('|').unwrap_or((line, ""));
        let mut words = package.splitn(3, ' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        let source = words.next().unwrap_or_default().trim_start_matches("(proc-macro)").trim();
        let folder = source.strip_prefix('(').and_then(|source| source.strip_suffix(')')).map(PathBuf::from);
        if let Some(folder) = folder.filter(|folder| folder.is_absolute()) {
            found.by_path.insert(name.to_owned(), folder);
            continue;
        }
        let version = version.trim_start_matches('v');
        let features = features.trim_end_matches(" (*)");
        let full = format!("{version} {source} {features}");
        versions.entry(name.to_owned()).or_default().insert((version.to_owned(), full));
    }
    for (name, known) in versions {
        let mut version = Version::default();
        let shown: BTreeSet<&str> = known.iter().map(|(shown, _)| shown.as_str()).collect();
        version.shown = shown.into_iter().collect::<Vec<_>>().join(", ");
        for (_, full) in &known {
            version.full.push_str(full);
            version.full.push('\n');
        }
        found.versions.insert(name, version);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_line_by_line() {
        let tree = "etl v0.1.0 (/home/ann/etl)|\n\
                    shapes v0.1.0 (/home/ann/shapes)|default\n\
                    serde v1.0.2|default,std\n\
                    macros v0.2.0 (proc-macro) (/home/ann/macros)|\n\
                    serde v1.0.2|default,std (*)\n\
                    git v2.0.0 (https://example.org/git#abc)|\n\
                    syn v3.0.1|full\n\
                    syn v2.0.9|full\n";
        let found = read(tree);
        let folders: Vec<_> =
            found.by_path.iter().map(|(name, path)| (name.as_str(), path.to_str())).collect();
        assert_eq!(folders, [("macros", Some("/home/ann/macros")), ("shapes", Some("/home/ann/shapes"))]);
        let shown: Vec<_> =
            found.versions.iter().map(|(name, version)| (name.as_str(), version.shown.as_str())).collect();
        assert_eq!(shown, [("git", "2.0.0"), ("serde", "1.0.2"), ("syn", "2.0.9, 3.0.1")]);
        assert_eq!(found.versions["serde"].full, "1.0.2  default,std\n");
        assert!(found.versions["git"].full.contains("#abc"));
    }

    #[test]
    fn features_tell_two_apart() {
        assert_ne!(read("a v1|\nserde v1.0.2|std\n"), read("a v1|\nserde v1.0.2|derive,std\n"));
    }
}
