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
///
/// ```
/// use heirloom_reuse::{AfterPanic, Pool};
/// let pool = Pool::builder(|| 0).after_panic(AfterPanic::Return).build()?;
/// let client = std::thread::spawn({
///     let pool = pool.clone();
///     move || {
///         let _object = pool.acquire();
///         panic!("while it is held");
///     }
/// });
/// assert!(client.join().is_err());
/// assert_eq!(pool.stats().idle, 1);
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
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
    ///
    /// ```
    /// use std::time::Duration;
    /// let pool = heirloom_reuse::Pool::builder(|| 0).max_size(1).build()?;
    /// let _only = pool.acquire()?;
    /// assert!(pool.acquire_timeout(Duration::ZERO).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn max_size(mut self, objects: usize) -> Self {
        self.bounds.max_size = objects;
        self
    }

    /// At most this many idle objects; what comes back beyond that is thrown away.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(|| 0).max_idle(1).build()?;
    /// drop((pool.acquire()?, pool.acquire()?));
    /// assert_eq!((pool.stats().idle, pool.stats().discarded), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn max_idle(mut self, objects: usize) -> Self {
        self.bounds.max_idle = objects;
        self
    }

    /// This many objects are made at once, and idle time never brings the pool below them.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(|| 0).min_warm(2).build()?;
    /// assert_eq!((pool.stats().made, pool.stats().idle), (2, 2));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn min_warm(mut self, objects: usize) -> Self {
        self.bounds.min_warm = objects;
        self
    }

    /// An object is thrown away when nobody used it for this long.
    ///
    /// ```
    /// use std::time::Duration;
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let pool = heirloom_reuse::Pool::builder(|| 0).idle_time(Duration::from_secs(9)).clock(clock.clone()).build()?;
    /// drop(pool.acquire()?);
    /// clock.advance(Duration::from_secs(9));
    /// assert_eq!((pool.stats().idle, pool.stats().expired), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn idle_time(mut self, time: Duration) -> Self {
        self.bounds.idle_time = Some(time);
        self
    }

    /// Prepares an object for its next client when it comes back. When it panics, the object is thrown away and
    /// counted; the panic does not reach the client.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(String::new).reset(String::clear).build()?;
    /// pool.acquire()?.push_str("ann");
    /// assert_eq!(*pool.acquire()?, "");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reset(mut self, reset: impl Fn(&mut T) + Send + Sync + 'static) -> Self {
        self.settings.reset = Some(Box::new(reset));
        self
    }

    /// Looks at an idle object before it is handed out; one that is no good is thrown away.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(|| 0).is_valid(|used| *used < 2).build()?;
    /// for expected in [1, 2, 1] {
    ///     let mut object = pool.acquire()?;
    ///     *object += 1;
    ///     assert_eq!(*object, expected);
    /// }
    /// assert_eq!((pool.stats().made, pool.stats().invalid), (2, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_valid(mut self, is_valid: impl Fn(&mut T) -> bool + Send + Sync + 'static) -> Self {
        self.settings.is_valid = Some(Box::new(is_valid));
        self
    }

    /// What happens to an object whose client panicked; by default it is thrown away.
    ///
    /// ```
    /// use heirloom_reuse::{AfterPanic, Pool};
    /// let pool = Pool::builder(|| 0).after_panic(AfterPanic::Discard).build()?;
    /// assert_eq!(*pool.acquire()?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn after_panic(mut self, then: AfterPanic) -> Self {
        self.settings.after_panic = then;
        self
    }

    /// An object that is out for longer counts as lost: `tell` is called once and its place is free again. Should it
    /// come back after all, it is dropped.
    ///
    /// It is seen by the next operation, or by a thread that waits; a waiting task alone does not see it.
    ///
    /// ```
    /// use std::time::Duration;
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let pool = heirloom_reuse::Pool::builder(|| 0)
    ///     .max_size(1)
    ///     .lost_after(Duration::from_mins(5), |lost| eprintln!("acquired at {} and gone", lost.acquired_at))
    ///     .clock(clock.clone())
    ///     .build()?;
    /// std::mem::forget(pool.acquire()?);
    /// clock.advance(Duration::from_mins(5));
    /// assert_eq!(*pool.acquire()?, 0); // its place is free again
    /// assert_eq!(pool.stats().lost, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lost_after(mut self, time: Duration, tell: impl Fn(Lost) + Send + Sync + 'static) -> Self {
        self.bounds.lost_after = Some(time);
        self.settings.on_lost = Some(Box::new(tell));
        self
    }

    /// Asks this clock for the time instead of the machine's. How long a client waits is always real time.
    ///
    /// ```
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let pool = heirloom_reuse::Pool::builder(|| 0).clock(clock).build()?;
    /// assert_eq!(*pool.acquire()?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Makes the pool, and its warm objects.
    ///
    /// # Errors
    /// A size or a time of zero, more warm objects than may be, or a maker that fails while warming up.
    ///
    /// ```
    /// let refused = heirloom_reuse::Pool::builder(|| 0).max_size(0).build();
    /// assert!(refused.unwrap_err().to_string().starts_with("`max_size` is 0"));
    /// ```
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
