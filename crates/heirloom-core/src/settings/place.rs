//! Where in the file something stands, and the sentences that point at it.
//!
//! The lowest step of reading: every refusal of `heirloom.toml` is made here. Promises: each names the file, the
//! line and the column (both from 1, columns in letters), and fits in one sentence with the way out.
//! Refuses: a refusal without a place.

use std::fmt::Display;
use std::ops::Range;
use std::path::Path;

use toml_edit::TomlError;

use crate::{Error, Result};

/// A text and the file it came from.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) origin: &'a Path,
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// An error that points at `span`; at the start of the file when there is none.
    pub(super) fn refuse(&self, span: Option<Range<usize>>, sentence: impl Display) -> Error {
        let (line, column) = self.position(span.map_or(0, |span| span.start));
        Error::invalid(format!("{}:{line}:{column}: {sentence}", self.origin.display()))
    }

    /// Parses the text as TOML.
    pub(super) fn document(&self) -> Result<toml_edit::Document<&str>> {
        toml_edit::Document::parse(self.text).map_err(|error| self.refuse_syntax(&error))
    }

    fn refuse_syntax(&self, error: &TomlError) -> Error {
        let span = error.span();
        let line = self.position(span.as_ref().map_or(0, |span| span.start)).0;
        let written = self.text.lines().nth(line - 1).unwrap_or_default();
        let left_by_merge = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
        if left_by_merge.iter().any(|mark| written.starts_with(mark)) {
            return self.refuse(
                span,
                "a merge was not finished; keep the lines of both sides (of one counter the higher) and delete the marks",
            );
        }
        if error.message() == "duplicate key" {
            let key = span.clone().and_then(|span| self.text.get(span)).unwrap_or_default();
            let sentence = format!("`{key}` is set twice; keep one of the two (of a counter the higher)");
            return self.refuse(span, sentence);
        }
        self.refuse(span, format_args!("this is not TOML: {}", error.message()))
    }

    fn position(&self, byte: usize) -> (usize, usize) {
        let byte = (0..=byte.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let before = &self.text[..byte.unwrap_or(0)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// The sentence for a word that is not one of `known`; `what` is what it should have been, with its article.
pub(super) fn unknown(given: &str, what: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(given, known) {
        Some(near) => format!("`{given}` is not {what}; did you mean `{near}`? (known: {list})"),
        None => format!("`{given}` is not {what}; write one of: {list}"),
    }
}

fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let given = given.to_lowercase();
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(&given, word), *word)).min()?;
    (near.0 <= 1 + near.1.len() / 4).then_some(near.1)
}
