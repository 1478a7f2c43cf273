//! Where the objects of a pool are: idle, out, or in the hands of who is being served.
//!
//! Promises: 1. every step is whole, and runs no Python; 2. a lease is found by the address of its object, and a dead one
//! by the address of its weak reference. Refuses: making, resetting, checking, destroying and waiting.

use std::collections::{HashMap, VecDeque};

use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use super::guarded::Guarded;
use super::undertaker::Buries;

/// What a pool counts, in the order of `PoolStats`.
#[derive(Clone, Copy)]
pub(super) enum Count {
    Made,
    Reused,
    Waited,
    TimedOut,
    Invalid,
    Discarded,
    ResetFailed,
    Expired,
    Lost,
}

/// How many kinds of [`Count`] there are.
pub(super) const COUNTS: usize = 9;

/// An object that is not out.
pub(super) struct Place {
    pub(super) object: Py<PyAny>,
    /// Made when it was first lent, and kept with it.
    pub(super) reference: Option<Py<PyWeakrefReference>>,
    pub(super) since: f64,
}

/// An object that is out.
pub(super) struct Lease {
    pub(super) holds: Holds,
    pub(super) since: f64,
    /// Who acquired it: code and line.
    pub(super) code: Py<PyAny>,
    pub(super) line: i32,
}

/// How a lease knows its object.
pub(super) enum Holds {
    Weakly(Py<PyWeakrefReference>),
    /// Python keeps no weak references to it.
    Strongly(Py<PyAny>),
}

/// What becomes of an object that came back.
pub(super) enum Back {
    Kept,
    Serve(Py<PyAny>),
    TooMany,
}

/// The state of a pool.
#[derive(Default)]
pub(super) struct Stock {
    pub(super) idle: VecDeque<Place>,
    /// Who waits, the first first, and in which process.
    pub(super) line: VecDeque<(Py<PyAny>, u32)>,
    pub(super) out: HashMap<usize, Lease>,
    /// Addresses of objects by those of their references.
    by_reference: HashMap<usize, usize>,
    /// Leases by the time of lending, when any may be out too long.
    pub(super) lent: VecDeque<(usize, f64)>,
    pub(super) dead: Vec<Lease>,
    pub(super) size: usize,
    pub(super) counts: [u64; COUNTS],
    pub(super) max_size: f64,
    pub(super) max_idle: f64,
    pub(super) min_warm: usize,
    pub(super) idle_time: Option<f64>,
    pub(super) lost_after: Option<f64>,
}

impl Buries for Guarded<Stock> {
    fn bury(&self, py: Python<'_>, reference: usize) {
        self.try_step(py, |stock| {
            let object = stock.by_reference.remove(&reference)?;
            let lease = stock.out.remove(&object)?;
            stock.dead.push(lease);
            Some(())
        });
    }
}

impl Lease {
    /// Whether it is the lease of this very object.
    fn is_of(&self, object: &Bound<'_, PyAny>) -> bool {
        match &self.holds {
            Holds::Strongly(own) => own.is(object),
            Holds::Weakly(reference) => {
                reference.bind(object.py()).upgrade().is_some_and(|own| own.is(object))
            }
        }
    }
}

impl Stock {
    pub(super) fn count(&mut self, what: Count) {
        self.counts[what as usize] += 1;
    }

    /// Whether there is nothing to let go and nothing to tell.
    #[inline]
    pub(super) fn is_calm(&self, now: f64) -> bool {
        self.dead.is_empty()
            && self.idle_time.is_none_or(|time| self.idle.front().is_none_or(|one| one.since + time > now))
            && self
                .lost_after
                .is_none_or(|time| self.lent.front().is_none_or(|(_, since)| since + time > now))
    }

    /// Notes that an object is out. What stood at its address comes back; there should be nothing.
    pub(super) fn lend(&mut self, object: usize, lease: Lease) -> Option<Lease> {
        if let Holds::Weakly(reference) = &lease.holds {
            self.by_reference.insert(reference.as_ptr() as usize, object);
        }
        if self.lost_after.is_some() {
            self.forget_returned();
            self.lent.push_back((object, lease.since));
        }
        self.out.insert(object, lease)
    }

    /// Clears the places of what came back, once half of the queue is such places.
    fn forget_returned(&mut self) {
        if self.lent.len() > 32 + 2 * self.out.len() {
            let out = &self.out;
            self.lent.retain(|(object, since)| stands(out, *object, *since));
        }
    }

    /// Ends the lease of an object; `None` when it has none here.
    pub(super) fn end_lease(&mut self, object: &Bound<'_, PyAny>) -> Option<Lease> {
        let address = object.as_ptr() as usize;
        if !self.out.get(&address)?.is_of(object) {
            return None;
        }
        self.take_out(address)
    }

    fn take_out(&mut self, address: usize) -> Option<Lease> {
        let lease = self.out.remove(&address)?;
        if let Holds::Weakly(reference) = &lease.holds {
            self.by_reference.remove(&(reference.as_ptr() as usize));
        }
        Some(lease)
    }

    /// Takes an object back.
    #[expect(clippy::cast_precision_loss, reason = "2^53 objects fit nowhere")]
    pub(super) fn put_back(&mut self, place: &mut Option<Place>) -> Back {
        if let Some(turn) = self.next_turn() {
            return Back::Serve(turn);
        }
        if (self.idle.len() as f64) < self.max_idle {
            self.idle.extend(place.take());
            return Back::Kept;
        }
        self.count(Count::Discarded);
        Back::TooMany
    }

    /// Takes the first turn out of the line. In a forked child those of its parent stay where
    /// they are: nobody waits there.
    pub(super) fn next_turn(&mut self) -> Option<Py<PyAny>> {
        let here = self.line.iter().position(|(_, process)| *process == std::process::id())?;
        self.line.remove(here).map(|(turn, _)| turn)
    }

    /// Whether another object may be made.
    #[expect(clippy::cast_precision_loss, reason = "2^53 objects fit nowhere")]
    pub(super) fn has_room(&self) -> bool {
        (self.size as f64) < self.max_size
    }

    /// Takes out what was idle too long.
    pub(super) fn idle_too_long(&mut self, now: f64) -> Vec<Place> {
        let mut over = Vec::new();
        let Some(time) = self.idle_time else { return over };
        let may_go = self.size.saturating_sub(self.min_warm);
        while over.len() < may_go && self.idle.front().is_some_and(|one| one.since + time <= now) {
            over.extend(self.idle.pop_front());
            self.count(Count::Expired);
        }
        over
    }

    /// Takes out the leases of what died or was out too long, and whether it died.
    pub(super) fn lost(&mut self, now: f64) -> Vec<(Lease, bool)> {
        let mut lost: Vec<_> =
            std::mem::take(&mut self.dead).into_iter().map(|lease| (lease, true)).collect();
        while let (Some(time), Some(&(object, since))) = (self.lost_after, self.lent.front()) {
            let stands = stands(&self.out, object, since);
            if stands && since + time > now {
                break;
            }
            self.lent.pop_front();
            if stands && let Some(lease) = self.take_out(object) {
                lost.push((lease, false));
            }
        }
        self.counts[Count::Lost as usize] += lost.len() as u64;
        lost
    }

    /// Every object that is held.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Py<PyAny>> {
        let leases = self.out.values().chain(&self.dead).flat_map(|lease| {
            let held = match &lease.holds {
                Holds::Strongly(object) => Some(object),
                Holds::Weakly(_) => None,
            };
            held.into_iter().chain([&lease.code])
        });
        self.idle
            .iter()
            .map(|place| &place.object)
            .chain(self.line.iter().map(|(turn, _)| turn))
            .chain(leases)
    }
}

/// Whether an object is out since then.
fn stands(out: &HashMap<usize, Lease>, object: usize, since: f64) -> bool {
    out.get(&object).is_some_and(|lease| lease.since.total_cmp(&since).is_eq())
}
