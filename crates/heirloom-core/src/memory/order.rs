//! The eviction order: what saves least build time per byte goes first, and ageing makes everything go in the end.
//!
//! Source: GreedyDual-Size-Frequency, L. Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-
//! Frequency Caching Policy", HP Labs 1998, after P. Cao and S. Irani, 1997. The rank of an object is the age that
//! evictions had reached when it was last touched, plus what it is worth; evicting an object raises the age to its rank.
//! Three things are ours, and measured (`docs/decisions/0007-the-order-of-eviction.md`): what was evicted leaves a
//! ghost, so that its uses still count when it comes back; a use that was never repeated counts a tenth, so that a
//! scan passes by; and build seconds per byte are squared. By ageing only, with equal costs and sizes, it is LRU.
//!
//! Promises: 1. an object comes in only when it fits, in one step with the count of bytes; 2. ranks are brought up
//! to date when an object is about to go, so that a hit costs nothing here; 3. each slot is ranked at most once in
//! one search, however fast it is hit meanwhile. Refuses: dropping objects, because that runs their code.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::ghosts::Ghosts;
use super::slot::{Slot, Uses};
use crate::object::Object;

/// What the first use of an object counts, because most are never used again.
const FIRST_USE: f64 = 0.1;
/// Moments after which a use counts half, for each resident object.
const HALF_LIFE_PER_OBJECT: usize = 16;
/// What evicted objects are remembered, for each resident one.
const GHOSTS_PER_OBJECT: usize = 4;
/// Added to the number of residents, so that a tier of few large objects remembers as well.
const FEW: usize = 64;

/// The heap of resident slots, the first to go on top, and the bytes they hold.
#[derive(Default)]
pub(super) struct Order {
    heap: BinaryHeap<Reverse<Ranked>>,
    used: u64,
    /// Slots in the heap that were emptied elsewhere.
    stale: usize,
    /// Counts the rankings, so that a search knows what it has ranked itself.
    rankings: u64,
    ghosts: Ghosts,
    /// Whether hits do not count for the rank, nor what was before.
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
    /// Its uses up to then, the older the less.
    times: f64,
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
            let before = self.ghosts.recall(&slot.id(), uses.last.moment, self.half_life());
            self.push(Arc::clone(slot), uses, 1.0 + before, bytes);
        }
        true
    }

    /// Takes out the slot that goes first; slots touched since they were ranked are ranked again.
    pub(super) fn pop(&mut self) -> Option<Victim> {
        let begun = self.rankings;
        while let Some(Reverse(top)) = self.heap.pop() {
            let uses = top.slot.uses();
            if top.ranking > begun || top.uses == uses {
                let most = GHOSTS_PER_OBJECT * (self.heap.len() + FEW);
                self.ghosts.remember(&top.slot.id(), top.times, top.uses.last.moment, most);
                return Some(Victim { slot: top.slot, age: top.rank });
            }
            let since = uses.last.moment.saturating_sub(top.uses.last.moment);
            let fresh = uses.hits.saturating_sub(top.uses.hits);
            #[expect(clippy::cast_precision_loss, reason = "a count of uses is an estimate")]
            let times = faded(top.times, since, self.half_life()) + fresh as f64;
            self.push(top.slot, uses, times, top.bytes);
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

    fn push(&mut self, slot: Arc<Slot>, uses: Uses, times: f64, bytes: u64) {
        let rank = self.rank(slot.facts().build_nanos, uses, times, bytes);
        self.rankings += 1;
        self.heap.push(Reverse(Ranked { rank, uses, times, ranking: self.rankings, slot, bytes }));
    }

    #[expect(clippy::cast_precision_loss, reason = "a rank is an estimate; 52 bits are plenty")]
    fn rank(&self, build_nanos: u64, uses: Uses, times: f64, bytes: u64) -> u64 {
        let density = build_nanos.max(1) as f64 / 1e9 / bytes.max(1) as f64;
        let times = if self.ageing_only { 1.0 } else { (times - 1.0).max(0.0) + FIRST_USE };
        (f64::from_bits(uses.last.age) + times * density * density).to_bits()
    }

    /// After how many moments a use counts half; longer, the more objects there are to be used.
    #[expect(clippy::cast_precision_loss, reason = "a time to forget is an estimate")]
    fn half_life(&self) -> f64 {
        (HALF_LIFE_PER_OBJECT * (self.heap.len() + FEW)) as f64
    }
}

/// A count of uses, as it counts so many moments later.
#[expect(clippy::cast_precision_loss, reason = "a count of uses is an estimate")]
pub(super) fn faded(times: f64, moments: u64, half_life: f64) -> f64 {
    times * (-(moments as f64) / half_life).exp2()
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
