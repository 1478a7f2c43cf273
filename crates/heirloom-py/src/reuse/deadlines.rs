//! Knows which entry of a cache expires next.
//!
//! Promises: 1. what is over is found in logarithmic time, without looking at the rest; 2. using an entry costs nothing
//! here: the heap holds lower bounds. Refuses: the clock; the caller tells the time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Entries by the time at which they are over.
#[derive(Default)]
pub(super) struct Deadlines(BinaryHeap<Due>);

struct Due {
    time: f64,
    at: usize,
    number: u64,
}

impl Deadlines {
    /// Takes in an entry, unless it never ends.
    pub(super) fn add(&mut self, time: f64, at: usize, number: u64) {
        if time < f64::INFINITY {
            self.0.push(Due { time, at, number });
        }
    }

    /// Whether anything may be over by now.
    #[inline]
    pub(super) fn any_over(&self, now: f64) -> bool {
        self.0.peek().is_some_and(|due| due.time <= now)
    }

    /// Takes out what is over by now. `deadline` says when that entry is over, if it is still there.
    pub(super) fn over(&mut self, now: f64, deadline: impl Fn(usize, u64) -> Option<f64>) -> Option<usize> {
        while self.0.peek().is_some_and(|due| due.time <= now) {
            let Due { at, number, .. } = self.0.pop()?;
            match deadline(at, number) {
                None => {}
                Some(time) if time <= now => return Some(at),
                Some(time) => self.add(time, at, number),
            }
        }
        None
    }

    /// Clears the places of entries that left, once half the heap is such places.
    pub(super) fn forget_all_but(&mut self, count: usize, is_there: impl Fn(usize, u64) -> bool) {
        if self.0.len() > 32 + 2 * count {
            self.0.retain(|due| is_there(due.at, due.number));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// The greatest is over first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.time.total_cmp(&self.time).then(other.number.cmp(&self.number))
    }
}
