//! The version vector: one counter per developer, so that two branches can both bump and merge.
//!
//! Part of the fingerprint. Promises: 1. a vector is equal to, dominated by, newer than or concurrent with another,
//! and nothing else; 2. the union of two branches differs from both. Refuses: negative counters, and any order
//! between concurrent vectors.
//!
//! Source: vector clocks, C. Fidge 1988, F. Mattern 1989; the counters here are raised by people, not by events.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A version vector such as `{dev1: 3, dev2: 1}`. A counter that is absent counts as 0.
///
/// ```
/// use heirloom_core::identity::{Standing, VersionVector};
/// let base: VersionVector = [("dev1", 3), ("dev2", 1)].into_iter().collect();
/// let left: VersionVector = [("dev1", 4), ("dev2", 1)].into_iter().collect();
/// let right: VersionVector = [("dev1", 3), ("dev2", 2)].into_iter().collect();
/// assert_eq!(base.standing(&left), Standing::Dominated);
/// assert_eq!(left.standing(&right), Standing::Concurrent);
/// assert_eq!(left.union(&right).to_string(), "{dev1: 4, dev2: 2}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, u64>")]
pub struct VersionVector(BTreeMap<String, u64>);

/// How one vector stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Every counter is the same.
    Equal,
    /// No counter is higher and at least one is lower: the other has seen all of this one's changes, and more.
    Dominated,
    /// No counter is lower and at least one is higher.
    Newer,
    /// Each has a counter that is higher than the other's: they come from two branches.
    Concurrent,
}

impl VersionVector {
    /// How `self` stands to `other`.
    pub fn standing(&self, other: &Self) -> Standing {
        let names = self.0.keys().chain(other.0.keys());
        let (mut lower, mut higher) = (false, false);
        for name in names {
            let (mine, theirs) = (self.counter(name), other.counter(name));
            lower |= mine < theirs;
            higher |= mine > theirs;
        }
        match (lower, higher) {
            (false, false) => Standing::Equal,
            (true, false) => Standing::Dominated,
            (false, true) => Standing::Newer,
            (true, true) => Standing::Concurrent,
        }
    }

    /// The higher of both counters for every developer: what a merge of two branches stands for.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for (name, count) in other.iter() {
            union.set(name, count.max(self.counter(name)));
        }
        union
    }

    /// The counter of one developer; 0 when there is none.
    pub fn counter(&self, developer: &str) -> u64 {
        self.0.get(developer).copied().unwrap_or(0)
    }

    /// Sets the counter of one developer; 0 takes it out, because absent and 0 are the same version.
    pub fn set(&mut self, developer: impl Into<String>, count: u64) {
        let developer = developer.into();
        if count == 0 {
            self.0.remove(&developer);
        } else {
            self.0.insert(developer, count);
        }
    }

    /// All counters, by developer.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// Whether no developer ever raised a counter.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<BTreeMap<String, u64>> for VersionVector {
    /// A counter of 0 that stands by name, as somebody may write it, is the same version as none.
    fn from(counters: BTreeMap<String, u64>) -> Self {
        counters.into_iter().collect()
    }
}

impl<S: Into<String>> FromIterator<(S, u64)> for VersionVector {
    fn from_iter<I: IntoIterator<Item = (S, u64)>>(counters: I) -> Self {
        let mut vector = Self::default();
        for (name, count) in counters {
            vector.set(name, count);
        }
        vector
    }
}

impl fmt::Display for VersionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, count)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}: {count}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &[(&str, u64)], right: &[(&str, u64)], expected: Standing) {
        let vector = |counters: &[(&str, u64)]| counters.iter().copied().collect::<VersionVector>();
        assert_eq!(vector(left).standing(&vector(right)), expected, "{left:?} to {right:?}");
    }

    #[test]
    fn the_four_standings() {
        check(&[], &[], Standing::Equal);
        check(&[("a", 0)], &[], Standing::Equal);
        check(&[("a", 1)], &[("a", 2)], Standing::Dominated);
        check(&[("a", 1)], &[("a", 1), ("b", 1)], Standing::Dominated);
        check(&[("a", 2)], &[("a", 1)], Standing::Newer);
        check(&[("a", 2)], &[("b", 1)], Standing::Concurrent);
        check(&[("a", 4), ("b", 1)], &[("a", 3), ("b", 2)], Standing::Concurrent);
    }

    #[test]
    fn a_merge_dominates_both_branches() {
        let left: VersionVector = [("a", 4), ("b", 1)].into_iter().collect();
        let right: VersionVector = [("a", 3), ("b", 2)].into_iter().collect();
        let merged = left.union(&right);
        assert_eq!(left.standing(&merged), Standing::Dominated);
        assert_eq!(right.standing(&merged), Standing::Dominated);
    }
}
