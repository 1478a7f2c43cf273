//! One build in the air: the leader's seat, and what the others wait for.
//!
//! Promises: a seat that is dropped without landing (panic, cancellation) frees everybody at once.
//! Refuses: knowing what is built; it carries a landing, and a key to name it by.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use super::flights::Flights;
use super::forks;
use crate::digest::Digest;
use crate::error::Error;
use crate::identity::{Key, Traits};
use crate::object::Object;
use crate::sync::{Condvar, Mutex, lock};

/// What a leader hands to those who wait.
#[derive(Clone, Debug)]
pub enum Landing {
    /// The object.
    Object(Flown),
    /// The builder's error, the same for all.
    Failed(Error),
    /// The leader panicked or was cancelled: one of the waiters takes the seat.
    Abandoned,
}

/// The object that a leader hands on, with what a waiter must know of it.
#[derive(Clone, Debug)]
pub struct Flown {
    /// The object.
    pub object: Object,
    /// The digest of its sealed content, when it was sealed.
    pub content: Option<Digest>,
    /// What it offers.
    pub traits: Traits,
}

/// One build in the air.
pub struct Flight {
    pub(super) id: (Digest, Digest),
    pub(super) key: Key,
    pub(super) state: Mutex<State>,
    pub(super) landed: Condvar,
    generation: u64,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) landing: Option<Landing>,
    /// The threads that sleep; waking nobody would still be a call into the kernel.
    pub(super) sleepers: usize,
    /// The tasks that wait, each under a number of its own.
    pub(super) wakers: BTreeMap<u64, Waker>,
    pub(super) numbers: u64,
}

/// The leader's seat. Landing or dropping it frees everybody who waits.
pub struct Seat {
    pub(super) flight: Arc<Flight>,
    /// The build that this one was asked for from.
    pub(super) from: Option<Arc<Flight>>,
    pub(super) flights: Arc<Flights>,
    pub(super) landed: bool,
}

impl Flight {
    pub(super) fn new(id: (Digest, Digest), key: Key) -> Self {
        let generation = forks::generation();
        Self { id, key, state: Mutex::default(), landed: Condvar::new(), generation }
    }

    /// Whether it took off in this very process, and not in the one that this was forked from.
    pub(super) fn is_ours(&self) -> bool {
        self.generation == forks::generation()
    }

    /// Which thing, built by what.
    pub fn id(&self) -> (Digest, Digest) {
        self.id
    }

    /// The name for people: factory and arguments. Made when it is asked for; most flights land unseen.
    pub fn name(&self) -> String {
        self.key.to_string()
    }
}

impl Seat {
    /// The flight of this seat.
    pub fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// Hands the landing to everybody who waits.
    pub fn land(mut self, landing: Landing) {
        self.finish(landing);
    }

    fn finish(&mut self, landing: Landing) {
        if std::mem::replace(&mut self.landed, true) {
            return;
        }
        lock(&self.flights.table).take_off(&self.flight, self.from.as_ref());
        let (wakers, sleepers) = {
            let mut state = lock(&self.flight.state);
            state.landing = Some(landing);
            (std::mem::take(&mut state.wakers), state.sleepers)
        };
        if sleepers > 0 {
            self.flight.landed.notify_all();
        }
        for waker in wakers.into_values() {
            waker.wake();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.finish(Landing::Abandoned);
    }
}

impl std::fmt::Debug for Flight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flight({})", self.key)
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({})", self.flight.key)
    }
}
