//! The trail itself: the steps of one request in their order.
//!
//! Promises: 1. every step of the road writes exactly one line; 2. a trail can be kept as JSON and read by a later
//! version. Refuses: being required; a memory hit has no trail, because it has nothing to tell.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::reason::Reason;

/// A place on the road.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The live objects of this process.
    Memory,
    /// Somebody in this process is building the same thing.
    Flight,
    /// The store's registry and blobs.
    Disk,
    /// Another process is building the same thing.
    Lease,
    /// The builder itself.
    Build,
    /// Keeping what was built.
    Keep,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The object was there and is served.
    Hit,
    /// The object was served although something differs, for this reason.
    HitAlthough(Reason),
    /// The object was not served from here; each candidate has its reason.
    Miss(Vec<Reason>),
    /// The step was left out.
    Skipped(Reason),
    /// Waited for somebody else's build: nanoseconds.
    Waited(u64),
    /// The builder ran: nanoseconds.
    Built(u64),
    /// The object was kept.
    Kept,
}

impl Outcome {
    /// Why it was not simply a hit, a reason for each candidate.
    fn reasons(&self) -> &[Reason] {
        match self {
            Self::Miss(reasons) => reasons,
            Self::Skipped(reason) | Self::HitAlthough(reason) => std::slice::from_ref(reason),
            Self::Hit | Self::Waited(_) | Self::Built(_) | Self::Kept => &[],
        }
    }
}

/// One line of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where on the road.
    pub tier: Tier,
    /// What it came to.
    pub outcome: Outcome,
}

/// The steps of one request, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trail(Vec<Step>);

impl Trail {
    /// A request that has not taken a step yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes one line.
    pub fn step(&mut self, tier: Tier, outcome: Outcome) {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "heirloom", ?tier, outcome = %outcome, "step");
        self.0.push(Step { tier, outcome });
    }

    /// Goes on with the lines of another.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// All lines, in order.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Every reason for a miss, in order; what a person wants to read first.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        self.0.iter().flat_map(|step| step.outcome.reasons())
    }

    /// The reason that tells most: of the last step that found something and could not serve it as it is, the first.
    ///
    /// A step looks at the entries nearest to the present code first, and at the youngest of those. A step that was
    /// left out tells less, and that an object is not in this process yet tells least.
    pub fn why(&self) -> Option<&Reason> {
        let telling = |reason: &&Reason| !matches!(reason, Reason::NotInMemory);
        let found = |step: &&Step| matches!(step.outcome, Outcome::Miss(_) | Outcome::HitAlthough(_));
        let mut steps = self.0.iter().rev().filter(found);
        steps
            .find_map(|step| step.outcome.reasons().iter().find(telling))
            .or_else(|| self.reasons().filter(telling).last())
            .or_else(|| self.reasons().last())
    }
}

impl fmt::Display for Trail {
    /// One line a step: `disk: miss: dev1 3 → 4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {}", step.tier, step.outcome)?;
        }
        Ok(())
    }
}
