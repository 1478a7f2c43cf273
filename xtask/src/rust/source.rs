//! One Rust file, read for checking.
//!
//! Promises: 1. offsets in [`Source::code`] are offsets in the file, and become lines by [`Source::line`]; 2. what is
//! written in place under `#[cfg(test)]` is known as such.

use std::ops::Range;

use super::item::{Item, attributes, before_visibility, items, words};
use super::scrub::scrub;

/// A Rust file: its path, its text, and the code in it.
pub struct Source {
    path: String,
    text: String,
    code: String,
    tests: Vec<Range<usize>>,
}

impl Source {
    /// Reads one file.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let code = scrub(text);
        let tests = items(&code, "mod")
            .into_iter()
            .filter(|item| attributes(&code, item.at).iter().any(|attribute| is_test(attribute)))
            .filter_map(|item| item.body)
            .collect();
        Self { path: path.to_owned(), text: text.to_owned(), code, tests }
    }

    /// Its path from the root of the repository.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is written, comments and all.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, with comments blanked and literals masked.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The bodies of test modules written in place.
    #[must_use]
    pub fn tests(&self) -> &[Range<usize>] {
        &self.tests
    }

    /// Whether the whole file is tests, so that it may reach anywhere.
    #[must_use]
    pub fn is_tests(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// Whether an offset lies in tests written in place.
    #[must_use]
    pub fn in_tests(&self, at: usize) -> bool {
        self.tests.iter().any(|body| body.contains(&at))
    }

    /// The line, counted from 1, on which an offset lies.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        1 + self.code[..at].matches('\n').count()
    }

    /// All functions.
    #[must_use]
    pub fn functions(&self) -> Vec<Item<'_>> {
        items(&self.code, "fn")
    }

    /// All modules, declared or written in place.
    #[must_use]
    pub fn modules(&self) -> Vec<Item<'_>> {
        items(&self.code, "mod")
    }

    /// The attributes of the item whose keyword stands at `at`, without blanks.
    #[must_use]
    pub fn attributes(&self, at: usize) -> Vec<String> {
        attributes(&self.code, at)
    }

    /// Whether the item whose keyword stands at `at` is visible outside its module.
    #[must_use]
    pub fn is_visible(&self, at: usize) -> bool {
        let head = self.code[..at].trim_end();
        before_visibility(head) != head
    }

    /// Every occurrence of one word of code.
    pub fn occurrences<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        words(&self.code).filter(move |(_, found)| *found == word).map(|(at, _)| at)
    }

    /// How many lines of `range` hold code.
    #[must_use]
    pub fn code_lines(&self, range: Range<usize>) -> usize {
        self.code[range].lines().filter(|line| !line.trim().is_empty()).count()
    }
}

fn is_test(attribute: &str) -> bool {
    attribute == "cfg(test)" || attribute.starts_with("cfg(all(test,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_in_place_are_known() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(not(test))]\nmod c {}\n";
        let source = Source::new("crates/x/src/a.rs", code);
        assert_eq!(source.tests().len(), 1);
        assert!(source.in_tests(code.find("fn b").unwrap()));
        assert!(!source.in_tests(code.find("mod c").unwrap()));
        assert_eq!(source.line(code.find("mod c").unwrap()), 7);
    }

    #[test]
    fn visibility_and_lines() {
        let source = Source::new("a.rs", "pub(crate) mod a;\nmod b;\n\n// c\n\"x\n\ny\"");
        let modules = source.modules();
        assert!(source.is_visible(modules[0].at));
        assert!(!source.is_visible(modules[1].at));
        assert_eq!(source.code_lines(0..source.code().len()), 4);
        assert_eq!(source.occurrences("mod").count(), 2);
    }
}
