//! One `key = value` of the file, taken as the type that is expected there.
//!
//! A step of reading, between the parsed TOML and [`Settings`](super::Settings). Promises: a value of another type
//! is refused with what was found, what was expected and an example. Refuses: conversions (`"true"` is not `true`).

use std::fmt::Display;
use std::ops::Range;
use std::time::Duration;

use toml_edit::{Item, TableLike, Value};

use super::duration::parse_duration;
use super::place::{Place, unknown};
use super::size::parse_size;
use crate::{Error, Result};

/// A key with its value, and its table's name for sentences.
pub(super) struct Entry<'a> {
    place: Place<'a>,
    pub(super) name: &'a str,
    /// As it is shown in sentences: `memory`, or `ttl` of `cache.tables`.
    title: String,
    key_span: Option<Range<usize>>,
    item: &'a Item,
}

/// One text of a list.
pub(super) struct Element<'a> {
    pub(super) text: &'a str,
    span: Option<Range<usize>>,
}

impl<'a> Entry<'a> {
    /// All entries of a table, in the order of the file; `owner` is the table's name, empty for the file itself.
    pub(super) fn all(place: Place<'a>, table: &'a dyn TableLike, owner: &str) -> Vec<Self> {
        let entry = |(name, item): (&'a str, &'a Item)| {
            let title = if owner.is_empty() { format!("`{name}`") } else { format!("`{name}` of `{owner}`") };
            Entry { place, name, title, key_span: table.key(name).and_then(toml_edit::Key::span), item }
        };
        table.iter().map(entry).collect()
    }

    /// A refusal that points at the key.
    pub(super) fn refuse_key(&self, sentence: impl Display) -> Error {
        self.place.refuse(self.key_span.clone(), sentence)
    }

    /// A refusal that points at the value.
    pub(super) fn refuse(&self, sentence: impl Display) -> Error {
        self.place.refuse(self.item.span().or(self.key_span.clone()), sentence)
    }

    /// A refusal because the key is not one of `known`; `what` has its article.
    pub(super) fn unknown(&self, what: &str, known: &[&str]) -> Error {
        self.refuse_key(unknown(self.name, what, known))
    }

    /// The entries of a table.
    pub(super) fn entries(&self, owner: &str) -> Result<Vec<Self>> {
        let table = self.item.as_table_like().ok_or_else(|| self.expected("a table"))?;
        Ok(Self::all(self.place, table, owner))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Result<bool> {
        self.item.as_bool().ok_or_else(|| self.expected("true or false, without quotes"))
    }

    /// A text; `what` is what it stands for, with an example.
    pub(super) fn text(&self, what: &str) -> Result<&'a str> {
        self.item.as_str().ok_or_else(|| self.expected(what))
    }

    /// A size in bytes.
    pub(super) fn size(&self) -> Result<u64> {
        let text = self.text("a size in quotes such as \"4 GiB\"")?;
        parse_size(text).map_err(|error| self.wrong(&error))
    }

    /// A duration longer than zero.
    pub(super) fn duration(&self) -> Result<Duration> {
        let text = self.text("a duration in quotes such as \"7d\"")?;
        let duration = parse_duration(text).map_err(|error| self.wrong(&error))?;
        if duration.is_zero() {
            let remedy = "write a longer one such as \"1h\", or leave the line out for none";
            return Err(self.refuse(format_args!("{} is no time at all; {remedy}", self.title)));
        }
        Ok(duration)
    }

    /// One word of a closed set; `example` is one of them.
    pub(super) fn word<T: std::str::FromStr<Err = Error>>(&self, example: &str) -> Result<T> {
        let text = self.text(&format!("a word in quotes such as \"{example}\""))?;
        text.parse().map_err(|error| self.wrong(&error))
    }

    /// A list of texts; `example` is such a list.
    pub(super) fn texts(&self, example: &str) -> Result<Vec<Element<'a>>> {
        let expected = || self.expected(&format!("a list such as {example}"));
        let array = self.item.as_array().ok_or_else(expected)?;
        let element = |value: &'a Value| match value.as_str() {
            Some(text) => Ok(Element { text, span: value.span() }),
            None => Err(self.place.refuse(
                value.span(),
                format_args!(
                    "{} must be a list such as {example}, without {}",
                    self.title,
                    found(value.type_name())
                ),
            )),
        };
        array.iter().map(element).collect()
    }

    /// A counter: a whole number from 0 up.
    pub(super) fn counter(&self) -> Result<u64> {
        if let Some(count) = self.item.as_integer() {
            return u64::try_from(count).map_err(|_| {
                self.refuse(format_args!("{} must be a whole number from 0 up, not {count}", self.title))
            });
        }
        if self.item.as_table().is_some_and(toml_edit::Table::is_dotted) {
            let remedy = "write a developer's name that has a dot in quotes, such as \"jane.doe\" = 1";
            return Err(self.refuse_key(format_args!("{} is split at its dot; {remedy}", self.title)));
        }
        Err(self.expected("a whole number from 0 up"))
    }

    /// A refusal that points at one element of the list.
    pub(super) fn refuse_element(&self, element: &Element<'_>, sentence: impl Display) -> Error {
        self.place.refuse(element.span.clone(), sentence)
    }

    fn wrong(&self, error: &Error) -> Error {
        self.refuse(format_args!("{}: {error}", self.title))
    }

    fn expected(&self, what: &str) -> Error {
        self.refuse(format_args!("{} must be {what}, not {}", self.title, found(self.item.type_name())))
    }
}

/// The name of a type with its article.
fn found(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {type_name}")
}
