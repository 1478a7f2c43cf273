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

use super::slot::{Slot, Uses};
use crate::object::Object;

/// The heap of resident slots, the first to go on top, and the bytes they hold.
#[derive(Default)]
pub(super) struct Order {
    heap: BinaryHeap<Reverse<Ranked>>,
    used: u64,
    /// Slots in the heap that were emptied elsewhere.
    stale: usize,
    /// Counts the rankings, so that a search knows what it has ranked itself.
    rankings: u64,
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
    /// How it had been used then.
    uses: Uses,
    /// The number of this ranking.
    ranking: u64,
    slot: Arc<Slot>,
    bytes: u64,
}

impl Order {
    /// Lets the slot hold its object when there is room for it now, or when nothing is to be done; `false` when
    /// others must go first.
    pub(super) fn take_in(&mut self, slot: &Arc<Slot>, object: &Object, budget: u64) -> bool {
        let bytes = object.bytes();
        let Some(sum) = self.used.checked_add(bytes).filter(|sum| *sum <= budget) else { return false };
        if let Some(uses) = slot.reside(object) {
            self.used = sum;
            self.push(Arc::clone(slot), uses, bytes);
        }
        true
    }

    /// Takes out the slot that goes first; slots touched since they were ranked are ranked again.
    pub(super) fn pop(&mut self) -> Option<Victim> {
        let begun = self.rankings;
        while let Some(Reverse(top)) = self.heap.pop() {
            let uses = top.slot.uses();
            if top.ranking > begun || top.uses == uses {
                return Some(Victim { slot: top.slot, age: top.rank });
            }
            self.push(top.slot, uses, top.bytes);
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

    fn push(&mut self, slot: Arc<Slot>, uses: Uses, bytes: u64) {
        let rank = self.rank(slot.facts().build_nanos, uses, bytes);
        self.rankings += 1;
        self.heap.push(Reverse(Ranked { rank, uses, ranking: self.rankings, slot, bytes }));
    }

    #[expect(clippy::cast_precision_loss, reason = "a rank is an estimate; 52 bits are plenty")]
    fn rank(&self, build_nanos: u64, uses: Uses, bytes: u64) -> u64 {
        let seconds = build_nanos.max(1) as f64 / 1e9;
        let times = if self.ageing_only { 1.0 } else { (uses.hits + 1) as f64 };
        (f64::from_bits(uses.last.age) + times * seconds / bytes.max(1) as f64).to_bits()
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.rank, self.uses.last.moment).cmp(&(other.rank, other.uses.last.moment))
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::*;
    use crate::memory::{Entry, Facts};
    use crate::{Digest, Timestamp, identity::Traits};

    fn slot() -> (Arc<Slot>, Object) {
        let facts = Facts {
            created: Timestamp::from_nanos(0),
            build_nanos: 1,
            dependencies: Arc::new([]),
            traits: Traits::new(),
            content: None,
            ends: Timestamp::NEVER,
            built_here: true,
        };
        let (id, object) = ((Digest::of(b"k"), Digest::of(b"f")), Object::new(Arc::new(()), 1));
        let entry = Entry { id, object, facts, tally: Arc::default(), checked: Timestamp::from_nanos(0) };
        Slot::new(entry, Arc::default())
    }

    #[test]
    #[cfg(not(feature = "shuttle"))]
    fn a_slot_that_is_hit_without_pause_is_ranked_once_in_a_search() {
        const SEARCHES: u64 = 2_000;
        let ((slot, object), over) = (slot(), AtomicBool::new(false));
        let mut order = Order::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    slot.count_hit();
                }
            });
            for _ in 0..SEARCHES {
                assert!(order.take_in(&slot, &object, 1));
                let victim = order.pop().unwrap();
                victim.slot.evict();
                order.give_back(1);
            }
            over.store(true, Relaxed);
        });
        assert!(order.rankings <= 2 * SEARCHES, "{} rankings", order.rankings);
    }
}
