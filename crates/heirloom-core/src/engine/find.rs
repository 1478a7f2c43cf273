//! Decides what may be served: is a candidate of memory or of the disk still true?
//!
//! Promises: 1. a candidate is refused with a reason, never in silence; 2. nothing is opened here, so `explain`
//! and `state` walk the very same steps. Refuses: building, keeping, counting, telling anybody.

use std::sync::Arc;

use super::adopt::adoption;
use super::engine_state::Engine;
use super::factory::Factory;
use super::inputs_hold::{inputs_hold, inputs_still_hold};
use super::request::{Mode, Request};
use super::texts::told;
use crate::clock::{Timestamp, nanos};
use crate::digest::Digest;
use crate::disk::{Candidate, Disk, Fault};
use crate::identity::{Change, Dependency, Expiry, Lifetime, Traits};
use crate::memory::{Found, Slot};
use crate::object::{Object, Record};
use crate::settings::Revalidate;
use crate::trail::{Outcome, Reason, StepSpan, Tier, Trail};
use crate::trust::Distrust;

/// A live object that may be served.
pub(super) struct Live {
    pub(super) slot: Arc<Slot>,
    pub(super) object: Object,
    /// Whether the tier had let go of it and a client still held it.
    pub(super) echo: bool,
}

/// A kept object that may be served.
pub(super) struct Kept {
    pub(super) candidate: Candidate,
    /// Why it may be served although something differs.
    pub(super) although: Option<Reason>,
    /// The record, when the entry has an older schema and must be converted.
    pub(super) migrate: Option<Record>,
}

/// Looks for the object among the live ones.
pub(super) fn find_in_memory(engine: &Arc<Engine>, request: &Request, trail: &mut Trail) -> Option<Live> {
    let _span = StepSpan::enter(Tier::Memory, &request.key);
    let (outcome, found) = match live(engine, request) {
        Ok(found) => (Outcome::Hit, Some(found)),
        Err(Reason::Refreshed) => (Outcome::Skipped(Reason::Refreshed), None),
        Err(reason) => (Outcome::Miss(vec![reason]), None),
    };
    trail.step(Tier::Memory, outcome);
    found
}

/// The live object of a request, or why there is none that may be served.
pub(super) fn live(engine: &Arc<Engine>, request: &Request) -> Result<Live, Reason> {
    if request.mode == Mode::Refresh {
        return Err(Reason::Refreshed);
    }
    let slot = engine.memory.find(&request.id()).ok_or(Reason::NotInMemory)?;
    let (object, echo) = match slot.find() {
        Found::Resident(object) => (object, false),
        Found::Echo(object) => (object, true),
        Found::Gone => return Err(Reason::NotInMemory),
    };
    judge_live(engine, request, &slot).map_or(Ok(Live { slot, object, echo }), Err)
}

fn judge_live(engine: &Arc<Engine>, request: &Request, slot: &Slot) -> Option<Reason> {
    let facts = slot.facts();
    if facts.dependencies.is_empty() && request.factory.recipe.lifetime == Lifetime::FOREVER {
        return lacking(request, &facts.traits);
    }
    let now = engine.now();
    if let Some(reason) = expired(request, facts.created, now) {
        return Some(reason);
    }
    let due = match request.factory.recipe.revalidate {
        Revalidate::Process => false,
        Revalidate::Always => true,
        Revalidate::After(pause) => now.since(slot.checked()) >= pause,
    };
    if due && facts.dependencies.iter().any(Dependency::can_change_while_running) {
        if let Err(reason) = inputs_still_hold(engine, &request.factory, &facts.dependencies) {
            return Some(*reason);
        }
        slot.set_checked(now);
    }
    lacking(request, &facts.traits)
}

/// Looks for the object on disk; `open` takes each candidate that may be served, until it succeeds with one;
/// `refused` is told of those that may not.
pub(super) fn find_on_disk<T>(
    engine: &Arc<Engine>,
    request: &Request,
    trail: &mut Trail,
    open: impl Fn(&Arc<Engine>, &Request, &Kept) -> Result<T, Box<Reason>>,
    mut refused: impl FnMut(&Candidate, &Reason),
) -> Option<T> {
    let _span = StepSpan::enter(Tier::Disk, &request.key);
    let Some(disk) = engine.disk_for(&request.factory) else {
        trail.step(Tier::Disk, Outcome::Skipped(Reason::TierOff));
        return None;
    };
    if request.mode == Mode::Refresh {
        trail.step(Tier::Disk, Outcome::Skipped(Reason::Refreshed));
        return None;
    }
    let mut reasons = Vec::new();
    let mut try_open = |kept: Kept, reasons: &mut Vec<Reason>| match open(engine, request, &kept) {
        Ok(opened) => {
            trail.step(Tier::Disk, kept.although.map_or(Outcome::Hit, Outcome::HitAlthough));
            Some(opened)
        }
        Err(reason) => {
            reasons.push(*reason);
            None
        }
    };
    match candidates(engine, request, disk, &mut reasons, &mut try_open, &mut refused) {
        Ok(Some(opened)) => return Some(opened),
        Ok(None) => {}
        Err(fault) => reasons.push(Reason::Unreachable { fault: fault.to_string() }),
    }
    trail.step(Tier::Disk, Outcome::Miss(reasons));
    None
}

/// Tries the entries of the present fingerprint, then those of others that were adopted or can be converted.
fn candidates<T>(
    engine: &Arc<Engine>,
    request: &Request,
    disk: &Disk,
    reasons: &mut Vec<Reason>,
    try_open: &mut dyn FnMut(Kept, &mut Vec<Reason>) -> Option<T>,
    refused: &mut dyn FnMut(&Candidate, &Reason),
) -> Result<Option<T>, Fault> {
    let (key, factory) = (&request.key.digest(), &request.factory);
    for candidate in disk.candidates(key, &factory.fingerprint)? {
        if let Some(reason) = judge(engine, request, &candidate, true) {
            refused(&candidate, &reason);
            reasons.push(reason);
            continue;
        }
        let kept = Kept { candidate, although: None, migrate: None };
        if let Some(opened) = try_open(kept, reasons) {
            return Ok(Some(opened));
        }
    }
    for record in disk.records(key)? {
        if record.fingerprint.digest() == factory.fingerprint {
            continue;
        }
        let Some((although, migrate)) = although(request, disk, &record) else {
            reasons.push(changed(request, disk, &record));
            continue;
        };
        let others = disk.candidates(key, &record.fingerprint.digest())?;
        let Some(candidate) = others.into_iter().find(|one| one.entry == record.entry()) else { continue };
        // A conversion may add what is expected, so it is looked for afterwards.
        let as_kept = !migrate || factory.recipe.traits.is_none();
        if let Some(reason) = judge(engine, request, &candidate, as_kept) {
            refused(&candidate, &reason);
            reasons.push(reason);
            continue;
        }
        let kept = Kept { candidate, although: Some(although), migrate: migrate.then_some(record) };
        if let Some(opened) = try_open(kept, reasons) {
            return Ok(Some(opened));
        }
    }
    if reasons.is_empty() {
        reasons.push(never_built(disk, key));
    }
    Ok(None)
}

/// Why an entry of another fingerprint may be served all the same, and whether it must be converted first.
fn although(request: &Request, disk: &Disk, record: &Record) -> Option<(Reason, bool)> {
    if let Some(reason) = adoption(request, disk, record) {
        return Some((reason, false));
    }
    let (old, new) = (&record.fingerprint, &request.factory.recipe.fingerprint);
    let covered = (old.schema..new.schema)
        .all(|from| request.factory.recipe.migrations.iter().any(|migration| migration.from == from));
    if old.schema >= new.schema || !covered || old.versions != new.versions {
        return None;
    }
    // The author of a migration vouches that a converted object is what the present code would build.
    let mut changes = old.changes(new);
    changes.retain(|change| !matches!(change, Change::Schema { .. } | Change::Shape { .. }));
    Some((Reason::Migrated { from: old.schema, to: new.schema, changes }, true))
}

/// Why a candidate may not be served; its traits are looked at only when it is served as it was kept.
fn judge(engine: &Arc<Engine>, request: &Request, candidate: &Candidate, as_kept: bool) -> Option<Reason> {
    // First of all: nothing that it says counts before it is believed, not even which files to look at.
    if let Err(what) = believed(engine, &request.factory, candidate) {
        return Some(Reason::Untrusted { what: what.to_string() });
    }
    if let Some(reason) = expired(request, candidate.created, engine.now()) {
        return Some(reason);
    }
    match inputs_hold(engine, &request.factory, &candidate.dependencies) {
        Err(reason) => return Some(*reason),
        Ok(Some(touched)) => {
            if let Some(disk) = &engine.disk {
                // Not refreshed means digested again next time: slower, never wrong.
                disk.refresh_inputs(&request.key.digest(), candidate, &touched).ok();
            }
        }
        Ok(None) => {}
    }
    if as_kept { lacking(request, &candidate.traits) } else { None }
}

/// Whether what an entry says is believed. A store without a key serves what cannot run code as it is.
pub(super) fn believed(engine: &Engine, factory: &Factory, candidate: &Candidate) -> Result<(), Distrust> {
    let runs_code = factory.recipe.codec.as_ref().is_some_and(|codec| codec.runs_code());
    if runs_code || engine.disk.as_ref().is_some_and(Disk::has_key) { candidate.trust } else { Ok(()) }
}

fn expired(request: &Request, created: Timestamp, now: Timestamp) -> Option<Reason> {
    let lifetime = &request.factory.recipe.lifetime;
    lifetime.expired(&request.key.digest(), created, now).map(|expiry| match expiry {
        Expiry::Epoch(period) => Reason::EpochPassed { built: created, period_nanos: nanos(period) },
        Expiry::Ttl(ttl) => Reason::TtlPassed { built: created, ttl_nanos: nanos(ttl) },
    })
}

pub(super) fn lacking(request: &Request, traits: &Traits) -> Option<Reason> {
    request.expect.as_ref().and_then(|expected| traits.lacking(expected)).map(Reason::TraitLacking)
}

fn changed(request: &Request, disk: &Disk, record: &Record) -> Reason {
    let (old, new) = (&record.fingerprint, &request.factory.recipe.fingerprint);
    Reason::FingerprintChanged {
        built: record.created,
        standing: old.versions.standing(&new.versions),
        changes: told(disk, &request.factory, old),
    }
}

pub(super) fn never_built(disk: &Disk, key: &Digest) -> Reason {
    match disk.removal(key) {
        Ok(Some((at, by))) => Reason::Removed { at, by },
        Ok(None) | Err(_) => Reason::NeverBuilt,
    }
}
