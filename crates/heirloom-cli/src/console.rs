//! Where a command writes: lines, tables or one JSON document to the output, notes to the messages.
//!
//! Promises: 1. every line is escaped, so that text from a store cannot command a terminal; 2. colours come from
//! here and nowhere else; 3. with `--json` the output holds one document and nothing else. Refuses: deciding what
//! to say.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::escape::escaped;
use crate::table::Table;

/// The version of the JSON documents, told in each as `format`.
const FORMAT: u32 = 1;

/// The two places to write to, and how.
pub(crate) struct Console<'a> {
    pub(crate) out: &'a mut dyn Write,
    pub(crate) err: &'a mut dyn Write,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) color: bool,
    pub(crate) columns: Option<u16>,
}

#[derive(Serialize)]
struct Document<'a, T> {
    command: &'a str,
    format: u32,
    store: Option<String>,
    #[serde(flatten)]
    body: &'a T,
}

impl Console<'_> {
    /// One line of the output.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.out, "{}", escaped(text.as_ref()))
    }

    /// One line that heads what follows.
    pub(crate) fn head(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        self.styled("1", text.as_ref())
    }

    /// One line that matters less.
    pub(crate) fn dim(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        self.styled("2", text.as_ref())
    }

    /// A table; nothing when it has no row.
    pub(crate) fn table(&mut self, table: Table) -> io::Result<()> {
        writeln!(self.out, "{}", table.rendered(self.columns, self.color))
    }

    /// The one document of `--json`; `store` is the folder that it is about.
    pub(crate) fn document(
        &mut self,
        command: &str,
        store: Option<&Path>,
        body: &impl Serialize,
    ) -> io::Result<()> {
        let store = store.map(|folder| folder.to_string_lossy().into_owned());
        serde_json::to_writer(&mut *self.out, &Document { command, format: FORMAT, store, body })?;
        writeln!(self.out)
    }

    /// One line beside the output; left out with `--quiet`. A fault here changes nothing.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        if !self.quiet {
            writeln!(self.err, "{}", escaped(text.as_ref())).ok();
        }
    }

    /// One line that somebody should read, `--quiet` or not.
    pub(crate) fn warn(&mut self, text: impl AsRef<str>) {
        let (on, off) = if self.color { ("\u{1b}[33m", "\u{1b}[0m") } else { ("", "") };
        writeln!(self.err, "{on}warning:{off} {}", escaped(text.as_ref())).ok();
    }

    /// A question, without a line's end.
    pub(crate) fn question(&mut self, text: &str) {
        write!(self.err, "{} ", escaped(text)).and_then(|()| self.err.flush()).ok();
    }

    fn styled(&mut self, style: &str, text: &str) -> io::Result<()> {
        let text = escaped(text);
        if self.color {
            writeln!(self.out, "\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            writeln!(self.out, "{text}")
        }
    }
}
