//! The policy: ranks objects by age, uses and density, and remembers those that went.
//!
//! Promises: 1. a rank is the bits of a positive `f64`, which order as the number does; 2. by ageing only, with equal
//! costs, the order of ranks and then of moments is that of the last use. Refuses: keeping the order; the caller has a
//! heap of its own.

use crate::ghosts::Ghosts;
use crate::learned::{FirstUse, Spread};
use crate::standing::{Cost, Standing};

/// Moments after which a use counts half, for each resident object.
const HALF_LIFE_PER_OBJECT: f64 = 64.0;
/// What evicted objects are remembered, for each resident one.
const GHOSTS_PER_OBJECT: usize = 8;
/// Added to the number of residents, so that a cache of few large objects remembers as well.
const FEW: usize = 64;

/// What a cache asks which object goes first.
///
/// A *moment* is a number that grows with each use; a *name* is a hash of the key, the same when the object comes back;
/// `residents` is how many objects the cache holds. An object is ranked when it comes in and, if it was used since, when
/// it is about to go, with the age that evictions had reached at its last use.
///
/// ```
/// use heirloom_policy::{Cost, Policy};
///
/// let mut policy = Policy::default();
/// let (dear, cheap) = (Cost::new(60.0, 1_000), Cost::new(0.1, 1_000));
/// let (one, other) = (policy.enter(1, dear, 1, 0), policy.enter(2, cheap, 2, 1));
/// let (stays, goes) = (policy.rank(one, dear, 0), policy.rank(other, cheap, 0));
/// assert!(goes < stays);
/// policy.leave(2, other, cheap, 1);       // and the age of the cache is `goes` from now on
///
/// let back = policy.enter(2, cheap, 3, 1);
/// let mut fresh = policy.enter(3, cheap, 3, 1);
/// assert!(policy.rank(back, cheap, goes) > policy.rank(fresh, cheap, goes), "its first use still counts");
/// policy.used(&mut fresh, 5, 4, 2);
/// assert!(policy.rank(fresh, cheap, goes) > policy.rank(back, cheap, goes));
/// ```
#[derive(Debug, Default)]
pub struct Policy {
    ghosts: Ghosts,
    first_use: FirstUse,
    spread: Spread,
    ageing_only: bool,
}

impl Policy {
    /// A policy for which uses do not count, nor what was before: with equal costs it is least recently used first.
    #[must_use]
    pub fn ageing_only() -> Self {
        Self { ageing_only: true, ..Self::default() }
    }

    /// An object comes in, which is its first use, or the first since it left.
    pub fn enter(&mut self, name: u64, cost: Cost, moment: u64, residents: usize) -> Standing {
        let size = size(residents);
        self.spread.add(cost, size);
        let before = self.ghosts.recall(name).map_or(0.0, |ghost| {
            if self.ghosts.since(&ghost) <= (residents + FEW) as u64 {
                self.first_use.came_back(ghost.standing, cost, size);
            }
            ghost.standing.faded(moment, HALF_LIFE_PER_OBJECT * size)
        });
        Standing { times: 1.0 + before, moment }
    }

    /// An object was used so many times more, the last of them at `moment`.
    #[expect(clippy::cast_precision_loss, reason = "a count of uses is an estimate")]
    pub fn used(&self, standing: &mut Standing, times: u64, moment: u64, residents: usize) {
        let before = standing.faded(moment, HALF_LIFE_PER_OBJECT * size(residents));
        *standing = Standing { times: before + times as f64, moment };
    }

    /// The rank of an object; the lowest goes first, of equal ones the longest unused. `age` is the highest rank that
    /// had been evicted when the object was last used, 0 at the beginning.
    pub fn rank(&self, standing: Standing, cost: Cost, age: u64) -> u64 {
        let uses = if self.ageing_only {
            1.0
        } else {
            let more = (standing.times - 1.0).max(0.0);
            more.powf(self.spread.power_of_uses()) + self.first_use.counts()
        };
        (f64::from_bits(age) + uses * cost.density().powi(2)).to_bits()
    }

    /// An object is evicted; `residents` are left.
    pub fn leave(&mut self, name: u64, standing: Standing, cost: Cost, residents: usize) {
        self.first_use.went(standing, cost, size(residents));
        self.ghosts.remember(name, standing, GHOSTS_PER_OBJECT * (residents + FEW));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size is an estimate")]
fn size(residents: usize) -> f64 {
    (residents + FEW) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stranger that is never used again goes before one that was used twice, however recent it is.
    #[test]
    fn a_scan_passes_by() {
        let (mut policy, cost) = (Policy::default(), Cost::new(1.0, 10));
        let mut known = policy.enter(0, cost, 0, 0);
        policy.used(&mut known, 1, 1, 1);
        let (kept, mut age) = (policy.rank(known, cost, 0), 0);
        for stranger in 1..8 {
            let standing = policy.enter(stranger, cost, stranger + 1, 1);
            let rank = policy.rank(standing, cost, age);
            assert!(rank < kept, "stranger {stranger}");
            policy.leave(stranger, standing, cost, 1);
            age = rank;
        }
    }

    #[test]
    fn only_one_that_comes_back_soon_moves_what_a_first_use_is_worth() {
        let cost = Cost::new(1.0, 10);
        let moved = |others: u64| {
            let mut policy = Policy::default();
            for name in 0..=others {
                let standing = policy.enter(name, cost, name, 1);
                policy.leave(name, standing, cost, 1);
            }
            let before = policy.first_use.counts();
            policy.enter(0, cost, others + 1, 1);
            policy.first_use.counts() > before
        };
        assert_eq!([0, 60, 80, 400].map(moved), [true, true, false, false]);
    }

    #[test]
    fn what_left_is_known_by_its_uses_which_count_half_after_a_half_life() {
        let (mut policy, cost) = (Policy::default(), Cost::new(1.0, 10));
        let mut standing = policy.enter(7, cost, 0, 0);
        policy.used(&mut standing, 7, 0, 1);
        policy.leave(7, standing, cost, 0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number")]
        let half_life = (HALF_LIFE_PER_OBJECT * size(0)) as u64;
        assert_eq!(policy.enter(7, cost, half_life, 0), Standing { times: 1.0 + 4.0, moment: half_life });
    }

    #[test]
    fn what_leaves_tells_how_common_its_kind_is() {
        let cost = Cost::new(1.0, 10);
        let moved = |went: u64| {
            let mut policy = Policy::default();
            for name in 0..went {
                let standing = policy.enter(name, cost, name, 1);
                policy.leave(name, standing, cost, 1);
            }
            let (before, last) = (policy.first_use.counts(), went - 1);
            policy.enter(last, cost, went, 1);
            policy.first_use.counts() / before
        };
        assert!(moved(1_000) < moved(1), "a first use is common by then, so one that comes back tells less");
    }

    #[test]
    fn by_ageing_only_the_rank_tells_nothing_but_age_and_cost() {
        let (mut policy, cost) = (Policy::ageing_only(), Cost::new(1.0, 10));
        let (mut often, once) = (policy.enter(1, cost, 1, 0), policy.enter(2, cost, 2, 1));
        policy.used(&mut often, 100, 3, 2);
        assert_eq!(policy.rank(often, cost, 0), policy.rank(once, cost, 0));
        assert!(policy.rank(once, cost, 1.0_f64.to_bits()) > policy.rank(often, cost, 0));
        assert!(policy.rank(once, Cost::new(2.0, 10), 0) > policy.rank(often, cost, 0));
    }
}
