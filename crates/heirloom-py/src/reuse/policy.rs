//! What a cache keeps, and by which rules it lets go: size, entries, time, order.
//!
//! Promises: 1. the bounds hold after every step; 2. no step runs Python: what left comes back, to be told and dropped
//! afterwards. Refuses: comparing keys and reading the clock; `cache.rs` does both before the step.

use heirloom_policy::Cost;
use pyo3::prelude::*;

use super::deadlines::Deadlines;
use super::flights::{Flight, Flights};
use super::key::{Has, Key, Sought};
use super::order::Order;
use crate::table::Table;

/// How many expired entries one operation frees at most, so that none takes long.
const EXPIRED_PER_STEP: usize = 32;

/// Why an entry left; in the order of the members of `Cause`.
#[derive(Clone, Copy)]
pub(super) enum Cause {
    Evicted,
    Expired,
    Replaced,
    Removed,
    TooLarge,
}

/// What left, and why.
pub(super) type Gone = Vec<(Key, Entry, Cause)>;

/// One value with what is known of it.
pub(super) struct Entry {
    pub(super) value: Py<PyAny>,
    pub(super) size: f64,
    pub(super) deadline: f64,
    pub(super) used: f64,
    /// Seconds that it took to build.
    cost: f64,
    number: u64,
}

/// What a cache counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) waited: u64,
    pub(super) builds: u64,
    pub(super) evicted: u64,
    pub(super) expired: u64,
    pub(super) refused: u64,
}

/// The state of a cache.
pub(super) struct Kept {
    pub(super) table: Table<Key, Entry>,
    pub(super) flights: Flights,
    /// Of a cost-aware cache; any other goes by the order of use, which the table knows.
    order: Option<Order>,
    deadlines: Deadlines,
    pub(super) maxsize: f64,
    pub(super) max_entries: f64,
    pub(super) ttl: f64,
    pub(super) idle: f64,
    pub(super) size: f64,
    pub(super) counts: Counts,
    entered: u64,
}

impl Default for Kept {
    fn default() -> Self {
        let endless = f64::INFINITY;
        Self::new(endless, endless, endless, endless, false)
    }
}

impl Has<Key, Entry> for Kept {
    fn table(&mut self) -> &mut Table<Key, Entry> {
        &mut self.table
    }
}

impl Has<Key, Flight> for Kept {
    fn table(&mut self) -> &mut Table<Key, Flight> {
        &mut self.flights.table
    }
}

impl Entry {
    pub(super) fn new(value: Py<PyAny>, size: f64, cost: f64, deadline: f64, used: f64) -> Self {
        Self { value, size, deadline, used, cost, number: 0 }
    }

    fn over_at(&self, idle: f64) -> f64 {
        self.deadline.min(self.used + idle)
    }
}

impl Kept {
    pub(super) fn new(maxsize: f64, max_entries: f64, ttl: f64, idle: f64, cost_aware: bool) -> Self {
        let (table, flights, deadlines) = (Table::default(), Flights::default(), Deadlines::default());
        let (order, counts) = (cost_aware.then(Order::default), Counts::default());
        Self {
            table,
            flights,
            order,
            deadlines,
            maxsize,
            max_entries,
            ttl,
            idle,
            size: 0.0,
            counts,
            entered: 0,
        }
    }

    /// The value at a place, unless it is over.
    #[inline]
    pub(super) fn peek(&self, at: usize, now: f64) -> Option<&Py<PyAny>> {
        let (_, entry) = self.table.get(at)?;
        (entry.over_at(self.idle) > now).then_some(&entry.value)
    }

    /// The value at a place, unless it is over; this is a use.
    #[inline]
    pub(super) fn used(&mut self, at: usize, now: f64) -> Option<&Py<PyAny>> {
        self.peek(at, now)?;
        let entry = match &mut self.order {
            None => self.table.used(at)?,
            Some(order) => {
                order.touch(at);
                self.table.get_mut(at)?
            }
        };
        entry.used = now;
        Some(&entry.value)
    }

    /// Puts an entry in, in the place of `old` if there is one.
    pub(super) fn insert(
        &mut self,
        key: &Sought<'_, '_>,
        old: Option<usize>,
        mut entry: Entry,
        gone: &mut Gone,
    ) {
        let now = entry.used;
        if let Some(at) = old {
            let cause = if self.peek(at, now).is_some() { Cause::Replaced } else { Cause::Expired };
            self.counts.expired += u64::from(matches!(cause, Cause::Expired));
            self.leave(at, cause, gone);
        }
        self.expire(now, EXPIRED_PER_STEP, gone);
        if entry.size > self.maxsize {
            self.counts.refused += 1;
            gone.push((key.keep(), entry, Cause::TooLarge));
            return;
        }
        let deadline = entry.over_at(self.idle);
        if deadline <= now {
            self.counts.expired += 1;
            gone.push((key.keep(), entry, Cause::Expired));
            return;
        }
        // What is over makes room before what is not.
        while self.is_full(entry.size) {
            if self.expire(now, 1, gone) > 0 {
                continue;
            }
            let Some(at) = self.first() else { break };
            self.counts.evicted += 1;
            self.leave(at, Cause::Evicted, gone);
        }
        self.entered += 1;
        entry.number = self.entered;
        self.size += entry.size;
        let (number, cost) = (entry.number, Cost::of_size(entry.cost, entry.size));
        let at = self.table.insert(key.hash, key.keep(), entry);
        if let Some(order) = &mut self.order {
            order.add(at, key.hash, cost);
        }
        self.deadlines.add(deadline, at, number);
    }

    /// Who goes first; it is expected to go.
    pub(super) fn first(&mut self) -> Option<usize> {
        match &mut self.order {
            None => self.table.oldest(),
            Some(order) => order.first(),
        }
    }

    /// Takes out what is over, as much as may go at once; how many went.
    pub(super) fn expire(&mut self, now: f64, most: usize, gone: &mut Gone) -> usize {
        for went in 0..most {
            let (table, idle) = (&self.table, self.idle);
            let over =
                self.deadlines.over(now, |at, number| Some(standing(table, at, number)?.over_at(idle)));
            let Some(at) = over else { return went };
            self.counts.expired += 1;
            self.leave(at, Cause::Expired, gone);
        }
        most
    }

    /// After each use: frees a few of those that are over.
    #[inline]
    pub(super) fn expire_some(&mut self, now: f64, gone: &mut Gone) {
        if self.deadlines.any_over(now) {
            self.expire(now, EXPIRED_PER_STEP, gone);
        }
    }

    /// Takes an entry out.
    pub(super) fn leave(&mut self, at: usize, cause: Cause, gone: &mut Gone) {
        let Some((key, entry)) = self.table.remove(at) else { return };
        let (table, count) = (&self.table, self.table.len());
        // A sum of fractions forgets: an empty cache has size 0 exactly.
        self.size = if count == 0 { 0.0 } else { self.size - entry.size };
        self.deadlines.forget_all_but(count, |at, number| standing(table, at, number).is_some());
        if let Some(order) = &mut self.order {
            order.remove(at);
        }
        gone.push((key, entry, cause));
    }

    /// Takes everything out, flights too: they reach who waits for them, and are not kept.
    pub(super) fn clear(&mut self, gone: &mut Gone) -> Table<Key, Flight> {
        while let Some(at) = self.table.oldest() {
            self.leave(at, Cause::Removed, gone);
        }
        self.flights.take()
    }

    /// How many deadlines are noted, those of entries that left included.
    pub(super) fn deadlines(&self) -> usize {
        self.deadlines.len()
    }

    #[expect(clippy::cast_precision_loss, reason = "a table of 2^53 entries fits nowhere")]
    fn is_full(&self, more: f64) -> bool {
        self.table.len() as f64 >= self.max_entries || self.size + more > self.maxsize
    }
}

/// The entry at a place, if it is still that one.
fn standing(table: &Table<Key, Entry>, at: usize, number: u64) -> Option<&Entry> {
    table.get(at).map(|(_, entry)| entry).filter(|entry| entry.number == number)
}
