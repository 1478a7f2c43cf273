//! In which order entries go: the least recently used first, or what saves least build time per byte.
//!
//! Promises: 1. a use costs no more than noting it; ranks are reckoned when something is about to go; 2. what was evicted
//! leaves a ghost, so that its uses still count when it comes back. Refuses: the entries themselves; it orders slot
//! numbers. What an entry is worth is decided in `heirloom-policy`, as for the engine's memory tier.

use heirloom_policy::{Cost, Policy, Standing};

use super::ladder::Ladder;
use super::recency::Recency;

pub(super) enum Order {
    Recency(Recency),
    Cost(ByCost),
}

/// Bits of a positive `f64`, which order as the number does; then the number of the use.
type Rank = (u64, u64);

pub(super) struct ByCost {
    ladder: Ladder<Rank>,
    policy: Policy,
    /// The highest rank that was evicted.
    age: u64,
    /// The number of the last use.
    tick: u64,
    /// By slot.
    marks: Vec<Option<Mark>>,
}

/// How a slot was used.
struct Mark {
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
    pub(super) fn new(cost_aware: bool) -> Self {
        if cost_aware {
            let marks = Vec::new();
            Self::Cost(ByCost { ladder: Ladder::new(), policy: Policy::default(), age: 0, tick: 0, marks })
        } else {
            Self::Recency(Recency::new())
        }
    }

    /// Puts in a slot that is not in the order; `name` is the hash of its key.
    pub(super) fn push(&mut self, slot: u32, name: u64, cost: Cost) {
        match self {
            Self::Recency(recency) => recency.push(slot),
            Self::Cost(by_cost) => by_cost.push(slot, name, cost),
        }
    }

    /// Notes a use.
    pub(super) fn touch(&mut self, slot: u32) {
        match self {
            Self::Recency(recency) => recency.touch(slot),
            Self::Cost(by_cost) => by_cost.touch(slot),
        }
    }

    /// Takes a slot out.
    pub(super) fn remove(&mut self, slot: u32) {
        match self {
            Self::Recency(recency) => recency.remove(slot),
            Self::Cost(by_cost) => {
                by_cost.ladder.remove(slot);
                by_cost.marks[slot as usize] = None;
            }
        }
    }

    /// The slot that must go first; it is about to be evicted, and to be removed.
    pub(super) fn victim(&mut self) -> Option<u32> {
        match self {
            Self::Recency(recency) => recency.oldest(),
            Self::Cost(by_cost) => by_cost.victim(),
        }
    }
}

impl ByCost {
    fn push(&mut self, slot: u32, name: u64, cost: Cost) {
        self.tick += 1;
        let standing = self.policy.enter(name, cost, self.tick, self.ladder.len());
        let rank = (self.policy.rank(standing, cost, self.age), self.tick);
        self.ladder.push(rank, slot);
        let at = slot as usize;
        if at >= self.marks.len() {
            self.marks.resize_with(at + 1, || None);
        }
        self.marks[at] = Some(Mark { name, cost, standing, fresh: 0, used: self.tick, age: self.age, rank });
    }

    fn touch(&mut self, slot: u32) {
        self.tick += 1;
        if let Some(mark) = &mut self.marks[slot as usize] {
            mark.fresh += 1;
            (mark.used, mark.age) = (self.tick, self.age);
        }
    }

    fn victim(&mut self) -> Option<u32> {
        let Self { ladder, policy, marks, .. } = self;
        let residents = ladder.len();
        let found = ladder.first(|slot| {
            let Some(mark) = &mut marks[slot as usize] else { return (0, 0) };
            if mark.fresh > 0 {
                policy.used(&mut mark.standing, mark.fresh, mark.used, residents);
                mark.fresh = 0;
                // A use never makes it go sooner, though older uses fade.
                mark.rank = mark.rank.max((policy.rank(mark.standing, mark.cost, mark.age), mark.used));
            }
            mark.rank
        });
        let ((rank, _), slot) = found?;
        self.age = self.age.max(rank);
        if let Some(mark) = &marks[slot as usize] {
            policy.leave(mark.name, mark.standing, mark.cost, residents - 1);
        }
        Some(slot)
    }
}
