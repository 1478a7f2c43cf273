//! ARCHITECTURE.md is the map: it names every folder of the crates, and only what exists.
//!
//! Promises: 1. a folder counts as named by its full path, or by its name followed by `/`; 2. what stands in
//! backticks and ends in `/` or `.rs` is looked up, as a full path or as the end of one. Refuses to look up places
//! outside the tree: hidden folders, `target/`, absolute paths, patterns.

use std::collections::BTreeSet;

use super::Finding;
use crate::Tree;
use crate::tree::ending;

const MAP: &str = "ARCHITECTURE.md";
const LINES_MAX: usize = 200;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(map) = tree.text(MAP) else {
        return vec![Finding::new(
            MAP,
            1,
            "the map of the house does not exist; write it, naming every folder",
        )];
    };
    let mut found = Vec::new();
    let lines = map.lines().count();
    if lines > LINES_MAX {
        let sentence =
            format!("the map has {lines} lines, at most {LINES_MAX} are allowed; leave the details to `//!`");
        found.push(Finding::new(MAP, LINES_MAX + 1, sentence));
    }
    for folder in folders(tree) {
        let name = folder.rsplit('/').next().unwrap_or(folder);
        if !names(map, folder) && !names(map, &format!("{name}/")) {
            found.push(Finding::new(
                MAP,
                1,
                format!("folder {folder} is not named; add `{name}/` with one sentence"),
            ));
        }
    }
    for (line, path) in quoted(map) {
        if !exists(tree, path) {
            found.push(Finding::new(
                MAP,
                line,
                format!("`{path}` does not exist; correct it or leave it out"),
            ));
        }
    }
    found
}

/// Every folder below `crates/*/src`.
fn folders(tree: &Tree) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for source in tree.rust().iter().filter(|source| source.path().starts_with("crates/")) {
        let path = source.path();
        let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
        if path.split('/').nth(2) == Some("src") {
            found.extend(ends.iter().skip(3).map(|end| &path[..*end]));
        }
    }
    found
}

/// Whether `text` holds `path`, not as a part of a longer name.
fn names(text: &str, path: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(path).any(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + path.len()..]);
        !before.ends_with(goes_on) && (path.ends_with('/') || !behind.starts_with(goes_on))
    })
}

/// The paths in backticks, each with its line; blocks of code are drawings, not references.
fn quoted(map: &str) -> Vec<(usize, &str)> {
    let (mut found, mut in_block) = (Vec::new(), false);
    for (line, text) in (1..).zip(map.lines()) {
        if text.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let paths = text.split('`').skip(1).step_by(2).filter(|path| is_reference(path));
            found.extend(paths.map(|path| (line, path)));
        }
    }
    found
}

fn is_reference(path: &str) -> bool {
    let elsewhere = path.starts_with(['.', '/', '~']) || path.starts_with("target/");
    let pattern = path.contains(['*', '{', '<', ' ', '…', ':']);
    (path.ends_with('/') || ending(path) == "rs") && !elsewhere && !pattern
}

fn exists(tree: &Tree, path: &str) -> bool {
    let inner = format!("/{path}");
    tree.files().any(|(file, _)| {
        if path.ends_with('/') {
            file.starts_with(path) || file.contains(&inner)
        } else {
            file == path || file.ends_with(&inner)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    fn refused(map: &str, expected: &[&str]) {
        let expected: Vec<String> = expected.iter().map(|line| format!("{MAP}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(
            check,
            &[(MAP, map), ("crates/a/src/disk/blobs/b.rs", ""), ("crates/a/src/lib.rs", "")],
            &expected,
        );
    }

    #[test]
    fn there_must_be_a_map() {
        let line = "ARCHITECTURE.md:1: the map of the house does not exist; write it, naming every folder";
        expect(check, &[], &[line]);
    }

    #[test]
    fn every_folder_is_named() {
        refused("disk/ and blobs/", &[]);
        refused("```\n  disk/\n    blobs/\n```", &[]);
        refused("crates/a/src/disk/blobs", &[]);
        refused(
            "mydisk/ blobs/",
            &["1: folder crates/a/src/disk is not named; add `disk/` with one sentence"],
        );
    }

    #[test]
    fn only_what_exists_is_named() {
        refused("`disk/` `disk/blobs/` `crates/a/` `blobs/b.rs` `crates/a/src/lib.rs`", &[]);
        refused("`.heirloom/` `target/x/` `crates/*/` `std::a/`, disk/ blobs/", &[]);
        refused("disk/ blobs/\n```\n`engine/`\n```", &[]);
        refused("disk/ blobs/\n`lobs/b.rs`", &["2: `lobs/b.rs` does not exist; correct it or leave it out"]);
        refused("disk/ blobs/\n`engine/`", &["2: `engine/` does not exist; correct it or leave it out"]);
    }

    #[test]
    fn the_map_fits_on_a_wall() {
        refused(&"disk/ blobs/\n".repeat(200), &[]);
        let line = "201: the map has 201 lines, at most 200 are allowed; leave the details to `//!`";
        refused(&"disk/ blobs/\n".repeat(201), &[line]);
    }
}
