//! What a cache has counted.
//!
//! Promises: every number is exact, taken under the cache's lock. Refuses: resetting; subtract two readings instead.

/// A cache in numbers, since it was made.
///
/// ```
/// let cache = heirloom_reuse::Cache::new(10)?;
/// cache.insert("a", 1);
/// cache.get("a");
/// cache.get("b");
/// assert_eq!((cache.stats().hits, cache.stats().misses), (1, 1));
/// assert_eq!(cache.stats().hit_rate(), Some(0.5));
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Requests that found their value.
    pub hits: u64,
    /// Requests that did not; those that waited for another's build are among them.
    pub misses: u64,
    /// Misses that waited for another's build instead of building.
    pub waited: u64,
    /// Builds that brought a value.
    pub builds: u64,
    /// Entries that went because there was no room.
    pub evicted: u64,
    /// Entries that went because their time was over.
    pub expired: u64,
    /// Values that were never taken in because they weigh more than the whole cache may.
    pub refused: u64,
    /// Entries now, those that have expired and were not freed yet among them.
    pub entries: usize,
    /// What the entries weigh now, in bytes; 0 for a cache without a weigher.
    pub bytes: u64,
}

impl CacheStats {
    /// Hits among all requests, from 0 to 1; `None` before the first request.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::<u8, u8>::unbounded();
    /// assert_eq!(cache.stats().hit_rate(), None);
    /// cache.get(&1);
    /// assert_eq!(cache.stats().hit_rate(), Some(0.0));
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
    pub fn hit_rate(&self) -> Option<f64> {
        let requests = self.hits + self.misses;
        (requests > 0).then(|| self.hits as f64 / requests as f64)
    }
}
