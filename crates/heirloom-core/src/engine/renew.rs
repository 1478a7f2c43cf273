//! Has inner objects made again, where nothing else keeps an entry from being served: early cut-off from the outside.
//!
//! On the road: after a look that found only entries whose inner objects would be built anew. Promises: 1. what comes out equal
//! leaves the outer entry valid, what comes out different is named; 2. an inner object is asked for through the road, so it
//! is kept, and built by one only; 3. a circle ends, as it does in a build. Refuses: judging; `find` looks again.

use std::sync::Arc;

use super::engine_state::Engine;
use super::find::live;
use super::inputs_hold::inputs_still_hold;
use super::lead::Lead;
use super::request::{Request, Served};
use super::serve::{found_on_disk, serve_live};
use crate::digest::Digest;
use crate::identity::Dependency;
use crate::trail::{Reason, Trail};

/// Looks on disk; where only inner objects stand in the way, has them made and looks again, in memory too.
pub(super) fn found(engine: &Arc<Engine>, request: &Request, lead: &mut Lead) -> Option<Served> {
    let mut tried = Vec::new();
    let mut stale = stale_in_memory(engine, request);
    loop {
        let mut trail = Trail::new();
        let found = found_on_disk(engine, request, &mut trail, &mut stale);
        if found.is_some() || !renewed(engine, lead, &stale, &mut tried) {
            lead.trail().append(trail);
            return found;
        }
        if let Ok(live) = live(engine, request) {
            return Some(serve_live(engine, request, live));
        }
        stale = stale_in_memory(engine, request);
    }
}

/// The inner object that keeps a live object from being served.
fn stale_in_memory(engine: &Arc<Engine>, request: &Request) -> Vec<Dependency> {
    let Some(slot) = engine.memory.find(&request.id()) else { return Vec::new() };
    let dependencies = &slot.facts().dependencies;
    // Most have no inner object that could be asked for, and need no second look.
    if !dependencies.iter().any(|one| matches!(one, Dependency::Object { call: Some(_), .. })) {
        return Vec::new();
    }
    let held = inputs_still_hold(engine, &request.factory, dependencies);
    held.err().and_then(|reason| stale(&reason, dependencies)).into_iter().collect()
}

/// The inner object that a reason names, as it was recorded, when it can be asked for.
pub(super) fn stale(reason: &Reason, dependencies: &[Dependency]) -> Option<Dependency> {
    let Reason::DependencyChanged { dependency, .. } = reason else { return None };
    let recorded = dependencies.iter().find(|one| one.subject() == dependency.subject())?;
    matches!(recorded, Dependency::Object { call: Some(_), .. }).then(|| recorded.clone())
}

/// Makes what was not tried before; `true` when one of them came to an object, so that another look is worth it.
fn renewed(
    engine: &Arc<Engine>,
    lead: &Lead,
    stale: &[Dependency],
    tried: &mut Vec<(String, Digest)>,
) -> bool {
    let mut any = false;
    for dependency in stale {
        let Dependency::Object { factory, key, call: Some(call), .. } = dependency else { continue };
        let which = (factory.clone(), *key);
        if tried.contains(&which) {
            continue;
        }
        tried.push(which);
        let renew = || (engine.options.hooks.renew)(engine, factory, key, call);
        any |= lead.apart().enter(renew);
    }
    any
}
