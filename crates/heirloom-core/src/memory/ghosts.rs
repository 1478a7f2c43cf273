//! Ghosts: how often evicted objects had been used, so that one that comes back is not taken for a newcomer.
//!
//! Promises: 1. constant time; 2. never more of them than the caller allows, the longest gone leave first. Refuses:
//! exactness; two keys whose digests begin alike share a ghost, and an estimate is a little off.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::order::faded;
use super::slot::SlotId;

#[derive(Default)]
pub(super) struct Ghosts {
    /// Uses, and the moment of the last one; by the beginning of the key's digest, whatever the version.
    known: HashMap<u64, (f64, u64), foldhash::fast::FixedState>,
    /// In the order of leaving, each with the moment that tells whether it is still meant.
    line: VecDeque<(u64, u64)>,
}

impl Ghosts {
    /// Remembers what an object that leaves had been used; at most so many are remembered.
    pub(super) fn remember(&mut self, id: &SlotId, times: f64, moment: u64, most: usize) {
        let name = name(id);
        self.known.insert(name, (times, moment));
        self.line.push_back((name, moment));
        while self.line.len() > most {
            let Some((oldest, then)) = self.line.pop_front() else { return };
            if self.known.get(&oldest).is_some_and(|(_, moment)| *moment == then) {
                self.known.remove(&oldest);
            }
        }
    }

    /// What an object that comes in had been used before, as it counts now; it is no ghost any more.
    pub(super) fn recall(&mut self, id: &SlotId, moment: u64, half_life: f64) -> f64 {
        let ghost = self.known.remove(&name(id));
        ghost.map_or(0.0, |(times, then)| faded(times, moment.saturating_sub(then), half_life))
    }
}

fn name(id: &SlotId) -> u64 {
    let mut start = [0; 8];
    start.copy_from_slice(&id.0.as_bytes()[..8]);
    u64::from_le_bytes(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    fn id(number: u32) -> SlotId {
        (Digest::of(&number.to_le_bytes()), Digest::of(b"built by"))
    }

    #[test]
    fn the_longest_gone_are_forgotten_first() {
        let mut ghosts = Ghosts::default();
        for number in 0..10 {
            ghosts.remember(&id(number), 2.0, u64::from(number), 4);
        }
        let recalled: Vec<bool> = (0..10).map(|number| ghosts.recall(&id(number), 10, 1e9) > 1.0).collect();
        assert_eq!(recalled, [false, false, false, false, false, false, true, true, true, true]);
    }

    #[test]
    fn one_that_leaves_again_is_remembered_from_then() {
        let mut ghosts = Ghosts::default();
        ghosts.remember(&id(1), 2.0, 1, 2);
        ghosts.remember(&id(1), 3.0, 2, 2);
        ghosts.remember(&id(2), 1.0, 3, 2);
        assert!((ghosts.recall(&id(1), 2, 1e9) - 3.0).abs() < 1e-6);
        assert!(ghosts.recall(&id(1), 2, 1e9).abs() < 1e-6, "recalled once");
    }

    #[test]
    fn uses_count_half_after_a_half_life() {
        let mut ghosts = Ghosts::default();
        ghosts.remember(&id(1), 8.0, 100, 1);
        assert!((ghosts.recall(&id(1), 300, 100.0) - 2.0).abs() < 1e-9);
    }
}
