//! Runs one check on a repository written in place and compares what it says.

use super::Finding;
use crate::Tree;

/// Compares all findings of `check`, each in its printed form.
pub(super) fn expect(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: &[&str]) {
    let found: Vec<String> = check(&Tree::of(files)).iter().map(Finding::to_string).collect();
    assert_eq!(found, expected, "{files:?}");
}
