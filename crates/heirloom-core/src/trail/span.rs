//! A span of `tracing` around each step of the road, under the name of its tier and the target `heirloom`.
//!
//! Promises: without the feature `tracing` nothing is left of it, not even a byte. Refuses: deciding what is shown;
//! a subscriber does.

use std::fmt::Display;

use super::steps::Tier;

/// While it lives, what happens on this thread belongs to one step.
#[must_use]
pub(crate) struct StepSpan {
    #[cfg(feature = "tracing")]
    _entered: tracing::span::EnteredSpan,
}

impl StepSpan {
    /// Enters the span of a step towards `thing`, which is shown only where somebody listens.
    #[cfg(feature = "tracing")]
    pub(crate) fn enter(tier: Tier, thing: impl Display) -> Self {
        use tracing::debug_span;
        let span = match tier {
            Tier::Memory => debug_span!(target: "heirloom", "memory", %thing),
            Tier::Flight => debug_span!(target: "heirloom", "flight", %thing),
            Tier::Disk => debug_span!(target: "heirloom", "disk", %thing),
            Tier::Lease => debug_span!(target: "heirloom", "lease", %thing),
            Tier::Build => debug_span!(target: "heirloom", "build", %thing),
            Tier::Keep => debug_span!(target: "heirloom", "keep", %thing),
        };
        Self { _entered: span.entered() }
    }

    /// Does nothing.
    #[cfg(not(feature = "tracing"))]
    #[inline]
    pub(crate) fn enter(_: Tier, _: impl Display) -> Self {
        Self {}
    }
}

#[cfg(all(test, not(feature = "tracing")))]
#[test]
fn without_the_feature_nothing_is_left() {
    assert_eq!(size_of::<StepSpan>(), 0);
    assert!(!std::mem::needs_drop::<StepSpan>());
}
