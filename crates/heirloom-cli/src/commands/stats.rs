//! `heirloom stats`: what a store holds and what it has saved, factory by factory.
//!
//! Promises: content that several entries share counts once. Refuses: hits in memory, which only the program that
//! had them can tell.

use std::collections::BTreeMap;

use clap::Args;
use heirloom_core::disk::EntryRow;
use heirloom_core::settings::shown_size;
use serde::Serialize;

use super::Call;
use crate::report::{distinct_bytes, took};
use crate::stop::{FINE, Outcome};
use crate::table::Table;

const BELOW: &str = "\
Hits are those that were answered from disk; hits in memory are known only to the program that had them.

Examples:
  heirloom stats
  heirloom stats tables";

/// Count entries, hits and the time they saved
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Stats {
    /// Only this factory
    name: Option<String>,
}

#[derive(Serialize)]
struct Report {
    factories: Vec<Numbers>,
    total: Numbers,
}

#[derive(Serialize)]
struct Numbers {
    #[serde(skip_serializing_if = "Option::is_none")]
    factory: Option<String>,
    entries: usize,
    bytes: u64,
    build_nanos: u64,
    hits: u64,
    saved_nanos: u64,
    pinned: usize,
}

pub(crate) fn run(arguments: &Stats, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let name = arguments.name.as_deref();
    let rows = open.kept(name)?;
    let mut groups: BTreeMap<&str, Vec<&EntryRow>> = BTreeMap::new();
    for row in &rows {
        groups.entry(&row.factory).or_default().push(row);
    }
    let report = Report {
        factories: groups.iter().map(|(factory, rows)| Numbers::of(Some(factory), rows)).collect(),
        total: Numbers::of(None, &rows.iter().collect::<Vec<_>>()),
    };
    if call.console.json {
        open.document(&mut call.console, "stats", &report)?;
        return Ok(FINE);
    }
    let headings = ["~FACTORY", ">ENTRIES", ">SIZE", ">BUILD TIME KEPT", ">HITS", ">TIME SAVED"];
    let mut table = Table::new(&headings);
    for numbers in report.factories.iter().chain([&report.total]) {
        table.row(&[
            numbers.factory.clone().unwrap_or_else(|| "total".into()),
            numbers.entries.to_string(),
            shown_size(numbers.bytes),
            took(numbers.build_nanos),
            numbers.hits.to_string(),
            took(numbers.saved_nanos),
        ]);
    }
    call.console.table(table)?;
    Ok(FINE)
}

impl Numbers {
    fn of(factory: Option<&str>, rows: &[&EntryRow]) -> Self {
        let sum = |number: fn(&EntryRow) -> u64| {
            rows.iter().fold(0_u64, |sum, row| sum.saturating_add(number(row)))
        };
        Self {
            factory: factory.map(str::to_owned),
            entries: rows.len(),
            bytes: distinct_bytes(rows.iter().copied()),
            build_nanos: sum(|row| row.build_nanos),
            hits: sum(|row| row.hits),
            saved_nanos: sum(|row| row.hits.saturating_mul(row.build_nanos)),
            pinned: rows.iter().filter(|row| row.pinned).count(),
        }
    }
}
