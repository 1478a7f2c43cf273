//! Which files are indexed: below the given folders, or the crates that cargo fetched for this workspace.
//!
//! Promises: directories are listed through the recorder, so a file that is added later is seen. Refuses: anything
//! but `.rs`.

use std::io;
use std::path::{Path, PathBuf};

use heirloom::{Recorder, tracked};

/// Every `.rs` file below the roots, sorted.
#[tracked]
pub(crate) fn rust_files(record: &Recorder, roots: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut ahead: Vec<PathBuf> = roots.to_vec();
    while let Some(folder) = ahead.pop() {
        for path in record.read_dir(&folder)? {
            if path.is_dir() {
                ahead.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The given folders, or those of the crates in `Cargo.lock`.
#[expect(clippy::disallowed_methods, reason = "a program may look at its environment")]
pub(crate) fn roots(given: &[PathBuf]) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    if !given.is_empty() {
        for folder in given {
            if !folder.is_dir() {
                return Err(
                    format!("{} is no folder; give one that holds Rust sources", folder.display()).into()
                );
            }
        }
        return Ok(given.iter().map(std::fs::canonicalize).collect::<io::Result<_>>()?);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let lock = std::fs::read_to_string(workspace.join("Cargo.lock"))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let sources = home.ok_or("neither CARGO_HOME nor HOME is set; give a folder")?.join("registry/src");
    let registries: Vec<PathBuf> =
        std::fs::read_dir(&sources)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    let mut roots: Vec<PathBuf> = crates(&lock)
        .iter()
        .flat_map(|name| registries.iter().map(move |registry| registry.join(name)))
        .filter(|folder| folder.is_dir())
        .collect();
    roots.sort();
    if roots.is_empty() {
        return Err(format!("no crate of Cargo.lock lies in {}; give a folder", sources.display()).into());
    }
    Ok(roots)
}

/// `name-version` of every package in a lock file.
fn crates(lock: &str) -> Vec<String> {
    let value = |line: &str, field: &str| {
        let rest = line.strip_prefix(field)?.strip_prefix(" = \"")?;
        rest.strip_suffix('"').map(str::to_owned)
    };
    let mut lines = lock.lines().peekable();
    let mut names = Vec::new();
    while let Some(line) = lines.next() {
        let version = lines.peek().and_then(|next| value(next, "version"));
        if let (Some(name), Some(version)) = (value(line, "name"), version) {
            names.push(format!("{name}-{version}"));
        }
    }
    names
}
