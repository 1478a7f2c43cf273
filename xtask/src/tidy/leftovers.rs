//! What must not stay in source: marks of unfinished work, glob re-exports, hidden public modules.

use super::Finding;
use crate::Tree;
use crate::rust::{Source, leaves};

/// Written in halves, so that this file passes its own check.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

/// The one hidden module: what the code written by the macro calls.
const HIDDEN: (&str, &str) = ("crates/heirloom/src/", "__private");

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree.rust().iter().map(|source| (source.path(), source.text()));
    let mut found: Vec<Finding> =
        rust.chain(tree.python()).flat_map(|(path, text)| marks(path, text)).collect();
    for source in tree.rust() {
        found.extend(globs(source));
        found.extend(hidden(source));
    }
    found
}

fn marks(path: &str, text: &str) -> Vec<Finding> {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        for mark in text.split(|c| !is_letter(c)).filter(|word| MARKS.contains(word)) {
            let sentence = format!(
                "`{mark}` marks unfinished work; finish it, or open an issue and say it in a sentence"
            );
            found.push(Finding::new(path, line, sentence));
        }
    }
    found
}

fn globs(source: &Source) -> Vec<Finding> {
    let visible = source.occurrences("use").filter(|at| source.is_visible(*at) && !source.in_tests(*at));
    let paths = visible.flat_map(|at| leaves(source.code(), at + "use".len()));
    paths
        .filter(|leaf| leaf.name == "*")
        .map(|leaf| {
            let sentence = "a glob re-export hides what is public; name each item";
            Finding::new(source.path(), source.line(leaf.at), sentence)
        })
        .collect()
}

fn hidden(source: &Source) -> Vec<Finding> {
    let modules = source.modules().into_iter().filter(|module| source.is_visible(module.at));
    modules
        .filter(|module| source.attributes(module.at).iter().any(|attribute| attribute == "doc(hidden)"))
        .filter(|module| !(source.path().starts_with(HIDDEN.0) && module.name == HIDDEN.1))
        .map(|module| {
            let sentence =
                format!("module `{}` is public but hidden; document it, or make it private", module.name);
            Finding::new(source.path(), source.line(module.at), sentence)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    fn refused(path: &str, text: &str, expected: &[&str]) {
        let expected: Vec<String> = expected.iter().map(|line| format!("{path}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(check, &[(path, text)], &expected);
    }

    #[test]
    fn marks_are_whole_words() {
        let mark = MARKS[0];
        let line = format!(
            "2: `{mark}` marks unfinished work; finish it, or open an issue and say it in a sentence"
        );
        refused("crates/a/src/a.rs", &format!("\n// {mark}: later"), &[&line]);
        refused("python/heirloom/a.py", &format!("\n# ({mark})"), &[&line]);
        refused("crates/a/src/a.rs", &format!("const {mark}S: u8 = A_{mark}; // todo"), &[]);
        refused("docs/a.md", mark, &[]);
    }

    #[test]
    fn glob_re_exports_are_found() {
        let line = "1: a glob re-export hides what is public; name each item";
        refused("crates/a/src/a.rs", "pub use b::*;", &[line]);
        refused("crates/a/src/a.rs", "pub(crate) use b::{c, d::*};", &[line]);
        refused("crates/a/src/a.rs", "use b::*; pub use b::c;", &[]);
    }

    #[test]
    fn hidden_modules_are_found() {
        let line = "1: module `b` is public but hidden; document it, or make it private";
        refused("crates/heirloom-core/src/lib.rs", "#[doc(hidden)] pub mod b;", &[line]);
        refused("crates/heirloom-core/src/lib.rs", "#[doc(hidden)] mod b; pub mod c;", &[]);
        refused("crates/heirloom/src/lib.rs", "#[doc(hidden)] pub mod __private {}", &[]);
        refused("crates/heirloom/src/lib.rs", "#[doc(hidden)] pub mod b {}", &[line]);
    }
}
