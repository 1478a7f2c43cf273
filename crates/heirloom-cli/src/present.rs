//! What is true now, as far as a store and `heirloom.toml` can tell: for the collector, and for `explain`.
//!
//! The present code itself is only known inside a program; here it is the factory as it was seen last.
//! Promises: an entry of a version that a checkout may still ask for is never called obsolete. So where the
//! settings and the factory as it was seen last come from two branches, the version that was seen decides, and not
//! the union of both: nobody has merged them, and the union would dominate the entries of either branch.
//! Refuses: the disk; it is given rows.

use std::collections::{BTreeMap, BTreeSet};

use heirloom_core::Timestamp;
use heirloom_core::disk::{EntryRow, FactoryRow};
use heirloom_core::engine::GcFacts;
use heirloom_core::identity::{Fingerprint, Lifetime, Standing, VersionVector};
use heirloom_core::settings::Settings;

/// The present version vector of a factory.
pub(crate) fn versions(settings: &Settings, seen: Option<&FactoryRow>, factory: &str) -> VersionVector {
    let set = settings.versions(factory);
    let Some(seen) = seen.map(|row| &row.fingerprint.versions) else { return set };
    match set.standing(seen) {
        Standing::Newer => set,
        Standing::Equal | Standing::Dominated | Standing::Concurrent => seen.clone(),
    }
}

/// The present fingerprint of a factory: as it was seen last, with the counters of the settings.
pub(crate) fn fingerprint(settings: &Settings, seen: &[FactoryRow], factory: &str) -> Option<Fingerprint> {
    let seen = seen.iter().find(|row| row.name == factory)?;
    let versions = versions(settings, Some(seen), factory);
    Some(Fingerprint { versions, ..seen.fingerprint.clone() })
}

/// Everything that the collector needs to know.
pub(crate) fn facts(
    settings: &Settings,
    seen: &[FactoryRow],
    rows: &[EntryRow],
    now: Timestamp,
    budget: Option<u64>,
) -> GcFacts {
    let mut facts = GcFacts { now, budget: budget.or(settings.disk()), ..GcFacts::default() };
    let recorded: BTreeMap<&str, Lifetime> =
        rows.iter().map(|row| (row.factory.as_str(), row.lifetime)).collect();
    let mut names: BTreeSet<&str> = settings.factories();
    names.extend(seen.iter().map(|row| row.name.as_str()));
    names.extend(recorded.keys());
    for name in names {
        let last = seen.iter().find(|row| row.name == name);
        let versions = versions(settings, last, name);
        if last.is_some() || !versions.is_empty() {
            facts.versions.insert(name.to_owned(), versions);
        }
        let set = settings.cache(name);
        if set.epoch.is_some() || set.ttl.is_some() {
            // The rows are sorted by age, so this is what the factory said last.
            let said = recorded.get(name).copied().unwrap_or_default();
            let lifetime = Lifetime { epoch: set.epoch.or(said.epoch), ttl: set.ttl.or(said.ttl) };
            facts.lifetimes.insert(name.to_owned(), lifetime);
        }
        if set.pin == Some(true) {
            facts.pinned.push(name.to_owned());
        }
        if let Some(disk) = set.disk {
            facts.budgets.insert(name.to_owned(), disk);
        }
    }
    facts
}

/// The highest counter of a developer that a store has ever recorded for a factory.
pub(crate) fn highest(seen: &[FactoryRow], rows: &[EntryRow], factory: &str, developer: &str) -> u64 {
    let seen = seen.iter().filter(|row| row.name == factory).map(|row| &row.fingerprint.versions);
    let kept = rows.iter().filter(|row| row.factory == factory).map(|row| &row.versions);
    seen.chain(kept).map(|versions| versions.counter(developer)).max().unwrap_or(0)
}
