//! The settings of a pool.
//!
//! Promises: a setting that cannot work is refused by `build` with one sentence. Refuses: deciding anything else.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::object_pool::{Pool, Settings};
use super::stock::{Bounds, Lost};
use crate::clock::{Clock, SystemClock};
use crate::error::InvalidSetting;

/// What happens to an object whose client panicked while holding it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterPanic {
    /// It is thrown away: nobody knows in which state the panic left it.
    #[default]
    Discard,
    /// It is reset and returned like any other.
    Return,
}

/// The settings of a [`Pool`]; from [`Pool::builder`] or [`Pool::try_builder`].
///
/// ```
/// use std::time::Duration;
/// use heirloom_reuse::{AfterPanic, Pool};
///
/// let parsers = Pool::builder(|| Vec::<u8>::with_capacity(4096))
///     .max_size(8)
///     .min_warm(2)
///     .idle_time(Duration::from_mins(1))
///     .reset(|parser| parser.clear())
///     .is_valid(|parser| parser.capacity() <= 1 << 20)
///     .after_panic(AfterPanic::Discard)
///     .lost_after(Duration::from_mins(5), |lost| eprintln!("never returned: {lost:?}"))
///     .build()?;
/// assert_eq!(parsers.stats().idle, 2);
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
pub struct PoolBuilder<T> {
    bounds: Bounds,
    settings: Settings<T>,
}

impl<T> PoolBuilder<T> {
    pub(super) fn new<E>(make: impl Fn() -> Result<T, E> + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let bounds = Bounds {
            max_size: usize::MAX,
            max_idle: usize::MAX,
            min_warm: 0,
            idle_time: None,
            lost_after: None,
        };
        let settings = Settings {
            make: Box::new(move || make().map_err(Into::into)),
            reset: None,
            is_valid: None,
            on_lost: None,
            after_panic: AfterPanic::Discard,
            clock: Arc::new(SystemClock::default()),
            timed: false,
        };
        Self { bounds, settings }
    }

    /// At most this many objects, idle and out together. Without it, nobody ever waits.
    #[must_use]
    pub fn max_size(mut self, objects: usize) -> Self {
        self.bounds.max_size = objects;
        self
    }

    /// At most this many idle objects; what comes back beyond that is thrown away.
    #[must_use]
    pub fn max_idle(mut self, objects: usize) -> Self {
        self.bounds.max_idle = objects;
        self
    }

    /// This many objects are made at once, and idle time never brings the pool below them.
    #[must_use]
    pub fn min_warm(mut self, objects: usize) -> Self {
        self.bounds.min_warm = objects;
        self
    }

    /// An object is thrown away when nobody used it for this long.
    #[must_use]
    pub fn idle_time(mut self, time: Duration) -> Self {
        self.bounds.idle_time = Some(time);
        self
    }

    /// Prepares an object for its next client when it comes back. When it panics, the object is thrown away and
    /// counted; the panic does not reach the client.
    #[must_use]
    pub fn reset(mut self, reset: impl Fn(&mut T) + Send + Sync + 'static) -> Self {
        self.settings.reset = Some(Box::new(reset));
        self
    }

    /// Looks at an idle object before it is handed out; one that is no good is thrown away.
    #[must_use]
    pub fn is_valid(mut self, is_valid: impl Fn(&mut T) -> bool + Send + Sync + 'static) -> Self {
        self.settings.is_valid = Some(Box::new(is_valid));
        self
    }

    /// What happens to an object whose client panicked; by default it is thrown away.
    #[must_use]
    pub fn after_panic(mut self, then: AfterPanic) -> Self {
        self.settings.after_panic = then;
        self
    }

    /// An object that is out for longer counts as lost: `tell` is called once and its place is free again. Should it
    /// come back after all, it is dropped.
    ///
    /// It is seen by the next operation, or by a thread that waits; a waiting task alone does not see it.
    #[must_use]
    pub fn lost_after(mut self, time: Duration, tell: impl Fn(Lost) + Send + Sync + 'static) -> Self {
        self.bounds.lost_after = Some(time);
        self.settings.on_lost = Some(Box::new(tell));
        self
    }

    /// Asks this clock for the time instead of the machine's. How long a client waits is always real time.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Makes the pool, and its warm objects.
    ///
    /// # Errors
    /// A size or a time of zero, more warm objects than may be, or a maker that fails while warming up.
    pub fn build(mut self) -> Result<Pool<T>, InvalidSetting> {
        let Bounds { max_size, max_idle, min_warm, idle_time, lost_after } = self.bounds;
        let refuse = |sentence: &str| Err(InvalidSetting::new(sentence));
        if max_size == 0 {
            return refuse("`max_size` is 0, so nothing could ever be acquired; give at least 1");
        }
        if min_warm > max_size.min(max_idle) {
            return refuse("`min_warm` is more than `max_size` or `max_idle` allows; give less");
        }
        if idle_time == Some(Duration::ZERO) {
            return refuse(
                "`idle_time` is 0, so nothing would be reused; give a longer time or leave it out",
            );
        }
        if lost_after == Some(Duration::ZERO) {
            return refuse("`lost_after` is 0, so everything would be lost at once; give a longer time");
        }
        self.settings.timed = idle_time.is_some() || lost_after.is_some();
        Pool::warm(self.bounds, self.settings)
    }
}

impl<T> fmt::Debug for PoolBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}
