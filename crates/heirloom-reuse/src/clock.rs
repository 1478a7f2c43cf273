//! Time, as a component: what expires asks a [`Clock`], so that tests decide what time it is.
//!
//! Promises: 1. time is monotonic: a change of the wall clock expires nothing; 2. [`SystemClock`] is the only place
//! in the crate that asks the machine. Refuses: sleeping.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Tells the time that has passed since some fixed moment; it never goes back.
///
/// ```
/// use std::time::Duration;
/// use heirloom_reuse::{Cache, Clock};
///
/// /// A clock that stands still.
/// struct Still;
/// impl Clock for Still {
///     fn now(&self) -> Duration {
///         Duration::ZERO
///     }
/// }
///
/// let cache = Cache::builder().ttl(Duration::from_nanos(1)).clock(Still).build()?;
/// cache.insert("a", 1);
/// assert_eq!(cache.get("a"), Some(1));
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
pub trait Clock: Send + Sync {
    /// The time passed since the clock's own beginning.
    ///
    /// ```
    /// use heirloom_reuse::{Clock, SystemClock};
    /// let clock = SystemClock::default();
    /// let before = clock.now();
    /// assert!(clock.now() >= before);
    /// ```
    fn now(&self) -> Duration;
}

/// The machine's monotonic clock.
///
/// ```
/// use heirloom_reuse::{Clock, SystemClock};
/// let clock = SystemClock::default();
/// assert!(clock.now() <= clock.now());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that is turned by hand, for tests. Its clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use heirloom_reuse::{Clock, ManualClock};
/// let clock = ManualClock::default();
/// clock.advance(Duration::from_secs(3));
/// assert_eq!(clock.clone().now(), Duration::from_secs(3));
/// ```
#[derive(Clone, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Lets `time` pass, counted in whole nanoseconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use heirloom_reuse::{Clock, ManualClock};
    /// let clock = ManualClock::default();
    /// clock.advance(Duration::from_millis(2));
    /// clock.advance(Duration::from_millis(3));
    /// assert_eq!(clock.now(), Duration::from_millis(5));
    /// ```
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({:?})", self.now())
    }
}
