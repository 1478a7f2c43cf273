//! Which entries go, and why: a pure function of what is kept and what is true now.
//!
//! Promises: 1. the same facts give the same plan; 2. an entry of another branch (a concurrent version) stays until
//! it ages out; 3. under a byte budget, what saves least build time per byte goes first. Refuses: the disk.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::disk::EntryRow;
use crate::identity::{Expiry, Lifetime, Standing, VersionVector};
use crate::settings::{shown_duration, shown_size};

/// What is true now.
#[derive(Clone, Debug, Default)]
pub struct GcFacts {
    /// The moment it is.
    pub now: Timestamp,
    /// The present version vector of each factory that is known.
    pub versions: BTreeMap<String, VersionVector>,
    /// Lifetimes that the settings give now, in place of those recorded.
    pub lifetimes: BTreeMap<String, Lifetime>,
    /// Factories whose entries are never collected.
    pub pinned: Vec<String>,
    /// The byte budget of the whole store.
    pub budget: Option<u64>,
    /// The byte budgets of single factories.
    pub budgets: BTreeMap<String, u64>,
}

/// What the collector would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Entries that go, with the reason for each.
    pub remove: Vec<Removal>,
    /// Bytes that stay.
    pub kept_bytes: u64,
}

/// One entry that goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Removal {
    /// The entry.
    pub entry: Digest,
    /// Its factory.
    pub factory: String,
    /// Its arguments for people.
    pub shown: String,
    /// When it was built: an entry that was built again since is another one, and stays.
    pub created: Timestamp,
    /// The length of its blob (which other entries may share).
    pub bytes: u64,
    /// Why it goes.
    pub why: CollectReason,
}

/// Why an entry is collected.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum CollectReason {
    /// The present version has seen all its changes, and more.
    Dominated {
        /// The entry's version.
        old: VersionVector,
        /// The present one.
        new: VersionVector,
    },
    /// Its epoch is over: nanoseconds.
    EpochPassed {
        /// The length of an epoch.
        period_nanos: u64,
    },
    /// It is older than its time to live: nanoseconds.
    TtlPassed {
        /// The time to live.
        ttl_nanos: u64,
    },
    /// The budget is too small, and this saves least.
    OverBudget {
        /// The budget, in bytes.
        budget: u64,
        /// Build seconds saved per mebibyte, as far as uses are recorded.
        saves: f64,
    },
}

/// Decides which entries go.
pub fn plan(rows: &[EntryRow], facts: &GcFacts) -> Plan {
    let mut remove = Vec::new();
    let mut stay: Vec<&EntryRow> = Vec::new();
    for row in rows {
        match outdated(row, facts) {
            Some(why) => remove.push(removal(row, why)),
            None => stay.push(row),
        }
    }
    // What saves most comes last, so that the first go.
    stay.sort_by(|left, right| by_worth(left, right, facts.now));
    for (factory, budget) in &facts.budgets {
        shrink(&mut stay, *budget, facts, Some(factory), &mut remove);
    }
    if let Some(budget) = facts.budget {
        shrink(&mut stay, budget, facts, None, &mut remove);
    }
    Plan { remove, kept_bytes: distinct_bytes(&stay) }
}

fn outdated(row: &EntryRow, facts: &GcFacts) -> Option<CollectReason> {
    if is_pinned(row, facts) {
        return None;
    }
    if let Some(new) = facts.versions.get(&row.factory)
        && row.versions.standing(new) == Standing::Dominated
    {
        return Some(CollectReason::Dominated { old: row.versions.clone(), new: new.clone() });
    }
    let lifetime = facts.lifetimes.get(&row.factory).unwrap_or(&row.lifetime);
    lifetime.expired(&row.key, row.created, facts.now).map(|expiry| match expiry {
        Expiry::Epoch(period) => CollectReason::EpochPassed { period_nanos: crate::clock::nanos(period) },
        Expiry::Ttl(ttl) => CollectReason::TtlPassed { ttl_nanos: crate::clock::nanos(ttl) },
    })
}

/// Takes entries out of `stay`, the least worth first, until the rest fits.
fn shrink(
    stay: &mut Vec<&EntryRow>,
    budget: u64,
    facts: &GcFacts,
    factory: Option<&String>,
    remove: &mut Vec<Removal>,
) {
    let concerned = |row: &EntryRow| factory.is_none_or(|name| *name == row.factory);
    let mut shares: BTreeMap<Digest, usize> = BTreeMap::new();
    for row in stay.iter().filter(|row| concerned(row)) {
        *shares.entry(row.content).or_default() += 1;
    }
    let concerned_rows: Vec<&EntryRow> = stay.iter().copied().filter(|row| concerned(row)).collect();
    let mut bytes = distinct_bytes(&concerned_rows);
    stay.retain(|row| {
        if bytes <= budget || !concerned(row) || is_pinned(row, facts) {
            return true;
        }
        // Content that several entries share is freed with the last of them.
        if let Some(share) = shares.get_mut(&row.content) {
            *share -= 1;
            bytes -= if *share == 0 { row.bytes } else { 0 };
        }
        let why = CollectReason::OverBudget { budget, saves: worth(row, facts.now) * f64::from(1 << 20) };
        remove.push(removal(row, why));
        false
    });
}

fn is_pinned(row: &EntryRow, facts: &GcFacts) -> bool {
    row.pinned || facts.pinned.contains(&row.factory)
}

fn removal(row: &EntryRow, why: CollectReason) -> Removal {
    let (entry, created, bytes) = (row.entry, row.created, row.bytes);
    Removal { entry, factory: row.factory.clone(), shown: row.shown.clone(), created, bytes, why }
}

fn distinct_bytes(rows: &[&EntryRow]) -> u64 {
    let distinct: BTreeMap<Digest, u64> = rows.iter().map(|row| (row.content, row.bytes)).collect();
    distinct.values().sum()
}

fn by_worth(left: &EntryRow, right: &EntryRow, now: Timestamp) -> Ordering {
    let worth = worth(left, now).total_cmp(&worth(right, now));
    worth.then(left.last_used.cmp(&right.last_used)).then(left.entry.cmp(&right.entry))
}

/// Build seconds that a byte of this entry saves: its uses, fewer the longer it was not used, times its build.
#[expect(clippy::cast_precision_loss, reason = "a worth is an estimate; 52 bits are plenty")]
fn worth(row: &EntryRow, now: Timestamp) -> f64 {
    const HALVES_IN_DAYS: f64 = 30.0;
    let seconds = row.build_nanos as f64 / 1e9;
    let idle_days = now.since(row.last_used).as_secs_f64() / 86_400.0;
    let uses = (row.hits + 1) as f64 * (-idle_days / HALVES_IN_DAYS).exp2();
    uses * seconds / row.bytes.max(1) as f64
}

impl fmt::Display for CollectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dominated { old, new } => write!(f, "version {old} is dominated by {new}"),
            Self::EpochPassed { period_nanos } => {
                write!(f, "its epoch of {} is over", shown_duration(Duration::from_nanos(*period_nanos)))
            }
            Self::TtlPassed { ttl_nanos } => {
                write!(
                    f,
                    "older than its time to live of {}",
                    shown_duration(Duration::from_nanos(*ttl_nanos))
                )
            }
            Self::OverBudget { budget, saves } => {
                write!(f, "over the budget of {}, and saves least: {saves:.3} s a MiB", shown_size(*budget))
            }
        }
    }
}
