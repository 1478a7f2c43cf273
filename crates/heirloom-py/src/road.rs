//! Walks the engine's road for one call: served, waited for, or built by the Python function.
//!
//! Promises: 1. the interpreter is free while the engine works and while another thread builds; 2. a builder that asks
//! for itself computes, as the undecorated function would; 3. an exception is handed to all who waited, but never a
//! foreign interrupt or cancellation: then one of them builds. Refuses: asyncio; `step.rs` is for tasks.

#![expect(unsafe_code, reason = "a hit makes no Python object, so it works on raw pointers")]

use std::ptr::null_mut;
use std::time::{Duration, Instant};

use heirloom_core::Digest;
use heirloom_core::engine::{Approach, Lead, Mode, Request, Served, approach, arrive};
use heirloom_core::flight::Waiter;
use heirloom_core::identity::Dependency;
use heirloom_core::object::Object;
use pyo3::exceptions::PyException;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::building::{Building, current, within};
use crate::failure::{exception, raised};
use crate::fresh;
use crate::front::{Hit, Spelling, Spelt, Standing};
use crate::guards::Guards;
use crate::hand_made::RawCall;
use crate::held::Held;
use crate::interrupt;
use crate::notices::warn;
use crate::recording;
use crate::shelf::{Args, Sharing, Shelf};

/// How long a thread waits for another before it looks for signals.
const SIGNALS: Duration = Duration::from_millis(50);

/// Which thing, built by what.
pub(crate) type Id = (Digest, Digest);

pub(crate) fn id(request: &Request) -> Id {
    (request.key.digest(), request.factory.fingerprint())
}

/// A live object that needs no second look, as a new reference; null when there is none.
///
/// # Safety
/// The call is running, and the interpreter attached.
#[inline]
pub(crate) unsafe fn hit_raw(shelf: &Shelf, call: &RawCall) -> *mut ffi::PyObject {
    // SAFETY: promised by the caller; what is borrowed is taken before anything else runs.
    unsafe {
        let call = Spelling { values: call.values(), names: call.names() };
        match shelf.front.hit(call, || shelf.engine.now()) {
            Some(Hit::Object(object)) => {
                ffi::Py_INCREF(object);
                object
            }
            Some(Hit::Watched(slot, standing)) => Python::attach(|py| {
                if !standing.is_none_or(|standing| standing.iter().all(|guards| guards.get().hold(py))) {
                    return null_mut();
                }
                let held = slot.hit().and_then(Object::into_open::<Held>);
                let held = held.filter(|held| held.is_pristine(py));
                held.map_or(null_mut(), |held| held.value().clone_ref(py).into_ptr())
            }),
            None => null_mut(),
        }
    }
}

/// What a build came to.
pub(crate) enum Built {
    /// An object for everybody.
    Shared(Served),
    /// One that can be used only once, for its own caller.
    Once(Py<PyAny>),
}

/// The object of a call.
pub(crate) fn get(
    slf: &Bound<'_, Shelf>,
    call: Args<'_, '_>,
    (request, mut spelt): (&Request, Option<Spelt>),
) -> PyResult<Py<PyAny>> {
    let (py, shelf) = (slf.py(), slf.get());
    let outer = current(py)?;
    if outer.as_ref().is_some_and(|outer| outer.get().holds(&id(request))) {
        return Ok(shelf.function.bind(py).call(call.0, call.1)?.unbind());
    }
    loop {
        let served = match walk(py, shelf, request, outer.as_ref())? {
            Approach::Served(served) => Some(served),
            Approach::Build(lead) => match build(slf, call, request, lead, outer.as_ref())? {
                Built::Shared(served) => Some(served),
                Built::Once(value) => return Ok(value),
            },
            Approach::Wait(waiter) => wait(py, shelf, request, &waiter, outer.as_ref())?,
        };
        let object =
            served.map(|served| serve(py, shelf, (request, &mut spelt), served)).transpose()?.flatten();
        if let Some(object) = object {
            return Ok(object);
        }
    }
}

/// Walks up to the object, to a wait or to the right to build.
pub(crate) fn walk(
    py: Python<'_>,
    shelf: &Shelf,
    request: &Request,
    outer: Option<&Py<Building>>,
) -> PyResult<Approach> {
    let walked = within(py, outer, || approach(&shelf.engine, request));
    match interrupt::take() {
        // Whoever got the right to build hands it on.
        Some(raised) => {
            py.detach(|| drop(walked));
            Err(raised)
        }
        None => walked.map_err(|error| exception(py, &error)),
    }
}

fn wait(
    py: Python<'_>,
    shelf: &Shelf,
    request: &Request,
    waiter: &Waiter,
    outer: Option<&Py<Building>>,
) -> PyResult<Option<Served>> {
    let landing = loop {
        match py.detach(|| waiter.wait_for(SIGNALS)) {
            Some(landing) => break landing,
            None => py.check_signals()?,
        }
    };
    within(py, outer, || arrive(&shelf.engine, request, landing)).map_err(|error| exception(py, &error))
}

fn build(
    slf: &Bound<'_, Shelf>,
    call: Args<'_, '_>,
    request: &Request,
    lead: Lead,
    outer: Option<&Py<Building>>,
) -> PyResult<Built> {
    let (py, shelf, begun) = (slf.py(), slf.get(), Instant::now());
    let context = within(py, outer, || lead.begin());
    let above = outer.map(|outer| outer.clone_ref(py));
    let building = Py::new(py, Building::new(slf, id(request), context, above))?;
    recording::begin(&building, call);
    let entered = Building::enter(building, py)?;
    let built = shelf.function.bind(py).call(call.0, call.1);
    entered.leave(py);
    finish(py, shelf, request, lead, built, (begun.elapsed(), outer))
}

/// Lands what a builder returned or raised, in so much time, inside of another build.
pub(crate) fn finish(
    py: Python<'_>,
    shelf: &Shelf,
    request: &Request,
    lead: Lead,
    built: PyResult<Bound<'_, PyAny>>,
    (took, outer): (Duration, Option<&Py<Building>>),
) -> PyResult<Built> {
    if let Ok(value) = &built
        && fresh::only_once(shelf, value)?
    {
        // Whoever waits has it built for itself.
        py.detach(|| drop(lead));
        return Ok(Built::Once(value.clone().unbind()));
    }
    let built = built.and_then(|value| fresh::object(py, shelf, request, &value));
    land(py, lead, built, took, outer).map(Built::Shared)
}

/// Lands a build: with its object, with its exception, or not at all.
fn land(
    py: Python<'_>,
    lead: Lead,
    built: PyResult<Object>,
    took: Duration,
    outer: Option<&Py<Building>>,
) -> PyResult<Served> {
    let built = match built {
        Ok(object) => Ok(object),
        Err(error) if error.is_instance_of::<PyException>(py) => Err(raised(py, error)),
        Err(error) => {
            // An interrupt, an exit or a cancellation is meant for this one only: the next in line builds.
            py.detach(|| drop(lead));
            return Err(error);
        }
    };
    within(py, outer, || lead.land(built, took)).map_err(|error| exception(py, &error))
}

/// Hands the object out, and remembers where it lives; `None` when a client has changed it: walk the road again.
pub(crate) fn serve(
    py: Python<'_>,
    shelf: &Shelf,
    (request, spelt): (&Request, &mut Option<Spelt>),
    served: Served,
) -> PyResult<Option<Py<PyAny>>> {
    let held = served.object.into_open::<Held>();
    let held =
        held.ok_or_else(|| exception(py, &heirloom_core::Error::invalid("the object is not Python's")))?;
    if matches!(request.mode, Mode::Bypass | Mode::Off(_)) {
        return Ok(Some(held.value().clone_ref(py)));
    }
    match shelf.sharing {
        Sharing::Copied => return held.copy(py).map(Some),
        Sharing::Trusted => {}
        Sharing::Watched | Sharing::Checked => {
            let checked = shelf.sharing == Sharing::Checked;
            if !held.is_pristine(py) || (checked && !held.seals_alike(py)) {
                py.detach(|| shelf.engine.let_go_of(request));
                if checked {
                    warn(&format!(
                        "{}: a client changed this shared object; the next one gets it as it was built",
                        request.key
                    ));
                }
                return Ok(None);
            }
            held.settle(py);
        }
    }
    if let Some(slot) = served.slot
        && shelf.sharing != Sharing::Checked
        && !shelf.registered.is_recorded()
        && let Some(spelt) = spelt.take()
        && let Some(standing) = standing(py, &slot.facts().dependencies)?
    {
        shelf.front.insert(spelt, slot, &held, Some(standing).filter(|guards| !guards.is_empty()));
    }
    Ok(Some(held.value().clone_ref(py)))
}

/// What tells that the inputs of a live object still hold, without asking anybody; `None` when nothing does.
fn standing(py: Python<'_>, inputs: &[Dependency]) -> PyResult<Option<Standing>> {
    static GUARDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let mut standing = Vec::new();
    for input in inputs.iter().filter(|input| input.can_change_while_running()) {
        let Dependency::Code { name, state, .. } = input else { return Ok(None) };
        let guards = GUARDS.import(py, "heirloom._closure.recheck", "guards")?.call1((name, state))?;
        let Some(guards) = guards.extract::<Option<Py<Guards>>>()? else { return Ok(None) };
        standing.push(guards);
    }
    Ok(Some(standing.into()))
}
