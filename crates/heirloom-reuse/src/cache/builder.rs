//! The settings of a cache.
//!
//! Promises: a setting that cannot work is refused by `build` with one sentence. Refuses: deciding anything else; the
//! table does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::memory_cache::{Cache, Settings};
use super::table::{Cause, ENTRIES_MAX, Limits};
use crate::clock::{Clock, SystemClock};
use crate::error::InvalidSetting;

/// The settings of a [`Cache`]; from [`Cache::builder`]. What is not set does not limit.
///
/// ```
/// use std::time::Duration;
/// use heirloom_reuse::Cache;
///
/// let pages: Cache<String, String> = Cache::builder()
///     .max_entries(10_000)
///     .max_bytes(64 << 20, |url: &String, page: &String| (url.len() + page.len()) as u64)
///     .ttl(Duration::from_hours(1))
///     .idle(Duration::from_mins(10))
///     .on_leave(|url, _page, cause| eprintln!("{url} left: {cause:?}"))
///     .build()?;
/// pages.insert("/".into(), "<h1>Welcome</h1>".into());
/// assert_eq!(pages.weight(), 17);
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
pub struct CacheBuilder<K, V> {
    limits: Limits,
    settings: Settings<K, V>,
}

impl<K, V> Default for CacheBuilder<K, V> {
    fn default() -> Self {
        let limits = Limits { entries: ENTRIES_MAX, bytes: u64::MAX, idle: None, cost_aware: false };
        let clock = Arc::new(SystemClock::default());
        let settings = Settings {
            weigh: None,
            ttl: None,
            expire_after: None,
            on_leave: None,
            clock,
            timed: false,
            cost_aware: false,
        };
        Self { limits, settings }
    }
}

impl<K, V> CacheBuilder<K, V> {
    /// At most this many entries (and never more than 2³² − 2).
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::builder().max_entries(1).build()?;
    /// cache.insert("a", 1);
    /// cache.insert("b", 2);
    /// assert_eq!(cache.len(), 1);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.limits.entries = entries.min(ENTRIES_MAX);
        self
    }

    /// At most this many bytes, by what `weigh` says of each entry. It is called once per entry, outside the lock.
    ///
    /// A value that alone is heavier is handed to its client and not kept ([`Cause::TooLarge`]).
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::builder().max_bytes(8, |_: &u8, text: &&str| text.len() as u64).build()?;
    /// cache.insert(1, "much too long");
    /// assert_eq!((cache.len(), cache.stats().refused), (0, 1));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64, weigh: impl Fn(&K, &V) -> u64 + Send + Sync + 'static) -> Self {
        self.limits.bytes = bytes;
        self.settings.weigh = Some(Box::new(weigh));
        self
    }

    /// An entry expires this long after it was put in.
    ///
    /// ```
    /// use std::time::Duration;
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let cache = heirloom_reuse::Cache::builder().ttl(Duration::from_secs(60)).clock(clock.clone()).build()?;
    /// cache.insert("a", 1);
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(cache.get("a"), None);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn ttl(mut self, time: Duration) -> Self {
        self.settings.ttl = Some(time);
        self
    }

    /// An entry expires when nobody used it for this long.
    ///
    /// ```
    /// use std::time::Duration;
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let cache = heirloom_reuse::Cache::builder().idle(Duration::from_secs(60)).clock(clock.clone()).build()?;
    /// cache.insert("a", 1);
    /// for _ in 0..10 {
    ///     clock.advance(Duration::from_secs(50));
    ///     assert_eq!(cache.get("a"), Some(1)); // used in time each time
    /// }
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.limits.idle = Some(time);
        self
    }

    /// An entry expires as long after it was put in as `time` says of it; `None` sets no limit of its own.
    ///
    /// Where `ttl` or `idle` is set too, the earliest counts. A time of zero means: do not keep this one.
    ///
    /// ```
    /// use std::time::Duration;
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let cache = heirloom_reuse::Cache::builder()
    ///     .expire_after(|_: &&str, seconds: &u64| (*seconds > 0).then(|| Duration::from_secs(*seconds)))
    ///     .clock(clock.clone())
    ///     .build()?;
    /// cache.insert("brief", 5);
    /// cache.insert("for ever", 0);
    /// clock.advance(Duration::from_hours(1));
    /// assert_eq!((cache.get("brief"), cache.get("for ever")), (None, Some(0)));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn expire_after(mut self, time: impl Fn(&K, &V) -> Option<Duration> + Send + Sync + 'static) -> Self {
        self.settings.expire_after = Some(Box::new(time));
        self
    }

    /// Evicts what saves least build time per byte, instead of what was least recently used.
    ///
    /// The build time is measured by [`Cache::get_or_insert_with`] and its sisters, or told by
    /// [`Cache::insert_costing`]; what [`Cache::insert`] puts in counts as built in a nanosecond. The order is
    /// that of the engine's memory tier: GreedyDual (L. Cherkasova, HP Labs 1998) with a memory for what was evicted.
    ///
    /// ```
    /// use std::time::Duration;
    /// let tables = heirloom_reuse::Cache::builder().max_entries(2).cost_aware().build()?;
    /// for (name, seconds) in [("slow", 60), ("fast", 1), ("new", 5)] {
    ///     tables.insert_costing(name, (), Duration::from_secs(seconds));
    /// }
    /// assert!(tables.peek("slow").is_some() && tables.peek("fast").is_none());
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn cost_aware(mut self) -> Self {
        self.limits.cost_aware = true;
        self.settings.cost_aware = true;
        self
    }

    /// Calls `listener` for every entry that left, with the reason, after the operation that made it leave, outside the
    /// lock: it may use the cache.
    ///
    /// Not called for what is still inside when the cache is dropped. When it panics, it is told of the others all the
    /// same, then the panic reaches the caller of that operation; the cache stays sound.
    ///
    /// ```
    /// use heirloom_reuse::Cause;
    /// let (told, hears) = std::sync::mpsc::channel();
    /// let cache = heirloom_reuse::Cache::builder()
    ///     .max_entries(1)
    ///     .on_leave(move |key: &&str, _: &i32, cause| drop(told.send((*key, cause))))
    ///     .build()?;
    /// cache.insert("a", 1);
    /// cache.insert("b", 2);
    /// assert_eq!(hears.recv(), Ok(("a", Cause::Evicted)));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn on_leave(mut self, listener: impl Fn(&K, &V, Cause) + Send + Sync + 'static) -> Self {
        self.settings.on_leave = Some(Box::new(listener));
        self
    }

    /// Asks this clock for the time instead of the machine's.
    ///
    /// ```
    /// use heirloom_reuse::Clock as _;
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let cache = heirloom_reuse::Cache::<u8, u8>::builder().clock(clock.clone()).build()?;
    /// assert_eq!((cache.len(), clock.now()), (0, std::time::Duration::ZERO));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Makes the cache.
    ///
    /// # Errors
    /// A bound or a time of zero.
    ///
    /// ```
    /// let refused = heirloom_reuse::Cache::<u8, u8>::builder().max_entries(0).build();
    /// assert!(refused.unwrap_err().to_string().ends_with("give at least 1"));
    /// ```
    pub fn build(mut self) -> Result<Cache<K, V>, InvalidSetting> {
        let refuse = |sentence: &str| Err(InvalidSetting::new(sentence));
        if self.limits.entries == 0 {
            return refuse("`max_entries` is 0, so nothing could ever be kept; give at least 1");
        }
        if self.limits.bytes == 0 {
            return refuse("`max_bytes` is 0, so nothing could ever be kept; give at least 1");
        }
        if self.settings.ttl == Some(Duration::ZERO) {
            return refuse(
                "`ttl` is 0, so every entry would expire at once; give a longer time or leave it out",
            );
        }
        if self.limits.idle == Some(Duration::ZERO) {
            return refuse(
                "`idle` is 0, so every entry would expire at once; give a longer time or leave it out",
            );
        }
        self.settings.timed =
            self.settings.ttl.is_some() || self.limits.idle.is_some() || self.settings.expire_after.is_some();
        Ok(Cache::with_settings(self.limits, self.settings))
    }
}

impl<K, V> fmt::Debug for CacheBuilder<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}
