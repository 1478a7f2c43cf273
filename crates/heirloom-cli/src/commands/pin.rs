//! `heirloom pin`: keeps an object from every eviction and collection.
//!
//! Promises: 1. a key pins all its kept versions, an entry only itself; 2. where the code has changed since, the difference is
//! shown first. Refuses: pinning what is not kept.

use clap::Args;
use heirloom_core::Digest;
use serde::Serialize;

use super::Call;
use crate::code_diff;
use crate::report::entries;
use crate::selection::kept;
use crate::stop::{FINE, Outcome};

const BELOW: &str = "\
Examples:
  heirloom pin 3fa9c1
  heirloom pin 'tables(\"flights.csv\", 2013)'";

/// Keep an object from every collection
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Pin {
    /// Which object
    key: String,
}

#[derive(Serialize)]
struct Report {
    name: String,
    key: Digest,
    entries: Vec<Digest>,
    pinned: bool,
}

pub(crate) fn run(arguments: &Pin, call: &mut Call<'_>) -> Outcome {
    turn(call, &arguments.key, true)
}

/// Pins or unpins.
pub(super) fn turn(call: &mut Call<'_>, key: &str, pinned: bool) -> Outcome {
    let open = call.open()?;
    let selection = kept(&open.engine, key)?;
    if pinned && !call.console.json {
        // What is pinned may be what other code would not build any more: that is shown first.
        let diffs = code_diff::of_entries(&open.engine, &selection.rows, &open.engine.seen_factories()?)?;
        code_diff::print(&mut call.console, &diffs)?;
    }
    let digests: Vec<Digest> = selection.rows.iter().map(|row| row.entry).collect();
    let turned = open.engine.pin(&digests, pinned)?;
    let verb = if pinned { "pinned" } else { "unpinned" };
    if call.console.json {
        let command = if pinned { "pin" } else { "unpin" };
        let report = Report { name: selection.name, key: selection.key, entries: digests, pinned };
        open.document(&mut call.console, command, &report)?;
        return Ok(FINE);
    }
    call.console.line(format!("{verb} {}: {}", selection.name, entries(turned)))?;
    Ok(FINE)
}
