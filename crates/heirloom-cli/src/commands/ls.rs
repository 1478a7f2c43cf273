//! `heirloom ls`: what is kept.
//!
//! Promises: sorted by factory, then by age; the first column is a KEY for the other commands. Refuses: reading
//! payloads for it.

use clap::Args;
use heirloom_core::disk::EntryRow;
use heirloom_core::settings::shown_size;
use serde::Serialize;

use super::{Call, Open};
use crate::report::{EntryReport, ago, distinct_bytes, entries, name_of, took};
use crate::selection::unknown_factory;
use crate::stop::{FINE, Outcome, Stop};
use crate::table::Table;

const BELOW: &str = "\
Examples:
  heirloom ls                      everything
  heirloom ls tables               the objects of one factory
  heirloom ls --json | jq '.entries[] | select(.bytes > 1e9) | .name'";

/// List what is kept
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Ls {
    /// Only the objects of this factory
    name: Option<String>,
}

#[derive(Serialize)]
struct Report {
    entries: Vec<EntryReport>,
    bytes: u64,
}

pub(crate) fn run(arguments: &Ls, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let rows = listed(&open, arguments.name.as_deref())?;
    let bytes = distinct_bytes(&rows);
    if call.console.json {
        let report = Report { entries: rows.iter().map(EntryReport::from).collect(), bytes };
        open.document(&mut call.console, "ls", &report)?;
        return Ok(FINE);
    }
    if rows.is_empty() {
        call.console.line("nothing is kept yet")?;
        return Ok(FINE);
    }
    let now = call.surroundings.clock.now();
    let mut table = Table::new(&["KEY", "~NAME", ">SIZE", "BUILT", ">TOOK", ">HITS", "~VERSIONS", ""]);
    for row in &rows {
        table.row(&[
            row.entry.short(),
            name_of(&row.factory, &row.shown),
            shown_size(row.bytes),
            ago(now, row.created),
            took(row.build_nanos),
            row.hits.to_string(),
            if row.versions.is_empty() { String::new() } else { row.versions.to_string() },
            if row.pinned { "pinned".into() } else { String::new() },
        ]);
    }
    call.console.table(table)?;
    call.console.dim(format!("{}, {}", entries(rows.len()), shown_size(bytes)))?;
    Ok(FINE)
}

fn listed(open: &Open, name: Option<&str>) -> Result<Vec<EntryRow>, Stop> {
    let mut rows = open.engine.entries(name)?;
    if let Some(name) = name
        && rows.is_empty()
    {
        let (kept, seen) = (open.engine.entries(None)?, open.engine.seen_factories()?);
        if !seen.iter().any(|row| row.name == name) {
            let names = kept.iter().map(|row| row.factory.as_str());
            return Err(unknown_factory(name, names.chain(seen.iter().map(|row| row.name.as_str()))));
        }
    }
    rows.sort_by(|left, right| left.factory.cmp(&right.factory).then(left.created.cmp(&right.created)));
    Ok(rows)
}
