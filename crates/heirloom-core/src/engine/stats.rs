//! What happened so far, in numbers.
//!
//! Promises: hits are exact. Refuses: a clock on the hit path.

use serde::Serialize;

use super::engine_state::Engine;
use super::factory::{Counters, Factory};

/// The counters of one factory in this process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Requests answered from live objects.
    pub memory_hits: u64,
    /// Requests answered by opening a kept object.
    pub disk_hits: u64,
    /// Requests that waited for somebody else's build.
    pub waits: u64,
    /// Builds that succeeded.
    pub builds: u64,
    /// Builds that failed.
    pub errors: u64,
    /// Faults of the store or of a codec; none of them reached a caller.
    pub faults: u64,
    /// Nanoseconds spent building.
    pub build_nanos: u64,
    /// Nanoseconds of building that opening kept objects saved.
    pub saved_nanos: u64,
}

impl Engine {
    /// How many objects of a factory are live in the memory tier.
    pub fn live_objects(&self, factory: &Factory) -> usize {
        self.memory.residents(&factory.tally)
    }

    /// The counters of a factory.
    pub fn stats(&self, factory: &Factory) -> Stats {
        let counters = &factory.counters;
        Stats {
            memory_hits: self.memory.hits(&factory.tally),
            disk_hits: Counters::read(&counters.disk_hits),
            waits: Counters::read(&counters.waits),
            builds: Counters::read(&counters.builds),
            errors: Counters::read(&counters.errors),
            faults: Counters::read(&counters.faults),
            build_nanos: Counters::read(&counters.build_nanos),
            saved_nanos: Counters::read(&counters.saved_nanos),
        }
    }
}
