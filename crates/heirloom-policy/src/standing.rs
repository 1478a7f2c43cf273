//! What one object costs, and how it has been used.
//!
//! Promises: an old use counts less than a new one, by half after each half-life. Refuses: remembering each use.

/// What an object costs: to build again, and to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    seconds: f64,
    size: f64,
}

/// How an object has been used, up to some moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Its uses, the older the less.
    pub(crate) times: f64,
    pub(crate) moment: u64,
}

impl Cost {
    /// The cost of an object that took so many seconds to build and takes so many bytes.
    ///
    /// What takes no time or no room counts as a nanosecond or a byte, so that it has a rank.
    ///
    /// ```
    /// let table = heirloom_policy::Cost::new(2.5, 80_000_000);
    /// assert!(table.density() > heirloom_policy::Cost::new(2.5, 90_000_000).density());
    /// ```
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a worth is an estimate; 52 bits are plenty")]
    pub fn new(build_seconds: f64, bytes: u64) -> Self {
        Self::of_size(build_seconds, bytes.max(1) as f64)
    }

    /// The cost of an object whose size is in units of the caller's own, fractions too.
    ///
    /// Time and size are kept between 10⁻⁹ and 10²⁰, so that infinities and what is no number have a rank.
    #[must_use]
    pub fn of_size(build_seconds: f64, size: f64) -> Self {
        let within = |number: f64| if number.is_nan() { 1e-9 } else { number.clamp(1e-9, 1e20) };
        Self { seconds: within(build_seconds), size: within(size) }
    }

    /// Build seconds that a byte saves at each use.
    pub fn density(self) -> f64 {
        self.seconds / self.size
    }
}

impl Standing {
    /// Whether it was used once only, as far as is known.
    pub(crate) fn is_once(self) -> bool {
        self.times < 1.5
    }

    /// Its uses, as they count at a later moment.
    #[expect(clippy::cast_precision_loss, reason = "a count of uses is an estimate")]
    pub(crate) fn faded(self, moment: u64, half_life: f64) -> f64 {
        self.times * (-(moment.saturating_sub(self.moment) as f64) / half_life).exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_count_half_after_a_half_life() {
        let standing = Standing { times: 8.0, moment: 100 };
        assert!((standing.faded(300, 100.0) - 2.0).abs() < 1e-9);
        assert!((standing.faded(90, 100.0) - 8.0).abs() < 1e-9, "a moment that is over");
    }

    #[test]
    fn what_costs_nothing_still_has_a_density() {
        assert!(Cost::new(0.0, 0).density() > 0.0 && Cost::new(-1.0, u64::MAX).density() > 0.0);
    }

    #[test]
    fn sizes_may_be_fractions_and_nothing_is_out_of_bounds() {
        assert!(Cost::of_size(1.0, 0.25).density() > Cost::of_size(1.0, 0.5).density());
        assert_eq!(Cost::of_size(3.0, 7.0), Cost::new(3.0, 7));
        for odd in [f64::INFINITY, f64::NAN, f64::NEG_INFINITY, f64::MAX, 0.0] {
            for cost in [Cost::of_size(odd, 1.0), Cost::of_size(1.0, odd), Cost::of_size(odd, odd)] {
                assert!(cost.density().powi(2).is_normal(), "{cost:?}");
            }
        }
    }
}
