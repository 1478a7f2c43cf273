//! The Python part of the recipe, in a virtual environment of its own.
//!
//! Promises: 1. touches no Python installation: everything it needs goes to `target/python`; 2. tests the package as
//! a customer gets it, installed, not the folder beside the tests.

use super::step::Step;

const ENVIRONMENT: &str = "target/python";

/// Makes the environment, installs the package with its test extra, then tests, lints and checks types.
pub(super) fn steps() -> Vec<Step> {
    let (outer, inner) = if cfg!(windows) {
        ("python", format!("{ENVIRONMENT}/Scripts/python.exe"))
    } else {
        ("python3", format!("{ENVIRONMENT}/bin/python"))
    };
    let own = |words: &str| Step::run("python", &inner, words);
    vec![
        Step::run("python", outer, &format!("-m venv {ENVIRONMENT}")),
        own("-m pip install --quiet .[test]"),
        own("-m pytest python/tests tests/staleness tests/faults"),
        own("-m ruff check python tests"),
        own("-m mypy python/heirloom"),
    ]
}
