//! The table of builds in the air.
//!
//! Promises: joining is one look under one lock, and so is the search for a cycle: no two threads can close a
//! cycle between them unseen; a forked child joins no flight of its parent, which nobody would land there. Refuses:
//! waiting while the lock is held.

use std::sync::Arc;

use hashbrown::HashMap;

use super::cycle::Edges;
use super::seat::{Flight, Seat};
use super::wait::Waiter;
use crate::digest::Digest;
use crate::identity::Key;
use crate::sync::{Mutex, lock};

/// All builds in the air of one engine.
#[derive(Default)]
pub struct Flights {
    pub(super) table: Mutex<Table>,
}

#[derive(Default)]
pub(super) struct Table {
    in_the_air: HashMap<(Digest, Digest), Arc<Flight>, foldhash::fast::FixedState>,
    pub(super) edges: Edges,
}

/// What joining came to.
#[derive(Debug)]
pub enum Joined {
    /// Nobody builds it: the seat is yours.
    Lead(Seat),
    /// Somebody builds it: wait for them.
    Follow(Waiter),
    /// Waiting would never end; the names of the builds in the cycle, the asked one first and last.
    Cycle(Vec<String>),
}

impl Flights {
    /// Joins the flight of `key`, built by the code of this fingerprint. `above` are the builds that this request is
    /// made from, the innermost first.
    pub fn join(self: &Arc<Self>, key: &Key, fingerprint: Digest, above: &[Arc<Flight>]) -> Joined {
        let id = (key.digest(), fingerprint);
        let from = above.first().map(Arc::clone);
        let mut table = lock(&self.table);
        let ours = table.in_the_air.get(&id).filter(|flight| flight.is_ours());
        let Some(flight) = ours.map(Arc::clone) else {
            let flight = Arc::new(Flight::new(id, key.clone()));
            let inherited = table.in_the_air.insert(id, Arc::clone(&flight));
            table.add_edge(from.as_ref(), &flight);
            drop(table);
            drop(inherited);
            return Joined::Lead(Seat { flight, from, flights: Arc::clone(self), landed: false });
        };
        if let Some(cycle) = table.edges.cycle(&flight, above, |flight| table.flies(flight)) {
            return Joined::Cycle(cycle);
        }
        table.add_edge(from.as_ref(), &flight);
        Joined::Follow(Waiter::new(flight, from, Arc::clone(self)))
    }

    /// Whether nobody builds and nobody waits.
    pub fn is_quiet(&self) -> bool {
        let table = lock(&self.table);
        table.in_the_air.is_empty() && table.edges.is_empty()
    }
}

impl Table {
    fn flies(&self, flight: &Arc<Flight>) -> bool {
        self.in_the_air.get(&flight.id).is_some_and(|listed| Arc::ptr_eq(listed, flight))
    }

    fn add_edge(&mut self, from: Option<&Arc<Flight>>, to: &Arc<Flight>) {
        if let Some(from) = from {
            self.edges.add(from, to);
        }
    }

    /// A flight that has ended is no longer joined, and whoever asked for it no longer waits through it.
    pub(super) fn take_off(&mut self, flight: &Arc<Flight>, from: Option<&Arc<Flight>>) {
        if self.flies(flight) {
            self.in_the_air.remove(&flight.id);
        }
        if let Some(from) = from {
            self.edges.remove(from, flight);
        }
    }
}

impl std::fmt::Debug for Flights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flights({} in the air)", lock(&self.table).in_the_air.len())
    }
}
