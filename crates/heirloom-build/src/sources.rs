//! The sources of one crate: which files they are, and what of each counts.
//!
//! Promises: a Rust file counts by its tokens, any other file in `src/` by its bytes; names are relative to the crate.
//! Refuses: tests, benches, examples, build products and crates of their own inside.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use crate::tokens;

/// Folders of a crate that are not part of what it builds.
const APART: [&str; 4] = ["tests", "benches", "examples", "target"];

/// Adds one line for each source of the crate at `root`: its digest, a tab, and its name behind `prefix`.
pub(crate) fn read(root: &Path, prefix: &str, lines: &mut BTreeMap<String, String>) -> Result<(), String> {
    for path in files(root)? {
        let inside = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let rust = path.extension().is_some_and(|ending| ending == "rs");
        if !rust && !inside.starts_with("src/") {
            continue;
        }
        let bytes = fs::read(&path).map_err(|fault| unreadable(&path, &fault))?;
        let digest = if rust { of_rust(&bytes) } else { blake3::hash(&bytes) };
        let name = format!("{prefix}{inside}");
        let line = format!("{digest}\t{name}");
        lines.insert(name, line);
    }
    Ok(())
}

/// The digest of a Rust file: of its tokens, or of its bytes where they are no Rust (a template, say).
fn of_rust(bytes: &[u8]) -> blake3::Hash {
    let text = std::str::from_utf8(bytes).ok();
    let parsed = text.and_then(|text| text.parse::<TokenStream>().ok());
    parsed.map_or_else(|| blake3::hash(bytes), |parsed| tokens::digest(parsed).into())
}

/// What stands in a crate's own folder and may be a source of it, or its manifest.
pub(crate) fn tops(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut tops: Vec<PathBuf> = entries
        .filter(|path| {
            if path.is_dir() {
                return is_part(path);
            }
            path.extension().is_some_and(|ending| ending == "rs" || ending == "toml")
        })
        .collect();
    tops.sort();
    tops
}

fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|fault| unreadable(&folder, &fault))? {
            let path = entry.map_err(|fault| unreadable(&folder, &fault))?.path();
            if !path.is_dir() {
                found.push(path);
            } else if folder != root || is_part(&path) {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_part(folder: &Path) -> bool {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    !(name.starts_with('.') || APART.contains(&name.as_str()) || folder.join("Cargo.toml").exists())
}

fn unreadable(path: &Path, fault: &std::io::Error) -> String {
    format!("{} cannot be read: {fault}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let mut lines = BTreeMap::new();
        read(folder.path(), "", &mut lines).expect("they are readable");
        lines
    }

    #[test]
    fn what_is_no_part_of_the_crate_does_not_count() {
        let found = lines(&[
            ("build.rs", ""),
            ("src/lib.rs", ""),
            ("src/tests/table.rs", ""),
            ("src/query.sql", "select 1"),
            ("readme.md", ""),
            ("tests/all.rs", ""),
            ("target/made.rs", ""),
            ("inner/Cargo.toml", ""),
            ("inner/src/lib.rs", ""),
        ]);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["build.rs", "src/lib.rs", "src/query.sql", "src/tests/table.rs"]);
    }

    #[test]
    fn rust_counts_by_tokens_and_the_rest_by_bytes() {
        let of = |rust: &str, sql: &str| lines(&[("src/lib.rs", rust), ("src/query.sql", sql)]);
        assert_eq!(of("fn f() {}", "a"), of("// more\nfn f() { }", "a"));
        assert_ne!(of("fn f() {}", "a"), of("fn f() { g() }", "a"));
        assert_ne!(of("fn f() {}", "a"), of("fn f() {}", "a "));
        assert_ne!(of("no ( Rust", "a"), of("no (  Rust", "a"));
    }
}
