//! `heirloom gc`: collects what is obsolete, too old, too much or left over.
//!
//! Promises: 1. `--dry-run` prints the very plan that would be carried out; 2. every entry goes with its reason;
//! 3. what is pinned stays. Refuses: deciding; the engine's pure `plan` does.

use clap::Args;
use heirloom_core::Digest;
use heirloom_core::disk::EntryRow;
use heirloom_core::engine::{CollectReason, Collected, Orphan, Plan, Removal};
use heirloom_core::settings::{parse_size, shown_size};
use serde::Serialize;

use super::{Call, Open};
use crate::present;
use crate::progress::Progress;
use crate::report::{counted, distinct_bytes, entries, name_of};
use crate::stop::{FINE, Outcome, Stop};

/// Entries of one reason that are shown without `--all`.
const SHOWN_MAX: usize = 20;

const BELOW: &str = "\
An entry goes when its version is dominated by the present one, when its epoch or its time to live is over, and when \
the store is over its budget: then what saves the least build time per byte goes first. Entries of other branches \
(concurrent versions) and pinned ones stay.

Examples:
  heirloom gc --dry-run            what would go, and why
  heirloom gc --disk '20 GiB'      down to this size, whatever heirloom.toml says";

/// Collect what is obsolete, too old or too much
#[derive(Args, Clone, Copy)]
#[command(after_help = BELOW)]
pub(crate) struct Gc {
    /// Print the plan and change nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// The bytes to keep the store to, such as '20 GiB'
    #[arg(long, value_name = "SIZE", value_parser = size, allow_negative_numbers = true)]
    disk: Option<u64>,
    /// Show every entry that goes, not only 20 for each reason
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    dry_run: bool,
    remove: Vec<RemovalReport<'a>>,
    groups: Vec<GroupReport>,
    orphans: &'a [Orphan],
    kept_bytes: u64,
    freed_bytes: u64,
    collected: Option<&'a Collected>,
}

#[derive(Serialize)]
struct RemovalReport<'a> {
    entry: Digest,
    name: String,
    factory: &'a str,
    arguments: &'a str,
    bytes: u64,
    sentence: String,
    why: &'a CollectReason,
}

#[derive(Serialize)]
struct GroupReport {
    sentence: String,
    entries: usize,
    bytes: u64,
}

/// The removals of one reason.
struct Group<'a> {
    sentence: String,
    removals: Vec<&'a Removal>,
}

fn size(text: &str) -> Result<u64, String> {
    parse_size(text).map_err(|refusal| refusal.to_string())
}

pub(crate) fn run(arguments: Gc, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let rows = open.engine.entries(None)?;
    let seen = open.engine.seen_factories()?;
    let now = call.surroundings.clock.now();
    let facts = present::facts(&open.project.settings, &seen, &rows, now, arguments.disk);
    let (plan, orphans) = open.engine.plan_collection(&facts)?;
    let freed = freed(&rows, &plan, &orphans);
    let groups = groups(&plan);
    if !call.console.json {
        print(call, &groups, &orphans, arguments.all)?;
    }
    let collected = if arguments.dry_run { None } else { Some(collect(call, &open, &plan, &orphans)?) };
    if call.console.json {
        let report = Report {
            dry_run: arguments.dry_run,
            remove: plan.remove.iter().map(RemovalReport::of).collect(),
            groups: groups.iter().map(Group::report).collect(),
            orphans: &orphans,
            kept_bytes: plan.kept_bytes,
            freed_bytes: freed,
            collected: collected.as_ref(),
        };
        open.document(&mut call.console, "gc", &report)?;
        return Ok(FINE);
    }
    let (verb, entry_count, orphan_count, bytes) = match &collected {
        None => ("would remove", plan.remove.len(), orphans.len(), freed),
        Some(done) => ("removed", done.entries, done.orphans, done.bytes),
    };
    let (what, left) =
        (counted(orphan_count, "left-over file", "left-over files"), shown_size(plan.kept_bytes));
    let (entries, bytes) = (entries(entry_count), shown_size(bytes));
    call.console.line(format!("{verb} {entries} and {what}: {bytes}; {left} stay"))?;
    Ok(FINE)
}

fn collect(call: &Call<'_>, open: &Open, plan: &Plan, orphans: &[Orphan]) -> Result<Collected, Stop> {
    let mut progress = Progress::of_entries(call);
    let mut tell = |done: usize, total: usize| progress.at("collecting", done as u64, total as u64);
    Ok(open.engine.collect(plan, orphans, &mut tell)?)
}

fn print(call: &mut Call<'_>, groups: &[Group<'_>], orphans: &[Orphan], all: bool) -> Result<(), Stop> {
    if let Some(file) = shown_settings(call) {
        call.console.note(format!("by the settings of {file}"));
    }
    let most = if all { usize::MAX } else { SHOWN_MAX };
    for group in groups {
        let (count, bytes) = (entries(group.removals.len()), shown_size(group.bytes()));
        call.console.head(format!("{}: {count}, {bytes}", group.sentence))?;
        for removal in group.removals.iter().take(most) {
            let (key, name) = (removal.entry.short(), name_of(&removal.factory, &removal.shown));
            call.console.line(format!("  {key}  {name}  {}", shown_size(removal.bytes)))?;
        }
        more(call, group.removals.len(), most)?;
    }
    if !orphans.is_empty() {
        call.console.head(format!("nothing points to {}", counted(orphans.len(), "file", "files")))?;
        for orphan in orphans.iter().take(most) {
            let path = call.shown_path(&orphan.path);
            call.console.line(format!("  {path}  {}", shown_size(orphan.bytes)))?;
        }
        more(call, orphans.len(), most)?;
    }
    Ok(())
}

fn more(call: &mut Call<'_>, count: usize, most: usize) -> Result<(), Stop> {
    match count.saturating_sub(most) {
        0 => Ok(()),
        more => Ok(call.console.dim(format!("  … {more} more (--all shows them)"))?),
    }
}

fn shown_settings(call: &Call<'_>) -> Option<String> {
    let file = crate::project::settings_file(call.global, call.surroundings)?;
    Some(call.shown_path(&file))
}

/// The bytes that carrying out the plan gives back.
fn freed(rows: &[EntryRow], plan: &Plan, orphans: &[Orphan]) -> u64 {
    let orphaned: u64 = orphans.iter().map(|orphan| orphan.bytes).sum();
    distinct_bytes(rows).saturating_sub(plan.kept_bytes) + orphaned
}

/// The removals by their reasons, in the order in which the reasons first appear.
fn groups(plan: &Plan) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for removal in &plan.remove {
        // What an entry saves differs from entry to entry; the budget is the reason.
        let sentence = match &removal.why {
            CollectReason::OverBudget { budget, .. } => {
                format!("over the budget of {}, saving least", shown_size(*budget))
            }
            why => why.to_string(),
        };
        match groups.iter_mut().find(|group| group.sentence == sentence) {
            Some(group) => group.removals.push(removal),
            None => groups.push(Group { sentence, removals: vec![removal] }),
        }
    }
    groups
}

impl<'a> RemovalReport<'a> {
    fn of(removal: &'a Removal) -> Self {
        Self {
            entry: removal.entry,
            name: name_of(&removal.factory, &removal.shown),
            factory: &removal.factory,
            arguments: &removal.shown,
            bytes: removal.bytes,
            sentence: removal.why.to_string(),
            why: &removal.why,
        }
    }
}

impl Group<'_> {
    fn bytes(&self) -> u64 {
        self.removals.iter().map(|removal| removal.bytes).sum()
    }

    fn report(&self) -> GroupReport {
        let (entries, bytes) = (self.removals.len(), self.bytes());
        GroupReport { sentence: self.sentence.clone(), entries, bytes }
    }
}
