//! The whole road of a request.
//!
//! ```text
//! request ─► key × fingerprint ─► memory ─► flight ─► disk ─► lease ─► disk ─► build ─► keep
//! ```
//!
//! [`approach`] walks to where the object is, or to the right to build it; [`arrive`] is what a wait came to;
//! [`resolve`] drives both by blocking, a task drives them by waiting. `explain` walks the same steps and never
//! builds.
//!
//! Promises: 1. each step writes one line on the trail; 2. whoever leads has a seat (and a lease), and dropping it
//! frees all who wait. Refuses: any decision of its own; `find` decides, `serve`, `lead` and `keep` do.

use std::sync::Arc;

use super::context::Context;
use super::engine_state::Engine;
use super::find::{find_in_memory, live};
use super::lead::Lead;
use super::renew::found;
use super::request::{Mode, Request, Served};
use super::serve::{from_landing, from_memory, note_failure};
use super::wait::Wait;
use crate::error::{Error, Result};
use crate::flight::{Joined, Landing};
use crate::inputs::Recorder;
use crate::object::Object;
use crate::trail::{Outcome, Tier, Trail};

/// Where the road led.
#[derive(Debug)]
pub enum Approach {
    /// To the object.
    Served(Served),
    /// To somebody in this process who builds it: wait, then [`arrive`].
    Wait(Wait),
    /// To the right to build it.
    Build(Lead),
}

/// Hands an object down, or has it built: the road for a thread, which may block.
///
/// # Errors
/// The builder's own error, for the one who ran it and for all who waited; and an invalid call.
pub fn resolve(
    engine: &Arc<Engine>,
    request: &Request,
    build: &mut dyn FnMut(&Recorder) -> Result<Object>,
) -> Result<Served> {
    loop {
        match approach(engine, request)? {
            Approach::Served(served) => return Ok(served),
            Approach::Build(lead) => return lead.build(build),
            Approach::Wait(wait) => {
                if let Some(served) = arrive(engine, request, wait.wait())? {
                    return Ok(served);
                }
            }
        }
    }
}

/// Walks the road up to the object, to a wait, or to the right to build.
///
/// # Errors
/// An invalid call: a circle of builds that wait for each other.
pub fn approach(engine: &Arc<Engine>, request: &Request) -> Result<Approach> {
    let mut trail = Trail::new();
    if let Some(reason) = request.around() {
        trail.step(Tier::Memory, Outcome::Skipped(reason));
        return Ok(Approach::Build(Lead::alone(engine, request, trail)));
    }
    if let Some(found) = find_in_memory(engine, request, &mut trail) {
        return Ok(Approach::Served(from_memory(engine, request, found, trail)));
    }
    let above = Context::current().map(|context| context.flights()).unwrap_or_default();
    let seat = match engine.flights.join(&request.key, request.factory.fingerprint(), &above) {
        Joined::Lead(seat) => seat,
        Joined::Follow(waiter) => return Ok(Approach::Wait(Wait::new(waiter))),
        Joined::Cycle(names) => return Err(cycle(&names)),
    };
    // Between the look and the seat, the last leader may have landed.
    if let Ok(found) = live(engine, request) {
        let served = from_memory(engine, request, found, trail);
        seat.land(served.landing());
        return Ok(Approach::Served(served));
    }
    let mut lead = Lead::new(engine, request, seat, trail);
    if let Some(served) = found(engine, request, &mut lead) {
        return Ok(Approach::Served(lead.hand_down(served)));
    }
    let waited = lead.take_lease()?;
    if waited && let Some(served) = found(engine, request, &mut lead) {
        return Ok(Approach::Served(lead.hand_down(served)));
    }
    Ok(Approach::Build(lead))
}

/// What a wait came to: the object, the leader's error, or `None`: walk the road again.
///
/// # Errors
/// The builder's own error, the same for all who waited.
pub fn arrive(engine: &Arc<Engine>, request: &Request, landing: Landing) -> Result<Option<Served>> {
    match landing {
        Landing::Failed(error) if request.mode == Mode::Get => {
            note_failure(engine, request, None);
            Err(error)
        }
        Landing::Object(flown) if request.mode == Mode::Get => Ok(from_landing(engine, request, flown)),
        // A refresh wants an object younger than itself, and an abandoned seat is free.
        Landing::Failed(_) | Landing::Object(_) | Landing::Abandoned => Ok(None),
    }
}

fn cycle(names: &[String]) -> Error {
    Error::invalid(format!(
        "the builders wait for each other in a circle: {}; none can ever finish, so one of them must stop asking",
        names.join(" → ")
    ))
}
