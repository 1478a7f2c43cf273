//! Names that say nothing: a file called after no topic collects everything.
//!
//! Promises: 1. looks at source files, the folders they stand in, and modules written in place; a folder of samples
//! may be called as its samples are.

use std::collections::BTreeSet;

use super::Finding;
use crate::Tree;
use crate::rust::Source;

const BANNED: [&str; 13] = [
    "base", "common", "data", "handler", "helper", "helpers", "impl", "info", "manager", "misc", "prelude",
    "util", "utils",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree.rust().iter().map(Source::path);
    let paths: Vec<&str> = rust.chain(tree.python().map(|(path, _)| path)).collect();
    let mut found = BTreeSet::new();
    for path in paths {
        for (end, _) in path.match_indices('/').chain([(path.len(), "")]) {
            let place = &path[..end];
            let name = place.rsplit('/').next().unwrap_or(place);
            let stem = name.split('.').next().unwrap_or(name);
            if BANNED.contains(&stem) {
                found.insert(Finding::new(place, 1, refusal(stem)));
            }
        }
    }
    for source in tree.rust() {
        for module in source.modules().iter().filter(|module| module.body.is_some()) {
            if BANNED.contains(&module.name) {
                found.insert(Finding::new(source.path(), source.line(module.at), refusal(module.name)));
            }
        }
    }
    found.into_iter().collect()
}

fn refusal(name: &str) -> String {
    format!("`{name}` says nothing about what is inside; name it after its topic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    #[test]
    fn speaking_names_pass() {
        expect(
            check,
            &[
                ("crates/a/src/disk/layout.rs", "mod blobs { }"),
                ("examples/data/flights.csv", ""),
                ("python/heirloom/metadata.py", ""),
            ],
            &[],
        );
    }

    #[test]
    fn files_folders_and_modules_are_found() {
        expect(
            check,
            &[
                ("crates/a/src/misc/a.rs", ""),
                ("crates/a/src/misc/b.rs", "mod helpers;\nmod util {}"),
                ("python/heirloom/utils.py", ""),
            ],
            &[
                "crates/a/src/misc:1: `misc` says nothing about what is inside; name it after its topic",
                "crates/a/src/misc/b.rs:2: `util` says nothing about what is inside; name it after its topic",
                "python/heirloom/utils.py:1: `utils` says nothing about what is inside; name it after its topic",
            ],
        );
    }
}
