//! The two numbers that the policy learns while it runs: what a first use is worth, and how far costs differ.
//!
//! Source of the first: the idea of ARC, N. Megiddo and D. Modha, "ARC: A Self-Tuning, Low Overhead Replacement
//! Cache", FAST 2003: an evicted object that comes back tells on whose account it should have stayed. Promises: both stay
//! within bounds, whatever comes. Refuses: settings.

use crate::standing::{Cost, Standing};

/// What the first use of an object counts at the beginning, because most are never used again.
const FIRST_USE: f64 = 0.1;
const FIRST_USE_MIN: f64 = 0.003;
const FIRST_USE_MAX: f64 = 1.0;
/// How far one object that comes back moves the logarithm, for a cache of one.
const STEP: f64 = 0.3;
/// The most that a rare kind counts over a common one, and a dear object over a cheap one.
const RARE_MAX: f64 = 20.0;
const DEAR_MAX: f64 = 10.0;
/// Newcomers over which the spread is taken, for each resident.
const SPREAD_OVER: f64 = 4.0;

/// What the first use of an object counts.
#[derive(Debug)]
pub(crate) struct FirstUse {
    log: f64,
    /// The share of objects used once among those evicted lately.
    once: f64,
    /// The density of those evicted lately.
    density: f64,
}

/// How far the logarithms of densities lie apart: mean and variance.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Default for FirstUse {
    fn default() -> Self {
        Self { log: FIRST_USE.ln(), once: 0.5, density: 0.0 }
    }
}

impl FirstUse {
    pub(crate) fn counts(&self) -> f64 {
        self.log.exp()
    }

    /// An object of a cache of `size` was evicted.
    pub(crate) fn went(&mut self, standing: Standing, cost: Cost, size: f64) {
        let once = f64::from(u8::from(standing.is_once()));
        self.once += (once - self.once) / size;
        let share = if self.density > 0.0 { 1.0 / size } else { 1.0 };
        self.density += (cost.density() - self.density) * share;
    }

    /// One came back that had been evicted a short while ago: had its kind been worth more, it would be here.
    pub(crate) fn came_back(&mut self, standing: Standing, cost: Cost, size: f64) {
        let dear = (cost.density() / self.density.max(f64::MIN_POSITIVE)).min(DEAR_MAX);
        let (kind, towards) = if standing.is_once() { (self.once, 1.0) } else { (1.0 - self.once, -1.0) };
        let rare = kind.max(1e-9).recip().min(RARE_MAX);
        let log = self.log + towards * STEP * dear * rare / size;
        self.log = log.clamp(FIRST_USE_MIN.ln(), FIRST_USE_MAX.ln());
    }
}

impl Spread {
    pub(crate) fn add(&mut self, cost: Cost, size: f64) {
        self.count += 1.0;
        let share = self.count.min(SPREAD_OVER * size).recip();
        let off = cost.density().ln() - self.mean;
        self.mean += share * off;
        self.variance = (1.0 - share) * (self.variance + share * off * off);
    }

    /// The power of a count of uses: 2 where all cost alike, 1 where costs span orders of magnitude.
    pub(crate) fn power_of_uses(&self) -> f64 {
        1.0 + (-self.variance.sqrt()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_moves_the_worth_of_a_first_use_within_bounds() {
        let (cost, size) = (Cost::new(1.0, 1), 10.0);
        for (times, bound) in [(1.0, FIRST_USE_MAX), (5.0, FIRST_USE_MIN)] {
            let (mut first, standing) = (FirstUse::default(), Standing { times, moment: 0 });
            first.came_back(standing, cost, size);
            assert_eq!(first.counts() > FIRST_USE, times < 2.0);
            for _ in 0..1_000 {
                first.went(standing, cost, size);
                first.came_back(standing, cost, size);
            }
            assert!((first.counts() - bound).abs() < 1e-9, "{}", first.counts());
        }
    }

    /// How far one that comes back moves the logarithm.
    fn moved(first: &mut FirstUse, times: f64, density: f64, size: f64) -> f64 {
        let before = first.log;
        first.came_back(Standing { times, moment: 0 }, Cost::new(density, 1), size);
        first.log - before
    }

    #[test]
    fn one_that_comes_back_counts_by_how_dear_and_how_rare_it_is() {
        let (mut first, size) = (FirstUse::default(), 1_000.0);
        first.went(Standing { times: 1.0, moment: 0 }, Cost::new(2.0, 1), size);
        let common = moved(&mut first, 1.0, 2.0, size);
        assert!((common - STEP / first.once / size).abs() < 1e-12, "as dear as those that went: {common}");
        assert!((moved(&mut first, 1.0, 8.0, size) - 4.0 * common).abs() < 1e-12, "four times as dear");
        assert!((moved(&mut first, 1.0, 2e9, size) - DEAR_MAX * common).abs() < 1e-12);
        for _ in 0..100_000 {
            first.went(Standing { times: 1.0, moment: 0 }, Cost::new(2.0, 1), size);
        }
        assert!(
            (moved(&mut first, 5.0, 2.0, size) + STEP * RARE_MAX / size).abs() < 1e-12,
            "as rare as can be"
        );
        assert!((moved(&mut first, 1.0, 2.0, size) - STEP / size).abs() < 1e-12, "nearly all that went");
    }

    #[test]
    fn the_power_of_uses_falls_as_costs_differ() {
        let power = |costs: &[f64]| {
            let mut spread = Spread::default();
            costs.iter().cycle().take(1_000).for_each(|cost| spread.add(Cost::new(*cost, 1), 100.0));
            spread.power_of_uses()
        };
        assert!((power(&[3.0]) - 2.0).abs() < 1e-9);
        let (some, wide) = (power(&[1.0, 3.0]), power(&[0.001, 1_000.0]));
        assert!(1.5 < some && some < 1.7, "{some}");
        assert!((1.0..1.01).contains(&wide), "{wide}");
    }
}
