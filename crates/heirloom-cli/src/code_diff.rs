//! How the code differs, line by line: between what kept entries were built by and their factories as seen last.
//!
//! Promises: each change is told once, however many entries it concerns; a part whose text nobody kept is named and
//! said to be unknown. Refuses: source files; what is compared is what the builds have told the store.

use std::collections::BTreeSet;
use std::fmt::Write;

use heirloom_core::Digest;
use heirloom_core::disk::{EntryRow, FactoryRow};
use heirloom_core::engine::Engine;
use heirloom_core::identity::{Change, Fingerprint};
use serde::Serialize;
use similar::TextDiff;

use crate::console::Console;
use crate::stop::Stop;

/// Equal lines that are shown around what differs.
const CONTEXT: usize = 3;

/// One part of the code that reads differently now.
#[derive(Serialize)]
pub(crate) struct CodeDiff {
    factory: String,
    part: String,
    place: Option<String>,
    old: Digest,
    new: Digest,
    /// The unified difference; `None` where a text is not known.
    diff: Option<String>,
}

/// What differs between the code of these entries and that of their factories as they were seen last.
pub(crate) fn of_entries(
    engine: &Engine,
    rows: &[EntryRow],
    seen: &[FactoryRow],
) -> Result<Vec<CodeDiff>, Stop> {
    let (mut diffs, mut told) = (Vec::new(), BTreeSet::new());
    for row in rows {
        let Some(present) = seen.iter().find(|factory| factory.name == row.factory) else { continue };
        let Some(record) = engine.record(&row.entry)? else { continue };
        let (built, present) = (&record.fingerprint, &present.fingerprint);
        for change in built.changes(present) {
            let Change::Code { part, place, .. } = change else { continue };
            let digest = |side: &Fingerprint| side.code.parts.get(&part).map(|part| part.digest);
            let (Some(old), Some(new)) = (digest(built), digest(present)) else { continue };
            if !told.insert((row.factory.clone(), part.clone(), old)) {
                continue;
            }
            let texts = engine.text(&old)?.zip(engine.text(&new)?);
            let diff = texts.map(|(old, new)| unified(&old, &new));
            diffs.push(CodeDiff { factory: row.factory.clone(), part, place, old, new, diff });
        }
    }
    Ok(diffs)
}

fn unified(old: &str, new: &str) -> String {
    TextDiff::from_lines(&ended(old), &ended(new)).unified_diff().context_radius(CONTEXT).to_string()
}

/// With a line's end at its end: whether a text had one is nobody's change.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}

impl CodeDiff {
    /// The head of a unified difference, and the difference.
    fn shown(&self) -> String {
        let place = self.place.as_ref().map(|place| format!(" in {place}")).unwrap_or_default();
        let (part, factory) = (&self.part, &self.factory);
        let Some(diff) = &self.diff else {
            return format!(
                "`{part}` of {factory} changed{place}; its source was not kept, so only that is known"
            );
        };
        let mut shown = format!("--- {part} (built by, {})\n", self.old.short());
        // Writing into a text does not fail.
        writeln!(shown, "+++ {part}{place} (as seen last, {})", self.new.short()).ok();
        shown + diff
    }
}

/// Prints how the code differs, part by part.
pub(crate) fn print(console: &mut Console<'_>, diffs: &[CodeDiff]) -> Result<(), Stop> {
    for diff in diffs {
        console.line("")?;
        for line in diff.shown().lines() {
            console.line(line)?;
        }
    }
    Ok(())
}
