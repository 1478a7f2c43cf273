//! The eviction order: what saves least build time per byte goes first, and ageing makes everything go in the end.
//!
//! What an object is worth, and what is remembered of the evicted, is the policy's (`heirloom-policy`); this is its heap.
//!
//! Promises: 1. an object comes in only when it fits, in one step with the count of bytes; 2. ranks are brought up
//! to date when an object is about to go, so that a hit costs nothing here; 3. each slot is ranked at most once in
//! one search, however fast it is hit meanwhile. Refuses: dropping objects, because that runs their code.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use heirloom_policy::{Cost, Policy, Standing};

use super::slot::{Slot, SlotId, Uses};
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
    pub(super) policy: Policy,
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
    standing: Standing,
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
            let cost = cost(slot, bytes);
            let standing = self.policy.enter(name(&slot.id()), cost, uses.last.moment, self.heap.len());
            self.push(Arc::clone(slot), uses, standing, bytes);
        }
        true
    }

    /// Takes out the slot that goes first; slots touched since they were ranked are ranked again.
    pub(super) fn pop(&mut self) -> Option<Victim> {
        let begun = self.rankings;
        while let Some(Reverse(top)) = self.heap.pop() {
            let uses = top.slot.uses();
            if top.ranking > begun || top.uses == uses {
                let cost = cost(&top.slot, top.bytes);
                self.policy.leave(name(&top.slot.id()), top.standing, cost, self.heap.len());
                return Some(Victim { slot: top.slot, age: top.rank });
            }
            let (mut standing, fresh) = (top.standing, uses.hits.saturating_sub(top.uses.hits));
            self.policy.used(&mut standing, fresh, uses.last.moment, self.heap.len());
            self.push(top.slot, uses, standing, top.bytes);
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

    fn push(&mut self, slot: Arc<Slot>, uses: Uses, standing: Standing, bytes: u64) {
        let rank = self.policy.rank(standing, cost(&slot, bytes), uses.last.age);
        self.rankings += 1;
        self.heap.push(Reverse(Ranked { rank, uses, standing, ranking: self.rankings, slot, bytes }));
    }
}

/// What a slot's object costs to build again and to keep.
#[expect(clippy::cast_precision_loss, reason = "a cost is an estimate; 52 bits are plenty")]
fn cost(slot: &Slot, bytes: u64) -> Cost {
    Cost::new(slot.facts().build_nanos as f64 / 1e9, bytes)
}

/// What the policy calls a thing: the beginning of its key's digest, whatever the version.
fn name(id: &SlotId) -> u64 {
    let mut start = [0; 8];
    start.copy_from_slice(&id.0.as_bytes()[..8]);
    u64::from_le_bytes(start)
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
