//! `single_flight=True`: equal calls of several threads compute once.
//!
//! Promises: 1. a call that asks for itself computes, and so does one that would close a circle of threads waiting for
//! each other; 2. when the one who computes raises, the others try again one at a time; 3. Ctrl-C ends a wait. Refuses:
//! telling calls apart by `__eq__`: two calls whose equality only that can tell may both compute.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{ThreadId, current};
use std::time::Duration;

use pyo3::prelude::*;

use super::spelling::{Spelling, Spoken};
use crate::table::Alike;

/// How long a thread waits before it looks for signals.
const SIGNALS: Duration = Duration::from_millis(50);

/// The computations of one function that are under way.
#[derive(Default)]
pub(super) struct Flights(Vec<(u64, Spelling, Arc<Flight>)>);

/// One computation.
pub(super) struct Flight {
    leader: ThreadId,
    over: Mutex<bool>,
    landed: Condvar,
}

/// What a call that missed has to do.
pub(super) enum Turn {
    Lead(Arc<Flight>),
    Wait(Arc<Flight>),
    Compute,
}

/// Which flight each thread waits for.
static WAITING: Mutex<Option<HashMap<ThreadId, Arc<Flight>>>> = Mutex::new(None);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Flights {
    /// Finds the flight of a call, or begins it.
    pub(super) fn turn(&mut self, call: &Spoken<'_>, keep: impl FnOnce() -> Spelling) -> Turn {
        let same = |(hash, spelling, _): &&(u64, Spelling, Arc<Flight>)| {
            *hash == call.hash && matches!(call.alike(spelling), Alike::Yes)
        };
        if let Some((_, _, flight)) = self.0.iter().find(same) {
            let circle = flight.leads_to(current().id());
            return if circle { Turn::Compute } else { Turn::Wait(Arc::clone(flight)) };
        }
        let flight =
            Arc::new(Flight { leader: current().id(), over: Mutex::new(false), landed: Condvar::new() });
        self.0.push((call.hash, keep(), Arc::clone(&flight)));
        Turn::Lead(flight)
    }

    /// Takes a flight out; its spelling comes back, to be let go when nothing is being changed.
    pub(super) fn land(&mut self, flight: &Arc<Flight>) -> Option<Spelling> {
        let at = self.0.iter().position(|(_, _, other)| Arc::ptr_eq(other, flight))?;
        *locked(&flight.over) = true;
        flight.landed.notify_all();
        Some(self.0.swap_remove(at).1)
    }
}

impl Flight {
    /// Whether whoever computes is `thread`, or waits for it over any number of others.
    fn leads_to(&self, thread: ThreadId) -> bool {
        let waiting = locked(&WAITING);
        let mut leader = self.leader;
        loop {
            if leader == thread {
                return true;
            }
            match waiting.as_ref().and_then(|waiting| waiting.get(&leader)) {
                Some(next) if next.leader != leader => leader = next.leader,
                _ => return false,
            }
        }
    }

    /// Waits until the computation is over, without the interpreter.
    pub(super) fn wait(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        locked(&WAITING).get_or_insert_default().insert(current().id(), Arc::clone(self));
        let waited = loop {
            let over = py.detach(|| {
                let over = locked(&self.over);
                let wait = self.landed.wait_timeout_while(over, SIGNALS, |over| !*over);
                *wait.unwrap_or_else(PoisonError::into_inner).0
            });
            if over {
                break Ok(());
            }
            if let Err(error) = py.check_signals() {
                break Err(error);
            }
        };
        if let Some(waiting) = locked(&WAITING).as_mut() {
            waiting.remove(&current().id());
        }
        waited
    }
}
