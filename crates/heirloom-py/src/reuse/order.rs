//! Who goes first from a cost-aware cache.
//!
//! What an entry is worth, and what is remembered of the evicted, is decided in `heirloom-policy`, as for the engine's memory
//! tier; this is its heap. Promises: 1. a use costs no more than noting it: the heap holds lower bounds, and an entry that
//! was used since it was ranked is ranked again when it reaches the top; 2. what was taken out clears its places in the heap
//! once half of it is such places. Refuses: holding entries; it orders places of the table.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use heirloom_policy::{Cost, Policy, Standing};

/// Bits of a positive `f64`, which order as the number does; then the number of the use.
type Rank = (u64, u64);

/// The order of a cost-aware cache.
#[derive(Default)]
pub(super) struct Order {
    /// The lowest rank on top, with the number of the entry and its place.
    heap: BinaryHeap<Reverse<(Rank, u64, usize)>>,
    policy: Policy,
    /// The highest rank that was evicted.
    age: u64,
    /// The number of the last use.
    tick: u64,
    /// By place.
    marks: Vec<Option<Mark>>,
    residents: usize,
}

/// How an entry was used.
struct Mark {
    /// The number of the use with which it came in, which no other entry has.
    number: u64,
    /// The hash of its key.
    name: u64,
    cost: Cost,
    /// Its uses up to when it was ranked last.
    standing: Standing,
    /// Its uses since then.
    fresh: u64,
    /// The number of its last use, and the age at that moment.
    used: u64,
    age: u64,
    rank: Rank,
}

impl Order {
    /// Takes in an entry; `name` is the hash of its key.
    pub(super) fn add(&mut self, at: usize, name: u64, cost: Cost) {
        self.tick += 1;
        let (number, age) = (self.tick, self.age);
        let standing = self.policy.enter(name, cost, number, self.residents);
        let rank = (self.policy.rank(standing, cost, age), number);
        if at >= self.marks.len() {
            self.marks.resize_with(at + 1, || None);
        }
        self.marks[at] = Some(Mark { number, name, cost, standing, fresh: 0, used: number, age, rank });
        self.residents += 1;
        self.heap.push(Reverse((rank, number, at)));
    }

    /// Notes a use.
    #[inline]
    pub(super) fn touch(&mut self, at: usize) {
        self.tick += 1;
        if let Some(Some(mark)) = self.marks.get_mut(at) {
            mark.fresh += 1;
            (mark.used, mark.age) = (self.tick, self.age);
        }
    }

    /// Who goes first; it is about to be evicted, and to be removed.
    pub(super) fn first(&mut self) -> Option<usize> {
        let Self { heap, policy, marks, residents, .. } = self;
        loop {
            let mut top = heap.peek_mut()?;
            let Reverse((bound, number, at)) = *top;
            let Some(mark) = marks[at].as_mut().filter(|mark| mark.number == number) else {
                PeekMut::pop(top);
                continue;
            };
            if mark.fresh > 0 {
                policy.used(&mut mark.standing, mark.fresh, mark.used, *residents);
                mark.fresh = 0;
                // A use never makes it go sooner, though older uses fade.
                mark.rank = mark.rank.max((policy.rank(mark.standing, mark.cost, mark.age), mark.used));
            }
            if mark.rank > bound {
                top.0.0 = mark.rank;
                continue;
            }
            PeekMut::pop(top);
            self.age = self.age.max(bound.0);
            policy.leave(mark.name, mark.standing, mark.cost, *residents - 1);
            return Some(at);
        }
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, at: usize) {
        let Self { heap, marks, residents, .. } = self;
        if marks.get_mut(at).and_then(Option::take).is_none() {
            return;
        }
        *residents -= 1;
        if heap.len() > 32 + 2 * *residents {
            heap.retain(|Reverse((_, number, at))| {
                marks[*at].as_ref().is_some_and(|mark| mark.number == *number)
            });
        }
    }
}
