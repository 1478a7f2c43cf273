//! Slots by a rank that only ever rises: the expiry queue (rank = deadline) and the cost-aware order.
//!
//! A binary heap that knows where each slot stands. Raising a rank costs nothing when it happens: the heap holds lower
//! bounds, and the true rank is asked for when a slot reaches the top.
//!
//! Promises: 1. `first` gives the slot with the lowest true rank, in amortised logarithmic time; 2. removing a slot
//! takes logarithmic time and leaves nothing behind. Refuses: ranks that fall while a slot is in.

const NONE: u32 = u32::MAX;

/// The slots, the one with the lowest rank on top.
#[derive(Debug)]
pub(super) struct Ladder<R> {
    steps: Vec<(R, u32)>,
    /// Where each slot stands in `steps`.
    places: Vec<u32>,
}

impl<R: Ord + Copy> Ladder<R> {
    pub(super) fn new() -> Self {
        Self { steps: Vec::new(), places: Vec::new() }
    }

    /// Slots on the ladder.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The lower bound on top, with its slot.
    pub(super) fn peek(&self) -> Option<(R, u32)> {
        self.steps.first().copied()
    }

    /// Puts in a slot that is not on the ladder.
    pub(super) fn push(&mut self, rank: R, slot: u32) {
        if slot as usize >= self.places.len() {
            self.places.resize(slot as usize + 1, NONE);
        }
        self.steps.push((rank, slot));
        self.sift_up(self.steps.len() - 1);
    }

    /// Takes a slot off; nothing happens when it is not on the ladder.
    pub(super) fn remove(&mut self, slot: u32) {
        let Some(&at) = self.places.get(slot as usize).filter(|at| **at != NONE) else { return };
        let at = at as usize;
        self.places[slot as usize] = NONE;
        self.steps.swap_remove(at);
        if at < self.steps.len() {
            self.sift_up(at);
            self.sift_down(at);
        }
    }

    /// The slot with the lowest true rank, which stays on the ladder.
    pub(super) fn first(&mut self, mut true_rank: impl FnMut(u32) -> R) -> Option<(R, u32)> {
        loop {
            let (bound, slot) = self.peek()?;
            let rank = true_rank(slot);
            if rank <= bound {
                return Some((bound, slot));
            }
            self.steps[0].0 = rank;
            self.sift_down(0);
        }
    }

    fn sift_up(&mut self, mut at: usize) {
        while at > 0 && self.steps[at].0 < self.steps[(at - 1) / 2].0 {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
        self.note(at);
    }

    fn sift_down(&mut self, mut at: usize) {
        while let Some(left) = self.steps.get(2 * at + 1) {
            let right = self.steps.get(2 * at + 2);
            let lower = if right.is_some_and(|right| right.0 < left.0) { 2 * at + 2 } else { 2 * at + 1 };
            if self.steps[at].0 <= self.steps[lower].0 {
                break;
            }
            self.swap(at, lower);
            at = lower;
        }
        self.note(at);
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.steps.swap(one, other);
        self.note(one);
        self.note(other);
    }

    #[expect(clippy::cast_possible_truncation, reason = "the table holds fewer than 2^32 slots")]
    fn note(&mut self, at: usize) {
        self.places[self.steps[at].1 as usize] = at as u32;
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::btree_map::Entry;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_lowest_true_rank_is_first(steps in prop::collection::vec((0..4_u8, 0..12_u32, 0..50_u32), 0..200)) {
            // By slot: the rank as it is, which the ladder may not know yet.
            let (mut ladder, mut ranks) = (Ladder::new(), BTreeMap::<u32, u32>::new());
            for (what, slot, rank) in steps {
                match what {
                    0 => {
                        if let Entry::Vacant(free) = ranks.entry(slot) {
                            free.insert(rank);
                            ladder.push(rank, slot);
                        }
                    }
                    1 => {
                        ranks.remove(&slot);
                        ladder.remove(slot);
                    }
                    2 => if let Some(known) = ranks.get_mut(&slot) {
                        *known += rank;
                    },
                    _ => {
                        let found = ladder.first(|slot| ranks[&slot]);
                        prop_assert_eq!(found.map(|(rank, _)| rank), ranks.values().min().copied());
                        prop_assert!(found.is_none_or(|(rank, slot)| ranks[&slot] == rank));
                    }
                }
                prop_assert_eq!(ladder.len(), ranks.len());
            }
        }
    }
}
