//! Where a counter stands in the text: the editing beneath a bump.
//!
//! ```text
//! [versions.tables]
//! # raised with the new parser          a comment directly above a counter belongs to it
//! dev1 = 3
//!                                       one blank line between any two counters: git takes changes on
//! dev2 = 1                              neighbouring lines for a conflict, and merges these
//! ```
//!
//! Pure. Promises: every byte that is not the counter itself, a new counter's lines or a separating blank line stays
//! as it was, because the text is edited at the spans of the parsed document and never written anew.
//! Refuses: counters written inline (`tables = { dev1 = 3 }`) or dotted, which no branch could merge: `None`.

use std::ops::Range;

use toml_edit::{Document, Item, Key, Table};

/// One counter in the text.
struct Counter {
    name: String,
    /// From the start of its line to past the line's end.
    line: Range<usize>,
    value: Range<usize>,
}

/// A replacement in the text; an insertion where the range is empty.
struct Edit {
    at: Range<usize>,
    with: String,
}

/// The counter that is to stand in the text.
struct Target<'a> {
    factory: &'a str,
    developer: &'a str,
    count: u64,
    /// The end of a line, as the text has it already.
    newline: &'static str,
}

/// The text with the counter of `developer` set to `count`; `None` where the table is not laid out in lines.
pub(super) fn with_counter(text: &str, factory: &str, developer: &str, count: u64) -> Option<String> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let target = Target { factory, developer, count, newline };
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(newline);
    }
    let edit = target.edit(&text)?;
    text.replace_range(edit.at, &edit.with);
    separated(text, factory, newline)
}

impl Target<'_> {
    fn edit(&self, text: &str) -> Option<Edit> {
        let document = Document::parse(text).ok()?;
        let Some(versions) = document.get("versions") else {
            return self.new_table(text, &Table::new());
        };
        let versions = laid_out(versions)?;
        match versions.get(self.factory) {
            Some(item) => self.in_table(text, laid_out(item)?),
            None => self.new_table(text, versions),
        }
    }

    fn line(&self) -> String {
        format!("{} = {}{}", Key::new(self.developer).display_repr(), self.count, self.newline)
    }

    /// Into a table that stands: the number alone, or a new line in sorted order.
    fn in_table(&self, text: &str, table: &Table) -> Option<Edit> {
        let counters = counters(text, table)?;
        if let Some(counter) = counters.iter().find(|counter| counter.name == self.developer) {
            return Some(Edit { at: counter.value.clone(), with: self.count.to_string() });
        }
        let Some(next) = counters.iter().position(|counter| counter.name.as_str() > self.developer) else {
            let end = counters.last()?.line.end;
            return Some(Edit { at: end..end, with: format!("{}{}", self.newline, self.line()) });
        };
        let floor = match next.checked_sub(1) {
            Some(previous) => counters[previous].line.end,
            None => line_around(text, table.span()?.start).end,
        };
        let at = with_comments(text, floor, counters[next].line.start);
        Some(Edit { at: at..at, with: format!("{}{}", self.line(), self.newline) })
    }

    /// As a new table: in sorted order among those of `versions`, else at the end.
    fn new_table(&self, text: &str, versions: &Table) -> Option<Edit> {
        let mut end = None;
        let mut next = None;
        for (name, table) in in_order(versions) {
            let header = line_around(text, table.span()?.start);
            if name > self.factory {
                let floor = table.decor().prefix().and_then(toml_edit::RawString::span);
                next = Some(with_comments(text, floor.map_or(header.start, |span| span.start), header.start));
                break;
            }
            end = Some(counters(text, table)?.last()?.line.end);
        }
        let at = next.or(end).unwrap_or(text.len());
        let above = if text[..at].lines().next_back().is_none_or(is_blank) { "" } else { self.newline };
        let below = if text[at..].lines().next().is_none_or(is_blank) { "" } else { self.newline };
        let header = format!("[versions.{}]{}", Key::new(self.factory).display_repr(), self.newline);
        Some(Edit { at: at..at, with: [above, &header, &self.line(), below].concat() })
    }
}

/// The tables of `versions` that have a header, in the order of the text.
fn in_order(versions: &Table) -> Vec<(&str, &Table)> {
    let mut tables: Vec<_> =
        versions.iter().filter_map(|(name, item)| Some((name, laid_out(item)?))).collect();
    tables.sort_by_key(|(_, table)| table.span().map(|span| span.start));
    tables
}

/// Puts a blank line between counters that have none; comments stay with the counter below them.
fn separated(mut text: String, factory: &str, newline: &str) -> Option<String> {
    let mut missing = Vec::new();
    {
        let document = Document::parse(text.as_str()).ok()?;
        let table = laid_out(document.get("versions")?.get(factory)?)?;
        for pair in counters(&text, table)?.windows(2) {
            let between = pair[0].line.end..pair[1].line.start;
            if !text[between.clone()].lines().any(is_blank) {
                missing.push(between.start);
            }
        }
    }
    for at in missing.into_iter().rev() {
        text.insert_str(at, newline);
    }
    Some(text)
}

fn laid_out(item: &Item) -> Option<&Table> {
    item.as_table().filter(|table| !table.is_dotted())
}

/// The counters of a table, in the order of the text.
fn counters(text: &str, table: &Table) -> Option<Vec<Counter>> {
    let counter = |(name, item): (&str, &Item)| {
        let value = item.span()?;
        Some(Counter { name: name.to_owned(), line: line_around(text, value.start), value })
    };
    let mut counters = table.iter().map(counter).collect::<Option<Vec<_>>>()?;
    counters.sort_by_key(|counter| counter.line.start);
    Some(counters)
}

fn line_around(text: &str, byte: usize) -> Range<usize> {
    let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
    let end = text[byte..].find('\n').map_or(text.len(), |at| byte + at + 1);
    start..end
}

/// The start of the comment lines directly above the line at `start`, not reaching above `floor`.
fn with_comments(text: &str, floor: usize, start: usize) -> usize {
    let mut start = start;
    while start > floor {
        let above = line_around(text, start - 1);
        if is_blank(&text[above.clone()]) {
            break;
        }
        start = above.start.max(floor);
    }
    start
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}
