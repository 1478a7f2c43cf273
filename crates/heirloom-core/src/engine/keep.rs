//! Keeps a fresh object: sealed and on disk first, then in memory.
//!
//! Promises: 1. when the caller has the object, it is kept, or the trail says why not; 2. no fault here reaches
//! the caller. Refuses: keeping an object around the cache.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::engine_state::Engine;
use super::request::{Request, Served};
use super::serve::serve_kept;
use super::texts::keep_texts;
use crate::clock::nanos;
use crate::disk::{Disk, Keep};
use crate::identity::Dependency;
use crate::inputs::Recorder;
use crate::memory::Facts;
use crate::object::{Object, Payload, Record};
use crate::trail::{Outcome, Reason, StepSpan, Tier, Trail};
use crate::trust::Distrust;

/// Keeps what was built in `took`, and serves it; with `kept` false it is only served.
pub(super) fn keep(
    engine: &Arc<Engine>,
    request: &Request,
    object: Object,
    recorder: &Recorder,
    mut trail: Trail,
    took: Duration,
    kept: bool,
) -> Served {
    let recipe = &request.factory.recipe;
    let traits = recipe.traits.as_ref().map(|read| read(&object)).unwrap_or_default();
    if !kept {
        return Served { object, tier: Tier::Build, trail, slot: None, content: None, traits };
    }
    let created = engine.now();
    let recorded = recorder.recorded();
    // Most builds record nothing, and the empty slice is shared by all.
    let dependencies: Arc<[Dependency]> = if recorded.is_empty() { Arc::default() } else { recorded.into() };
    let mut facts = Facts {
        created,
        build_nanos: nanos(took),
        dependencies,
        traits,
        content: None,
        ends: recipe.lifetime.ends(&request.key.digest(), created),
        built_here: true,
    };
    let object = keep_on_disk(engine, request, object, &mut facts, &mut trail);
    let mut served = serve_kept(engine, request, object, facts, created, Tier::Build);
    trail.append(served.trail);
    served.trail = trail;
    served
}

/// Keeps an object that was converted from an older schema, as young as it was.
pub(super) fn keep_converted(
    engine: &Arc<Engine>,
    request: &Request,
    object: Object,
    old: &Record,
) -> Served {
    let recipe = &request.factory.recipe;
    let mut facts = Facts {
        created: old.created,
        build_nanos: old.build_nanos,
        dependencies: old.dependencies.clone().into(),
        traits: recipe.traits.as_ref().map(|read| read(&object)).unwrap_or_default(),
        content: None,
        ends: recipe.lifetime.ends(&request.key.digest(), old.created),
        built_here: false,
    };
    let object = keep_on_disk(engine, request, object, &mut facts, &mut old.trail.clone());
    serve_kept(engine, request, object, facts, engine.now(), Tier::Disk)
}

/// Seals the object and writes it; whatever goes wrong stands in the trail.
fn keep_on_disk(
    engine: &Arc<Engine>,
    request: &Request,
    object: Object,
    facts: &mut Facts,
    trail: &mut Trail,
) -> Object {
    let _span = StepSpan::enter(Tier::Keep, &request.key);
    let recipe = &request.factory.recipe;
    let (Some(disk), Some(codec)) = (engine.disk_for(&request.factory), &recipe.codec) else {
        trail.step(Tier::Keep, Outcome::Skipped(Reason::TierOff));
        return object;
    };
    if codec.runs_code() && !disk.has_key() {
        let fault = Distrust::NoKey.to_string();
        engine.miss(request, trail, Tier::Keep, vec![Reason::KeepFailed { fault }]);
        return object;
    }
    let payload = match codec.seal(&object) {
        Ok(payload) => payload,
        Err(fault) => {
            engine.miss(request, trail, Tier::Keep, vec![Reason::SealFailed { fault: fault.to_string() }]);
            return object;
        }
    };
    let mut record = record(engine, request, &payload, facts, trail);
    record.code = codec.runs_code().then(|| payload.first_digest()).flatten();
    disk.sign(&mut record);
    match disk.keep(&Keep { record: &record, payload: &payload, pinned: recipe.pinned }) {
        Ok(_) => {
            facts.content = Some(record.content);
            trail.step(Tier::Keep, Outcome::Kept);
            see(engine, request, disk);
            engine.collect_if_over(record.bytes);
        }
        Err(fault) => {
            let fault = fault.to_string();
            // What kept the store from answering is told already, and is one warning.
            let same =
                |reason: &Reason| matches!(reason, Reason::Unreachable { fault: told } if *told == fault);
            let told = trail.reasons().any(same);
            let reasons = vec![Reason::KeepFailed { fault }];
            if told {
                trail.step(Tier::Keep, Outcome::Miss(reasons));
            } else {
                engine.miss(request, trail, Tier::Keep, reasons);
            }
        }
    }
    object.weighing(payload.bytes())
}

/// Notes how the factory looks now, and what its code reads like, once a process.
fn see(engine: &Engine, request: &Request, disk: &Disk) {
    let factory = &request.factory;
    if !factory.seen.swap(true, Ordering::Relaxed) {
        // Not seen only means that the collector knows less of it.
        disk.see_factory(factory.name(), &factory.recipe.fingerprint, engine.now()).ok();
        // A text that is not kept only makes a later sentence shorter.
        keep_texts(disk, factory).ok();
    }
}

fn record(engine: &Engine, request: &Request, payload: &Payload, facts: &Facts, trail: &Trail) -> Record {
    let recipe = &request.factory.recipe;
    Record {
        factory: recipe.name.to_string(),
        key: request.key.digest(),
        shown: request.key.shown(),
        fingerprint: recipe.fingerprint.clone(),
        dependencies: facts.dependencies.to_vec(),
        traits: facts.traits.clone(),
        lifetime: recipe.lifetime,
        created: facts.created,
        build_nanos: facts.build_nanos,
        content: payload.digest(),
        bytes: payload.blob_len(),
        code: None,
        mac: None,
        origin: engine.origin(),
        trail: trail.clone(),
    }
}
