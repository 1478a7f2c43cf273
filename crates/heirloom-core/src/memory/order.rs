//! The eviction order: what saves least build time per byte goes first, and ageing makes everything go in the end.
//!
//! Source: GreedyDual-Size-Frequency, L. Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-
//! Frequency Caching Policy", HP Labs 1998, after P. Cao and S. Irani, 1997. The rank of an object is the age that
//! evictions had reached when it was last touched, plus its uses times build seconds per byte; evicting an object
//! raises the age to its rank. With equal costs and sizes and by ageing only, that is LRU, ties broken by touch.
//!
//! Promises: 1. an object comes in only when it fits, in one step with the count of bytes; 2. ranks are brought up
//! to date when an object is about to go, so that a hit costs nothing here; 3. each slot is ranked at most once in
//! one search, however fast it is hit meanwhile. Refuses: dropping objects, because that runs their code.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::slot::Slot;
use crate::object::Object;

/// The heap of resident slots, the first to go on top, and the bytes they hold.
#[derive(Default)]
pub(super) struct Order {
    heap: BinaryHeap<Reverse<Ranked>>,
    used: u64,
    /// Slots in the heap that were emptied elsewhere.
    stale: usize,
    /// Counts the searches for a victim.
    search: u64,
    /// Whether hits do not count for the rank.
    pub(super) ageing_only: bool,
}

/// What one eviction came to.
pub(super) struct Victim {
    pub(super) slot: Arc<Slot>,
    /// The age that evictions have reached with it, as the bits of a positive `f64`.
    pub(super) age: u64,
}

struct Ranked {
    /// Bits of a positive `f64`, which order as the number does.
    rank: u64,
    touched: u64,
    /// The search in which it was ranked.
    search: u64,
    slot: Arc<Slot>,
    bytes: u64,
}

impl Order {
    /// Lets the slot hold its object when there is room for it now, or when nothing is to be done; `false` when
    /// others must go first.
    pub(super) fn take_in(&mut self, slot: &Arc<Slot>, object: &Object, budget: u64) -> bool {
        let bytes = object.bytes();
        let Some(sum) = self.used.checked_add(bytes).filter(|sum| *sum <= budget) else { return false };
        if slot.reside(object) {
            self.used = sum;
            slot.touch();
            self.push(Arc::clone(slot), bytes);
        }
        true
    }

    /// Takes out the slot that goes first; slots touched since they were ranked are ranked again.
    pub(super) fn pop(&mut self) -> Option<Victim> {
        self.search += 1;
        while let Some(Reverse(top)) = self.heap.pop() {
            if top.search == self.search || top.touched == top.slot.touched() {
                return Some(Victim { slot: top.slot, age: top.rank });
            }
            self.push(top.slot, top.bytes);
        }
        None
    }

    /// Gives back the room of an object that was dropped.
    pub(super) fn give_back(&mut self, bytes: u64) {
        self.used -= bytes;
    }

    /// Bytes held now, those of objects on their way out included.
    pub(super) fn used(&self) -> u64 {
        self.used
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Tells that a slot in the heap was emptied; once half the heap is such slots, they come back to be dropped.
    pub(super) fn emptied_one(&mut self) -> Vec<Arc<Slot>> {
        self.stale += 1;
        if self.stale <= 32 + self.heap.len() / 2 {
            return Vec::new();
        }
        self.stale = 0;
        let all = std::mem::take(&mut self.heap).into_vec();
        let (living, emptied): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|Reverse(ranked)| ranked.slot.is_resident());
        self.heap = living.into();
        emptied.into_iter().map(|Reverse(ranked)| ranked.slot).collect()
    }

    fn push(&mut self, slot: Arc<Slot>, bytes: u64) {
        let (touched, rank) = (slot.touched(), self.rank(&slot, bytes));
        self.heap.push(Reverse(Ranked { rank, touched, search: self.search, slot, bytes }));
    }

    #[expect(clippy::cast_precision_loss, reason = "a rank is an estimate; 52 bits are plenty")]
    fn rank(&self, slot: &Slot, bytes: u64) -> u64 {
        let seconds = slot.facts().build_nanos.max(1) as f64 / 1e9;
        let uses = if self.ageing_only { 1.0 } else { (slot.hits() + 1) as f64 };
        (f64::from_bits(slot.age()) + uses * seconds / bytes.max(1) as f64).to_bits()
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.rank, self.touched).cmp(&(other.rank, other.touched))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}
