//! Ghosts: how evicted objects had been used, so that one that comes back is not taken for a newcomer.
//!
//! Promises: 1. constant time; 2. never more of them than the caller allows, the longest gone leave first. Refuses:
//! exactness; two keys with the same name share a ghost, and an estimate is a little off.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::standing::Standing;

/// What is remembered of one evicted object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ghost {
    pub(crate) standing: Standing,
    /// How many had been evicted before it.
    pub(crate) gone: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ghosts {
    known: HashMap<u64, Ghost, foldhash::fast::FixedState>,
    /// In the order of leaving, each with the number that tells whether it is still meant.
    line: VecDeque<(u64, u64)>,
    /// How many were evicted so far.
    evicted: u64,
}

impl Ghosts {
    /// Remembers an object that leaves; at most so many are remembered.
    pub(crate) fn remember(&mut self, name: u64, standing: Standing, most: usize) {
        let gone = self.evicted;
        self.evicted += 1;
        self.known.insert(name, Ghost { standing, gone });
        self.line.push_back((name, gone));
        while self.line.len() > most {
            let Some((oldest, then)) = self.line.pop_front() else { return };
            if self.known.get(&oldest).is_some_and(|ghost| ghost.gone == then) {
                self.known.remove(&oldest);
            }
        }
    }

    /// What is remembered of an object that comes in, which is no ghost any more.
    pub(crate) fn recall(&mut self, name: u64) -> Option<Ghost> {
        self.known.remove(&name)
    }

    /// How many went since this one did.
    pub(crate) fn since(&self, ghost: &Ghost) -> u64 {
        self.evicted - ghost.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(times: f64) -> Standing {
        Standing { times, moment: 0 }
    }

    #[test]
    fn the_longest_gone_are_forgotten_first() {
        let mut ghosts = Ghosts::default();
        for name in 0..10 {
            ghosts.remember(name, standing(2.0), 4);
        }
        let recalled: Vec<bool> = (0..10).map(|name| ghosts.recall(name).is_some()).collect();
        assert_eq!(recalled, [false, false, false, false, false, false, true, true, true, true]);
    }

    #[test]
    fn one_that_leaves_again_is_remembered_from_then() {
        let mut ghosts = Ghosts::default();
        ghosts.remember(1, standing(2.0), 2);
        ghosts.remember(1, standing(3.0), 2);
        ghosts.remember(2, standing(1.0), 2);
        let ghost = ghosts.recall(1).expect("it left after the first of the two that are remembered");
        assert_eq!((ghost.standing, ghosts.since(&ghost)), (standing(3.0), 2));
        assert!(ghosts.recall(1).is_none(), "recalled once");
    }
}
