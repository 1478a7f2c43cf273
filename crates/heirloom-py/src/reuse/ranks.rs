//! Who goes first from a cost-aware cache: GreedyDual-Size-Frequency (L. Cherkasova, HP Labs 1998).
//!
//! The rank of an entry is the age that evictions had reached when it was last used, plus uses times build seconds per unit
//! of size; evicting raises the age to the rank that went. Promises: a use takes constant time: the heap holds lower bounds,
//! and an entry that was used since it was ranked is ranked again when it reaches the top. Refuses: holding entries.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What a rank is made of.
#[derive(Clone, Copy, Default)]
pub(super) struct Worth {
    cost: f64,
    uses: f64,
    age: f64,
    tick: u64,
}

impl Worth {
    pub(super) fn new(cost: f64) -> Self {
        Self { cost, ..Self::default() }
    }
}

/// The order of a cost-aware cache.
#[derive(Default)]
pub(super) struct Ranks {
    age: f64,
    tick: u64,
    heap: BinaryHeap<Ranked>,
}

struct Ranked {
    rank: f64,
    tick: u64,
    at: usize,
    number: u64,
}

impl Ranks {
    /// Notes a use.
    pub(super) fn touch(&mut self, worth: &mut Worth) {
        self.tick += 1;
        (worth.uses, worth.age, worth.tick) = (worth.uses + 1.0, self.age, self.tick);
    }

    /// Takes in an entry that was just touched.
    pub(super) fn add(&mut self, at: usize, number: u64, worth: &Worth, size: f64) {
        self.heap.push(Ranked { rank: rank(worth, size), tick: worth.tick, at, number });
    }

    /// Says who goes first. `entry` gives the worth and the size of what stands at a place, if it is that number.
    pub(super) fn first(&mut self, entry: impl Fn(usize, u64) -> Option<(Worth, f64)>) -> Option<usize> {
        loop {
            let Ranked { rank, tick, at, number } = self.heap.pop()?;
            let Some((worth, size)) = entry(at, number) else { continue };
            if worth.tick == tick {
                self.age = rank;
                return Some(at);
            }
            self.add(at, number, &worth, size);
        }
    }

    /// Clears the places of entries that left, once half the heap is such places.
    pub(super) fn forget_all_but(
        &mut self,
        count: usize,
        entry: impl Fn(usize, u64) -> Option<(Worth, f64)>,
    ) {
        if self.heap.len() > 32 + 2 * count {
            self.heap.retain(|ranked| entry(ranked.at, ranked.number).is_some());
        }
    }
}

fn rank(worth: &Worth, size: f64) -> f64 {
    worth.age + worth.uses * worth.cost.max(1e-9) / size.max(1e-9)
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    /// The greatest goes first: the lowest rank, and of equal ones that used longest ago.
    fn cmp(&self, other: &Self) -> Ordering {
        other.rank.total_cmp(&self.rank).then(other.tick.cmp(&self.tick))
    }
}
