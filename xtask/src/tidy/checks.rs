//! The list of checks, and the one function that runs them on the disk.
//!
//! Promises: 1. checking reads only; writing happens under `--bless` alone, and only below `docs/format/`.

use std::fs;
use std::path::Path;

use super::{Finding, architecture, crate_edges, format_pages, heads, leftovers, module_edges, names, sizes};
use crate::Tree;

const CHECKS: [fn(&Tree) -> Vec<Finding>; 8] = [
    crate_edges::check,
    module_edges::check,
    heads::check,
    sizes::check,
    names::check,
    leftovers::check,
    architecture::check,
    format_pages::check,
];

/// All findings in the tree, in the order of their places.
#[must_use]
pub fn findings(tree: &Tree) -> Vec<Finding> {
    let mut found: Vec<Finding> = CHECKS.iter().flat_map(|check| check(tree)).collect();
    found.sort();
    found
}

/// Checks the repository at `root`, after renewing the hashes in the format documents when asked to.
///
/// # Errors
/// All findings, one on each line, or the reason why the repository could not be read.
pub fn run(root: &Path, bless: bool) -> Result<(), String> {
    let mut tree = Tree::read(root).map_err(|error| error.to_string())?;
    if bless {
        for (path, text) in format_pages::blessed(&tree) {
            fs::write(root.join(&path), text).map_err(|error| format!("cannot write {path}: {error}"))?;
        }
        tree = Tree::read(root).map_err(|error| error.to_string())?;
    }
    let found = findings(&tree);
    if found.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = found.iter().map(Finding::to_string).collect();
    let plural = if lines.len() == 1 { "" } else { "s" };
    Err(format!("{}\n{} finding{plural}", lines.join("\n"), lines.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_run() {
        let long = format!("//! Long.\nfn long() {{\n{}}}\n", "    go();\n".repeat(70));
        let tree = Tree::of(&[
            ("crates/attic/Cargo.toml", "[package]\nname = 'attic'\n"),
            ("crates/heirloom-core/src/attic.rs", "//! No layer.\n"),
            ("docs/format/key.md", "<!-- source: lost.rs sha:0 -->\n"),
            ("xtask/src/glob.rs", "//! Open.\npub use a::*;\n"),
            ("xtask/src/headless.rs", "fn a() {}\n"),
            ("xtask/src/long.rs", &long),
            ("xtask/src/misc.rs", "//! Odds and ends.\n"),
        ]);
        let found = findings(&tree);
        let places: Vec<String> = found
            .iter()
            .map(|finding| finding.to_string().split(": ").next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(
            places,
            [
                "ARCHITECTURE.md:1",
                "crates/attic/Cargo.toml:1",
                "crates/heirloom-core/src/attic.rs:1",
                "docs/format/key.md:1",
                "xtask/src/glob.rs:2",
                "xtask/src/headless.rs:1",
                "xtask/src/long.rs:2",
                "xtask/src/misc.rs:1",
            ]
        );
    }
}
