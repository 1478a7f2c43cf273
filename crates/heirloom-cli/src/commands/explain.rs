//! `heirloom explain`: why objects were built, as the builds themselves wrote it down.
//!
//! Promises: 1. nothing is built or opened; 2. it says that the present code is only known inside the program, and
//! compares with the factory as it was seen last; 3. a vouch that no code has taken yet is told. Refuses: looking up again what a trail has told; comparing source,
//! which `code_diff` does.

use clap::Args;
use heirloom_core::disk::{FactoryRow, PendingAdoption, TrailRow};
use heirloom_core::engine::Engine;
use heirloom_core::identity::Fingerprint;
use heirloom_core::object::Record;
use heirloom_core::trail::{Reason, Trail};
use heirloom_core::{Digest, Timestamp};
use serde::Serialize;

use super::{Call, Open};
use crate::code_diff::{self, CodeDiff};
use crate::console::Console;
use crate::present;
use crate::report::{Moment, TrailReport, WholeReport, ago, counted, differences, name_of, took, unchecked};
use crate::selection::{Selection, known};
use crate::stop::{FINE, Outcome, Stop};

/// Trails that are shown without `--all`.
const SHOWN_MAX: usize = 20;

const NOTE: &str =
    "the present code is known only inside the program; ask `explain` there what a request would do";

const BELOW: &str = "\
Examples:
  heirloom explain                 the last builds, the youngest first
  heirloom explain tables          those of one factory
  heirloom explain 3fa9c1          one object: why it was built, from what, and what differs since
  heirloom explain 3fa9c1 --diff   and how the code differs, line by line";

/// Say why objects were built
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Explain {
    /// A factory's name, or which object
    #[arg(value_name = "KEY|NAME")]
    what: Option<String>,
    /// Show every trail, not only the last 20
    #[arg(long)]
    all: bool,
    /// Show what changed in the source, where the store knows it
    #[arg(long)]
    diff: bool,
}

#[derive(Serialize)]
struct Report {
    trails: Vec<TrailReport>,
    trails_in_all: usize,
    entries: Vec<WholeReport>,
    removed: Option<Removed>,
    adoptions: Vec<Adopted>,
    diffs: Vec<CodeDiff>,
    note: &'static str,
}

/// A vouch that waits for the code that asks next.
#[derive(Serialize)]
struct Adopted {
    factory: String,
    at: Moment,
    old_code: Digest,
}

#[derive(Serialize)]
struct Removed {
    at: Moment,
    by: String,
}

pub(crate) fn run(arguments: &Explain, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let seen = open.engine.seen_factories()?;
    let named = match &arguments.what {
        Some(name) if is_factory(&open.engine, &seen, name)? => Some(name.as_str()),
        Some(key) => {
            let selection = known(&open.engine, key)?;
            let present = present::fingerprint(&open.project.settings, &seen, &selection.factory);
            let rows = if arguments.diff { selection.rows.as_slice() } else { &[] };
            let diffs = code_diff::of_entries(&open.engine, rows, &seen)?;
            return one(call, &open, &selection, present.as_ref(), diffs);
        }
        None => None,
    };
    let rows = if arguments.diff { open.engine.entries(named)? } else { Vec::new() };
    let diffs = code_diff::of_entries(&open.engine, &rows, &seen)?;
    let most = if arguments.all { usize::MAX } else { SHOWN_MAX };
    trails(call, &open, named, most, diffs)
}

fn is_factory(engine: &Engine, seen: &[FactoryRow], name: &str) -> Result<bool, Stop> {
    Ok(seen.iter().any(|row| row.name == name)
        || !engine.entries(Some(name))?.is_empty()
        || !engine.trails(Some(name))?.is_empty())
}

/// The last trails, one line each.
fn trails(
    call: &mut Call<'_>,
    open: &Open,
    factory: Option<&str>,
    most: usize,
    diffs: Vec<CodeDiff>,
) -> Outcome {
    let rows = open.engine.trails(factory)?;
    let shown = &rows[..rows.len().min(most)];
    if call.console.json {
        let trails = shown.iter().map(TrailReport::from).collect();
        let entries = Vec::new();
        let trails_in_all = rows.len();
        let adoptions = adopted(open.engine.pending_adoptions(factory)?);
        let report = Report { trails, trails_in_all, entries, removed: None, adoptions, diffs, note: NOTE };
        open.document(&mut call.console, "explain", &report)?;
        return Ok(FINE);
    }
    let now = call.surroundings.clock.now();
    for row in shown {
        call.console.head(name_of(&row.factory, &row.shown))?;
        call.console.line(format!("  built {} ({}): {}", row.at, ago(now, row.at), why(&row.trail)))?;
    }
    if rows.is_empty() {
        call.console.line("nothing was built yet")?;
    }
    if rows.len() > shown.len() {
        let more = counted(rows.len() - shown.len(), "older build", "older builds");
        call.console.dim(format!("… {more} (--all shows them)"))?;
    }
    pending(&mut call.console, now, &open.engine.pending_adoptions(factory)?)?;
    code_diff::print(&mut call.console, &diffs)?;
    call.console.dim(NOTE)?;
    Ok(FINE)
}

fn why(trail: &Trail) -> String {
    trail.why().map_or_else(|| "no reason was recorded".into(), Reason::to_string)
}

/// One object: its entries, its last trail, and its removal.
fn one(
    call: &mut Call<'_>,
    open: &Open,
    selection: &Selection,
    present: Option<&Fingerprint>,
    diffs: Vec<CodeDiff>,
) -> Outcome {
    let all = open.engine.trails(Some(&selection.factory))?;
    let last = all.iter().find(|row| row.key == selection.key);
    let removed = open.engine.removal(&selection.key)?;
    let now = call.surroundings.clock.now();
    let mut entries = Vec::new();
    let mut records = Vec::new();
    for row in &selection.rows {
        let (whole, record) = WholeReport::read(&open.engine, row, present)?;
        entries.push(whole);
        records.push((row, record));
    }
    if call.console.json {
        let trails: Vec<TrailReport> = last.into_iter().map(TrailReport::from).collect();
        let removed = removed.map(|(at, by)| Removed { at: at.into(), by });
        let adoptions = adopted(open.engine.pending_adoptions(Some(&selection.factory))?);
        let trails_in_all = trails.len();
        let report = Report { trails_in_all, trails, entries, removed, adoptions, diffs, note: NOTE };
        open.document(&mut call.console, "explain", &report)?;
        return Ok(FINE);
    }
    call.console.head(&selection.name)?;
    for (row, record) in &records {
        let age = ago(now, row.created);
        let console = &mut call.console;
        console.line(format!("  entry {}, built {} ({age})", row.entry.short(), row.created))?;
        if row.pinned {
            console.line("    pinned: kept from every eviction")?;
        }
        if let Some(record) = record {
            told(console, &open.engine, record, present)?;
        }
    }
    past(&mut call.console, now, last, removed.as_ref())?;
    pending(&mut call.console, now, &open.engine.pending_adoptions(Some(&selection.factory))?)?;
    code_diff::print(&mut call.console, &diffs)?;
    call.console.dim(NOTE)?;
    Ok(FINE)
}

/// What the record of an entry tells.
fn told(
    console: &mut Console<'_>,
    engine: &Engine,
    record: &Record,
    present: Option<&Fingerprint>,
) -> Result<(), Stop> {
    let (origin, built) = (&record.origin, &record.fingerprint);
    let took = took(record.build_nanos);
    console.line(format!("    took {took} in process {} on {}", origin.pid, origin.host))?;
    console.line(format!("    versions {}, code level {}", built.versions, built.code.level))?;
    for step in record.trail.steps() {
        console.line(format!("    {}: {}", step.tier, step.outcome))?;
    }
    let inputs = &record.dependencies;
    if !inputs.is_empty() {
        let shown: Vec<String> = inputs.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
        let more = inputs.len() - shown.len();
        let more = if more > 0 { format!(", … {more} more") } else { String::new() };
        let count = counted(inputs.len(), "input", "inputs");
        console.line(format!("    made from {count}: {}{more}", shown.join(", ")))?;
    }
    for input in unchecked(record) {
        console.line(format!("    cannot be checked: {input}; give its factory a `ttl` or an `epoch`"))?;
    }
    for reason in record.trail.reasons().filter(|reason| matches!(reason, Reason::Adopted { .. })) {
        console.line(format!("    adopted: {reason}"))?;
    }
    let Some(present) = present else { return Ok(()) };
    let differs = differences(engine, built, present)?;
    if differs.is_empty() {
        console.line("    built by what the factory was when it was seen last")?;
    } else {
        console.line(format!("    differs from the factory as it was seen last: {}", differs.join(", ")))?;
    }
    Ok(())
}

fn adopted(pending: Vec<PendingAdoption>) -> Vec<Adopted> {
    let adopted =
        |one: PendingAdoption| Adopted { factory: one.factory, at: one.at.into(), old_code: one.old_code };
    pending.into_iter().map(adopted).collect()
}

/// The vouches that wait for the code that asks next: a line for each time that somebody vouched.
fn pending(console: &mut Console<'_>, now: Timestamp, pending: &[PendingAdoption]) -> Result<(), Stop> {
    for vouch in pending.chunk_by(|one, next| (&one.factory, one.at) == (&next.factory, next.at)) {
        let [PendingAdoption { factory, at, .. }, ..] = vouch else { continue };
        let codes = counted(vouch.len(), "older code", "older codes");
        console.line(format!(
            "{factory} was adopted {at} ({}): what {codes} built waits for the changed code that asks next",
            ago(now, *at)
        ))?;
    }
    Ok(())
}

/// The last build and the last removal of a key.
fn past(
    console: &mut Console<'_>,
    now: Timestamp,
    last: Option<&TrailRow>,
    removed: Option<&(Timestamp, String)>,
) -> Result<(), Stop> {
    if let Some(last) = last {
        let (at, why) = (last.at, why(&last.trail));
        console.line(format!("  last build {at} ({}): {why}", ago(now, at)))?;
    }
    if let Some((at, by)) = removed {
        console.line(format!("  an entry was removed {at} ({}) by {by}", ago(now, *at)))?;
    }
    Ok(())
}
