//! The repository as a value: which files there are, and what the text ones say.
//!
//! Every check of `tidy` is a pure function of a [`Tree`], so a test can write a small repository in place.
//!
//! Promises: 1. paths are relative to the root, with forward slashes, in order; 2. what git would not keep is not in
//! it: hidden folders, build output, virtual environments, caches. Refuses to follow symbolic links.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use crate::rust::Source;

/// Text that a check may want to read; of other files only the path is known.
const TEXT: [&str; 7] = ["json", "md", "py", "pyi", "rs", "sql", "toml"];

/// A folder holding one of these is somebody's output.
const MARKS: [&str; 2] = ["CACHEDIR.TAG", "pyvenv.cfg"];

/// All files of the repository.
pub struct Tree {
    files: BTreeMap<String, String>,
    rust: Vec<Source>,
}

impl Tree {
    /// Makes a tree of paths and their texts.
    #[must_use]
    pub fn new(files: BTreeMap<String, String>) -> Self {
        let rust = files
            .iter()
            .filter(|(path, _)| ending(path) == "rs" && is_ours(path))
            .map(|(path, text)| Source::new(path, text))
            .collect();
        Self { files, rust }
    }

    /// Reads the repository that stands at `root`.
    ///
    /// # Errors
    /// A folder or file that cannot be read, with its path.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        collect(root, "", &mut files)?;
        Ok(Self::new(files))
    }

    /// The text of one file; empty when it is not one of the text kinds.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every path with its text, in order.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Our Rust files; fixtures are nobody's code.
    #[must_use]
    pub fn rust(&self) -> &[Source] {
        &self.rust
    }

    /// Our Python files with their texts.
    pub fn python(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(path, _)| ending(path) == "py" && is_ours(path))
    }
}

/// What stands behind the last dot of a path.
pub(crate) fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Whether a source file stands in a folder of ours.
fn is_ours(path: &str) -> bool {
    let ours = ["benches", "crates", "examples", "fuzz", "python", "tests", "xtask"];
    let mut folders = path.split('/');
    folders.next().is_some_and(|top| ours.contains(&top)) && !folders.any(|folder| folder == "fixtures")
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> io::Result<()> {
    let within = |path: &Path, error: &io::Error| {
        io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
    };
    for entry in fs::read_dir(folder).map_err(|error| within(folder, &error))? {
        let entry = entry.map_err(|error| within(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, full) = (format!("{prefix}{name}"), entry.path());
        let kind = entry.file_type().map_err(|error| within(&full, &error))?;
        if kind.is_dir() && !is_output(&full, &name) {
            collect(&full, &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let is_text = TEXT.contains(&ending(&path));
            let bytes =
                if is_text { fs::read(&full).map_err(|error| within(&full, &error))? } else { Vec::new() };
            files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok(())
}

fn is_output(folder: &Path, name: &str) -> bool {
    let known = ["__pycache__", "node_modules", "target"];
    name.starts_with('.')
        || known.contains(&name)
        || MARKS.iter().any(|mark| folder.join(mark).symlink_metadata().is_ok())
}

#[cfg(test)]
impl Tree {
    /// A small repository, written in place.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures_and_foreign_folders_are_not_our_code() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", ""),
            ("crates/a/tests/fixtures/old.rs", ""),
            ("docs/sample.rs", ""),
            ("python/tests/fixtures/old.py", ""),
            ("python/heirloom/store.py", ""),
        ]);
        let rust: Vec<&str> = tree.rust().iter().map(Source::path).collect();
        assert_eq!(rust, ["crates/a/src/lib.rs"]);
        let python: Vec<&str> = tree.python().map(|(path, _)| path).collect();
        assert_eq!(python, ["python/heirloom/store.py"]);
    }

    #[test]
    fn reading_skips_output_and_hidden_folders() {
        let tree = Tree::read(&crate::root()).unwrap();
        assert!(tree.text("xtask/src/tree.rs").is_some_and(|text| text.contains("pub struct Tree")));
        assert!(tree.text("Cargo.toml").is_some());
        let strangers: Vec<&str> = tree
            .files()
            .map(|(path, _)| path)
            .filter(|path| path.starts_with(".cargo/") || path.starts_with("target/"))
            .collect();
        assert!(strangers.is_empty(), "{strangers:?}");
    }
}
