//! A clock that stands still until a test moves it.
//!
//! Promises: clones show one time, so a test keeps one and the engine another. Refuses: moving by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::{Clock, Timestamp, nanos};

/// A clock that stands still until it is moved.
///
/// ```
/// use std::time::Duration;
/// use heirloom_core::{Clock, testing::FakeClock};
/// let clock = FakeClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().since(before), Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicU64>);

impl FakeClock {
    /// A clock that shows `moment`.
    pub fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(moment.as_nanos())))
    }

    /// Moves it forward.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(nanos(time), Ordering::Relaxed);
    }

    /// Sets it, also to an earlier moment, as an administrator may.
    pub fn set(&self, moment: Timestamp) {
        self.0.store(moment.as_nanos(), Ordering::Relaxed);
    }
}

impl Default for FakeClock {
    /// Shows 2033-05-18T03:33:20Z: later than any file that a test writes, so that no time stamp is in doubt.
    fn default() -> Self {
        Self::at(Timestamp::from_nanos(2_000_000_000_000_000_000))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}
