//! Hands a found object to the client: from memory, from somebody's flight, from disk.
//!
//! Promises: 1. what is opened is put into memory, so the second request finds it there; 2. a cached call inside a
//! builder is noted with the outer build. Refuses: deciding; `find` did.

use std::sync::Arc;

use super::context::Context;
use super::engine_state::Engine;
use super::factory::Counters;
use super::find::{Kept, Live, find_on_disk, lacking, never_built};
use super::keep::keep_converted;
use super::recording;
use super::renew::stale;
use super::request::{Request, Served};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::disk::{Disk, Fault, Touch};
use crate::flight::Flown;
use crate::identity::{Dependency, Lifetime};
use crate::memory::{Entry, Facts};
use crate::object::{Object, Payload};
use crate::settings::Verify;
use crate::trail::{Outcome, Reason, Tier, Trail};
use crate::trust::Distrust;

/// Serves a live object, with the trail that led there.
pub(super) fn from_memory(engine: &Engine, request: &Request, live: Live, trail: Trail) -> Served {
    let served = Served { trail, ..serve_live(engine, request, live) };
    recording::note(engine, request, &served, None);
    served
}

/// Serves a live object; one that was evicted and is still held by a client is taken in again.
pub(super) fn serve_live(engine: &Engine, request: &Request, live: Live) -> Served {
    let slot = live.slot;
    if live.echo {
        engine.memory.revive(&slot, &live.object);
    }
    slot.count_hit();
    let (content, traits) = (slot.facts().content, slot.facts().traits.clone());
    note_with_outer(engine, request, content, Some(&slot.facts().dependencies));
    let trail = Trail::new();
    Served { object: live.object, tier: Tier::Memory, trail, slot: Some(slot), content, traits }
}

/// Serves what a leader handed on; `None` when it lacks what this client expects.
pub(super) fn from_landing(engine: &Engine, request: &Request, flown: Flown) -> Option<Served> {
    if lacking(request, &flown.traits).is_some() {
        return None;
    }
    Counters::add(&request.factory.counters.waits, 1);
    let slot = engine.memory.find(&request.id());
    note_with_outer(engine, request, flown.content, slot.as_ref().map(|slot| &*slot.facts().dependencies));
    let mut trail = Trail::new();
    trail.step(Tier::Flight, Outcome::Hit);
    let Flown { object, content, traits } = flown;
    let served = Served { object, tier: Tier::Flight, trail, slot, content, traits };
    recording::note(engine, request, &served, None);
    Some(served)
}

/// Looks for the object on disk and serves it; what is broken there is counted and told. Adds to `inner` the objects that
/// candidates were made from and that would be built anew.
pub(super) fn found_on_disk(
    engine: &Arc<Engine>,
    request: &Request,
    trail: &mut Trail,
    inner: &mut Vec<Dependency>,
) -> Option<Served> {
    let served = find_on_disk(engine, request, trail, from_disk, |candidate, reason| {
        inner.extend(stale(reason, &candidate.dependencies));
        // What another key holds for may be good to somebody else; it is only replaced.
        let changed = matches!(candidate.trust, Err(Distrust::Changed | Distrust::Unsigned));
        if let (Reason::Untrusted { what }, Some(disk), true) = (reason, &engine.disk, changed) {
            // Not put away now means refused again next time: slower, never wrong.
            disk.expel(candidate, engine.now(), what).ok();
        }
    });
    let last = trail.steps().last().map(|step| &step.outcome);
    if let (None, Some(Outcome::Miss(reasons))) = (&served, last) {
        engine.tell_faults(request, reasons);
    }
    served
}

/// Opens a kept object and serves it.
///
/// # Errors
/// The reason why it cannot be opened; corrupt entries are put into quarantine.
fn from_disk(engine: &Arc<Engine>, request: &Request, kept: &Kept) -> Result<Served, Box<Reason>> {
    let (recipe, candidate) = (&request.factory.recipe, &kept.candidate);
    let Some(disk) = &engine.disk else { return Err(Reason::TierOff.into()) };
    let now = engine.now();
    let payload = load(disk, request, kept);
    let payload = match payload {
        Ok(payload) => payload,
        Err(Fault::Missing(path)) => {
            // A row without its blob must not be found again; but the collector may just have taken both away.
            let removed = matches!(disk.disown(candidate, now), Ok(false));
            let key = &request.key.digest();
            let reason = if removed { never_built(disk, key) } else { Reason::BlobMissing { path } };
            return Err(reason.into());
        }
        Err(Fault::Corrupt(what)) => {
            disk.quarantine(candidate, now, &what).ok();
            return Err(Reason::Corrupt { what }.into());
        }
        Err(fault) => return Err(Reason::Unreachable { fault: fault.to_string() }.into()),
    };
    if let Some(record) = &kept.migrate {
        // The candidate is believed by now; its record comes from another column.
        if disk.has_key()
            && let Err(what) = disk.check(record)
        {
            return Err(Reason::Untrusted { what: what.to_string() }.into());
        }
        let (from, to) = (record.fingerprint.schema, recipe.fingerprint.schema);
        let object = convert(request, from, &payload).map_err(|fault| Reason::MigrationFailed {
            from,
            to,
            fault: fault.to_string(),
        })?;
        Counters::add(&request.factory.counters.disk_hits, 1);
        Counters::add(&request.factory.counters.saved_nanos, candidate.build_nanos);
        let served = keep_converted(engine, request, object, record);
        return lacking(request, &served.traits).map_or(Ok(served), |reason| Err(reason.into()));
    }
    let Some(codec) = &recipe.codec else { return Err(Reason::TierOff.into()) };
    let object = codec.open(&payload).map_err(|fault| Reason::OpenFailed { fault: fault.to_string() })?;
    let object = object.weighing(payload.bytes());
    disk.touch(Touch { entry: candidate.entry, hits: 1, last: now });
    Counters::add(&request.factory.counters.disk_hits, 1);
    Counters::add(&request.factory.counters.saved_nanos, candidate.build_nanos);
    let facts = Facts {
        created: candidate.created,
        build_nanos: candidate.build_nanos,
        dependencies: candidate.dependencies.clone().into(),
        traits: candidate.traits.clone(),
        content: Some(candidate.content),
        ends: recipe.lifetime.ends(&request.key.digest(), candidate.created),
        built_here: false,
    };
    Ok(serve_kept(engine, request, object, facts, now, Tier::Disk))
}

/// The frames of a candidate. Where opening them can run code, the digest is checked whatever the settings say, and the
/// frame that can is a private copy: what lies in a mapped file can be changed by others at any instant.
fn load(disk: &Disk, request: &Request, kept: &Kept) -> Result<Payload, Fault> {
    let (recipe, candidate) = (&request.factory.recipe, &kept.candidate);
    let runs_code = recipe.codec.as_ref().is_some_and(|codec| codec.runs_code());
    let verify = if runs_code && recipe.verify == Verify::Never { Verify::Auto } else { recipe.verify };
    let blob = disk.load(candidate, verify)?;
    let corrupt = |what: &str| Fault::Corrupt(what.into());
    let payload = Payload::from_blob(blob).ok_or_else(|| corrupt("it is not a blob of version 1"))?;
    if !runs_code {
        return Ok(payload);
    }
    let code =
        candidate.code.ok_or_else(|| corrupt("its record has no digest of the frame that can run code"))?;
    let private = payload.with_private_first(&code).map_err(|_| Fault::NoMemory(candidate.bytes))?;
    private.ok_or_else(|| corrupt("the frame that can run code is not the one that was kept"))
}

/// Puts an object that is kept on disk (or cannot be) into memory and serves it; its trail says when memory has no room.
pub(super) fn serve_kept(
    engine: &Engine,
    request: &Request,
    object: Object,
    facts: Facts,
    checked: Timestamp,
    tier: Tier,
) -> Served {
    let (content, traits, mut trail) = (facts.content, facts.traits.clone(), Trail::new());
    note_with_outer(engine, request, content, Some(&facts.dependencies));
    let slot = request.factory.recipe.tiers.memory.then(|| {
        let (id, tally) = (request.id(), Arc::clone(&request.factory.tally));
        let (slot, held) = engine.memory.keep(Entry { id, object: object.clone(), facts, tally, checked });
        if !held {
            // It alone is larger, or all the room is taken by what is on its way out.
            let (bytes, budget) = (object.bytes(), engine.memory.budget());
            trail.step(Tier::Memory, Outcome::Skipped(Reason::TooLarge { bytes, budget }));
        }
        slot
    });
    Served { object, tier, trail, slot, content, traits }
}

/// Opens a payload of an older schema and converts it step by step.
fn convert(request: &Request, from: u32, payload: &Payload) -> Result<Object, crate::object::CodecFault> {
    let recipe = &request.factory.recipe;
    let step = |schema: u32| {
        let step = recipe.migrations.iter().find(|migration| migration.from == schema);
        step.ok_or_else(|| format!("there is no migration from schema {schema}"))
    };
    let mut object = (step(from)?.open)(payload)?;
    for schema in from..recipe.fingerprint.schema {
        object = (step(schema)?.convert)(&object)?;
    }
    Ok(object)
}

/// Notes a cached call with the build that it was made from: as an object, or, where that cannot be compared, as what it was
/// built by and from.
fn note_with_outer(
    engine: &Engine,
    request: &Request,
    content: Option<Digest>,
    dependencies: Option<&[Dependency]>,
) {
    let Some(context) = Context::current() else { return };
    let (factory, recorder) = (&request.factory, context.recorder());
    if let (None, Some(dependencies)) = (content, dependencies)
        && factory.recipe.lifetime == Lifetime::FOREVER
        && engine.project(factory) == recorder.project()
    {
        let (factory, fingerprint) = (factory.name().to_string(), factory.fingerprint);
        recorder.note(Dependency::Factory { factory, fingerprint });
        for one in dependencies {
            recorder.note(one.clone());
        }
        return;
    }
    recorder.note(Dependency::Object {
        factory: factory.name().to_string(),
        key: request.key.digest(),
        shown: request.key.called(),
        fingerprint: factory.fingerprint,
        content,
        call: request.call.as_deref().map(str::to_owned),
    });
}

/// Notes a cached call that failed with the build that it was made from, which may go on without its object.
pub(super) fn note_failure(engine: &Engine, request: &Request, dependencies: Option<&[Dependency]>) {
    note_with_outer(engine, request, None, dependencies);
}
