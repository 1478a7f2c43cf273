//! Every source file says first what it is: `//!` in Rust, a docstring in Python.

use super::Finding;
use crate::Tree;
use crate::rust::Source;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree.rust().iter().filter(|source| !source.text().starts_with("//!")).map(Source::path);
    let rust = rust.map(|path| {
        Finding::new(path, 1, "the file does not begin with `//!`; say what it is, promises and refuses")
    });
    let python = tree.python().filter(|(_, text)| !has_docstring(text));
    let python = python.map(|(path, _)| {
        Finding::new(
            path,
            1,
            "the file does not begin with a docstring; say what it is, promises and refuses",
        )
    });
    rust.chain(python).collect()
}

/// Comments, such as `#!/usr/bin/env python3`, may come first.
fn has_docstring(text: &str) -> bool {
    let first = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.trim_start_matches(['r', 'R']).starts_with(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    const RUST: &str = "1: the file does not begin with `//!`; say what it is, promises and refuses";
    const PYTHON: &str = "1: the file does not begin with a docstring; say what it is, promises and refuses";

    fn refused(path: &str, text: &str, sentence: Option<&str>) {
        let expected: Vec<String> = sentence.iter().map(|line| format!("{path}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(check, &[(path, text)], &expected);
    }

    #[test]
    fn rust_files_open_with_a_head() {
        refused("crates/a/src/b.rs", "//! What it is.\n", None);
        refused("crates/a/src/b.rs", "use std::fmt;\n//! Late.\n", Some(RUST));
        refused("tests/b.rs", "// Not a head.\n", Some(RUST));
        refused("examples/b.rs", "", Some(RUST));
        refused("docs/b.rs", "", None);
    }

    #[test]
    fn python_files_open_with_a_docstring() {
        refused("python/heirloom/a.py", "#!/usr/bin/env python3\n\n\"\"\"What it is.\"\"\"\n", None);
        refused("examples/a.py", "r'''What it is.'''", None);
        refused("examples/a.py", "import os\n\"\"\"Late.\"\"\"\n", Some(PYTHON));
        refused("python/heirloom/__init__.py", "", Some(PYTHON));
    }
}
