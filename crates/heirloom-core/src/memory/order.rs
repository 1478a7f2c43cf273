//! The eviction order: what saves least build time per byte goes first, and ageing makes everything go in the end.
//!
//! Source: GreedyDual-Size-Frequency, L. Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-
//! Frequency Caching Policy", HP Labs 1998, after P. Cao and S. Irani, 1997. The rank of an object is the age that
//! evictions had reached when it was last touched, plus its hits times build seconds per byte; evicting an object
//! raises the age to its rank. With equal costs and sizes and hits left out, that is LRU, ties broken by touch.
//!
//! Promises: ranks are brought up to date when an object is about to go, so that a hit costs nothing here.
//! Refuses: the objects themselves; it orders slots.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::slot::Slot;

/// The heap of resident slots, the first to go on top.
#[derive(Default)]
pub(super) struct Order {
    heap: BinaryHeap<Reverse<Ranked>>,
    /// Slots in the heap that were emptied elsewhere.
    stale: usize,
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
    slot: Arc<Slot>,
    bytes: u64,
}

impl Order {
    pub(super) fn push(&mut self, slot: Arc<Slot>, bytes: u64) {
        self.heap.push(Reverse(Ranked::now(slot, bytes)));
    }

    /// Takes out the slot that goes first; slots touched since they were ranked are ranked again.
    pub(super) fn pop(&mut self) -> Option<Victim> {
        while let Some(Reverse(top)) = self.heap.pop() {
            if top.touched == top.slot.touched() {
                return Some(Victim { slot: top.slot, age: top.rank });
            }
            self.heap.push(Reverse(Ranked::now(top.slot, top.bytes)));
        }
        None
    }

    /// Tells that a slot in the heap was emptied; once half the heap is such slots, they are swept out.
    pub(super) fn emptied_one(&mut self) {
        self.stale += 1;
        if self.stale > 32 + self.heap.len() / 2 {
            self.stale = 0;
            self.heap.retain(|Reverse(ranked)| ranked.slot.is_resident());
        }
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }
}

impl Ranked {
    fn now(slot: Arc<Slot>, bytes: u64) -> Self {
        let touched = slot.touched();
        Self { rank: rank(&slot, bytes), touched, slot, bytes }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rank is an estimate; 52 bits are plenty")]
fn rank(slot: &Slot, bytes: u64) -> u64 {
    let seconds = slot.facts().build_nanos.max(1) as f64 / 1e9;
    let uses = (slot.hits() + 1) as f64;
    (f64::from_bits(slot.age()) + uses * seconds / bytes.max(1) as f64).to_bits()
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
