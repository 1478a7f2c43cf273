//! The cache that clients hold: the table behind one lock, with clock, listener and flights around it.
//!
//! Promises: 1. whatever leaves is told to the listener and dropped after the lock is released; 2. a value removed or
//! replaced while it was being built is not overwritten by that build. Refuses: sharding; one order over all entries
//! is worth more here than parallel hits.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::builder::CacheBuilder;
use super::counts::CacheStats;
use super::table::{Cause, Fresh, Left, Limits, Table};
use crate::clock::Clock;
use crate::error::InvalidSetting;
use crate::sync::{Mutex, lock};
use crate::waiting::{Flight, Flights, Home, Looked, fetch, fetch_async, never};

/// A thread-safe cache bounded by entries and by bytes, with expiry and single flight.
///
/// Values are handed out as clones, so expensive ones belong into an [`Arc`]. Keys are compared and values cloned
/// under the lock: their `Eq` and `Clone`, and the destructor of a key, must not use the same cache.
///
/// ```
/// use heirloom_reuse::Cache;
///
/// let squares = Cache::new(2)?;                       // the two most recently used
/// assert_eq!(squares.get_or_insert_with(3, || 9), 9); // built
/// assert_eq!(squares.get(&3), Some(9));               // found
/// squares.insert(4, 16);
/// squares.insert(5, 25);                              // no room for 3 any more
/// assert_eq!(squares.get(&3), None);
/// assert_eq!((squares.len(), squares.stats().evicted), (2, 1));
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
pub struct Cache<K, V> {
    state: Mutex<State<K, V>>,
    settings: Settings<K, V>,
    hasher: foldhash::fast::RandomState,
}

struct State<K, V> {
    table: Table<K, V>,
    flights: Flights<K, V>,
}

type About<K, V, R> = Box<dyn Fn(&K, &V) -> R + Send + Sync>;
type Listener<K, V> = Box<dyn Fn(&K, &V, Cause) + Send + Sync>;

/// What is called from outside the lock.
pub(super) struct Settings<K, V> {
    pub(super) weigh: Option<About<K, V, u64>>,
    pub(super) ttl: Option<Duration>,
    pub(super) expire_after: Option<About<K, V, Option<Duration>>>,
    pub(super) on_leave: Option<Listener<K, V>>,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether anything expires at all; otherwise the clock is never asked.
    pub(super) timed: bool,
    /// Whether the order asks what a build took.
    pub(super) cost_aware: bool,
}

impl<K, V> Cache<K, V> {
    /// A cache of the `max_entries` most recently used values.
    ///
    /// # Errors
    /// `max_entries` is 0.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::new(1)?;
    /// cache.insert("a", 1);
    /// cache.insert("b", 2);
    /// assert_eq!((cache.get("a"), cache.get("b")), (None, Some(2)));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn new(max_entries: usize) -> Result<Self, InvalidSetting> {
        Self::builder().max_entries(max_entries).build()
    }

    /// All settings.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::builder().max_bytes(10, |_: &u8, text: &String| text.len() as u64).build()?;
    /// cache.insert(1, "hello".into());
    /// assert_eq!(cache.weight(), 5);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn builder() -> CacheBuilder<K, V> {
        CacheBuilder::default()
    }

    /// A cache without bounds: it keeps everything until it is removed.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// cache.insert("answer", 42);
    /// assert_eq!(cache.get("answer"), Some(42));
    /// ```
    pub fn unbounded() -> Self {
        Self::builder().build().unwrap_or_else(|_| unreachable!("nothing was set"))
    }

    pub(super) fn with_settings(limits: Limits, settings: Settings<K, V>) -> Self {
        let state = State { table: Table::new(limits), flights: Flights::default() };
        Self { state: Mutex::new(state), settings, hasher: foldhash::fast::RandomState::default() }
    }

    /// Entries whose time is not over.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// cache.insert("a", 1);
    /// assert_eq!(cache.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.stats_now(true).entries
    }

    /// Whether there is no entry whose time is not over.
    ///
    /// ```
    /// assert!(heirloom_reuse::Cache::<u8, u8>::unbounded().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the entries whose time is not over, as weighed; 0 without a weigher.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::builder().max_bytes(100, |_: &u8, page: &Vec<u8>| page.len() as u64).build()?;
    /// cache.insert(1, vec![0; 30]);
    /// assert_eq!(cache.weight(), 30);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn weight(&self) -> u64 {
        self.stats_now(true).bytes
    }

    /// Frees every entry whose time is over; otherwise each operation frees a few.
    ///
    /// ```
    /// use std::time::Duration;
    /// let clock = heirloom_reuse::ManualClock::default();
    /// let cache = heirloom_reuse::Cache::builder().ttl(Duration::from_secs(5)).clock(clock.clone()).build()?;
    /// cache.insert("a", 1);
    /// clock.advance(Duration::from_secs(5));
    /// cache.purge();
    /// assert_eq!((cache.stats().entries, cache.stats().expired), (0, 1));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn purge(&self) {
        self.stats_now(true);
    }

    /// What the cache has counted.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// cache.get_or_insert_with("a", || 1);
    /// cache.get_or_insert_with("a", || 1);
    /// let stats = cache.stats();
    /// assert_eq!((stats.hits, stats.misses, stats.builds), (1, 1, 1));
    /// ```
    pub fn stats(&self) -> CacheStats {
        self.stats_now(false)
    }

    fn stats_now(&self, purged: bool) -> CacheStats {
        let (stats, gone) = self.locked(|state, now, gone| {
            if purged {
                state.table.expire(now, true, gone);
            }
            state.table.counts
        });
        self.tell(&gone);
        stats
    }

    /// Runs `work` under the lock, after a step of expiry; the caller drops what is gone.
    fn locked<R>(
        &self,
        work: impl FnOnce(&mut State<K, V>, Duration, &mut Left<K, V>) -> R,
    ) -> (R, Left<K, V>) {
        let now = if self.settings.timed { self.settings.clock.now() } else { Duration::ZERO };
        let mut gone = Left::nothing();
        let mut state = lock(&self.state);
        state.table.expire(now, false, &mut gone);
        let result = work(&mut state, now, &mut gone);
        drop(state);
        (result, gone)
    }

    /// Tells the listener of each that left; when it panics, the others are told before the panic goes on.
    fn tell(&self, gone: &Left<K, V>) {
        let Some(listener) = &self.settings.on_leave else { return };
        let mut panicked = None;
        for (key, value, cause) in gone.iter() {
            let told = catch_unwind(AssertUnwindSafe(|| listener(key, value, *cause)));
            panicked = panicked.or(told.err());
        }
        if let Some(panic) = panicked {
            resume_unwind(panic);
        }
    }

    /// When a build begins, where that matters.
    fn start(&self) -> Option<Duration> {
        self.settings.cost_aware.then(|| self.settings.clock.now())
    }

    fn cost_since(&self, start: Option<Duration>) -> Duration {
        start.map_or(Duration::ZERO, |start| self.settings.clock.now().saturating_sub(start))
    }

    /// Weighs an entry and reckons when it expires; calls the client's functions.
    fn fresh(&self, key: K, value: V, cost: Duration) -> Fresh<K, V> {
        let bytes = self.settings.weigh.as_ref().map_or(0, |weigh| weigh(&key, &value));
        let own = self.settings.expire_after.as_ref().and_then(|time| time(&key, &value));
        let time = self.settings.ttl.into_iter().chain(own).min();
        let deadline = time.map_or(Duration::MAX, |time| self.settings.clock.now().saturating_add(time));
        Fresh { key, value, bytes, cost: cost.as_secs_f64().max(1e-9), deadline }
    }
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// The value of `key`, if it is there; this counts as a use.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// cache.insert(String::from("a"), 1);
    /// assert_eq!((cache.get("a"), cache.get("b")), (Some(1), None));
    /// ```
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let look = |state: &mut State<K, V>, now| {
            let found = state.table.get(hash, key, now).cloned();
            state.table.count(found.is_some());
            found
        };
        if !self.settings.timed {
            // Nothing can be over, so nothing leaves.
            return look(&mut lock(&self.state), Duration::ZERO);
        }
        let (found, gone) = self.locked(|state, now, _| look(state, now));
        self.tell(&gone);
        found
    }

    /// The value of `key`, if it is there; neither counted nor moved in the order.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::new(2)?;
    /// cache.insert("a", 1);
    /// cache.insert("b", 2);
    /// assert_eq!(cache.peek("a"), Some(1));
    /// cache.insert("c", 3); // `a` is still the least recently used
    /// assert_eq!((cache.peek("a"), cache.stats().hits), (None, 0));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn peek<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let (found, gone) = self.locked(|state, now, _| state.table.peek(hash, key, now).cloned());
        self.tell(&gone);
        found
    }

    /// Puts `value` in and gives back what it replaced. A build of the same key that is under way is not kept.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// assert_eq!(cache.insert("a", 1), None);
    /// assert_eq!(cache.insert("a", 2), Some(1));
    /// ```
    pub fn insert(&self, key: K, value: V) -> Option<V> {
        self.insert_costing(key, value, Duration::ZERO)
    }

    /// Puts in a value that took `cost` to build, which a [cost-aware](CacheBuilder::cost_aware) cache weighs.
    ///
    /// ```
    /// use std::time::Duration;
    /// let cache = heirloom_reuse::Cache::builder().max_entries(1).cost_aware().build()?;
    /// cache.insert_costing("slow", 1, Duration::from_secs(60));
    /// cache.insert_costing("fast", 2, Duration::from_millis(1));
    /// assert_eq!(cache.len(), 1);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn insert_costing(&self, key: K, value: V, cost: Duration) -> Option<V> {
        let hash = self.hasher.hash_one(&key);
        let fresh = self.fresh(key, value, cost);
        let ((), gone) = self.locked(|state, now, gone| {
            state.flights.strike_off(&fresh.key);
            state.table.insert(hash, fresh, now, gone);
        });
        self.tell(&gone);
        gone.value(Cause::Replaced)
    }

    /// Takes an entry out. A build of the same key that is under way is not kept.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// cache.insert("a", 1);
    /// assert_eq!((cache.remove("a"), cache.remove("a")), (Some(1), None));
    /// ```
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let ((), gone) = self.locked(|state, now, gone| {
            state.flights.strike_off(key);
            state.table.remove(hash, key, now, Cause::Removed, gone);
        });
        self.tell(&gone);
        gone.value(Cause::Removed)
    }

    /// Takes everything out; the statistics go on. Builds under way are not kept.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// cache.insert("a", 1);
    /// cache.clear();
    /// assert!(cache.is_empty());
    /// ```
    pub fn clear(&self) {
        let (cleared, gone) = self.locked(|state, now, gone| {
            state.table.expire(now, true, gone);
            state.flights.strike_off_all();
            state.table.clear()
        });
        self.tell(&gone);
        self.tell(&cleared);
    }

    /// The entries of this moment, in no particular order; not counted as uses.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// cache.insert(1, "one");
    /// assert_eq!(cache.iter().collect::<Vec<_>>(), [(1, "one")]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> + use<K, V>
    where
        K: Clone,
    {
        let (entries, gone) = self.locked(|state, now, _| {
            state.table.live(now).map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
        });
        self.tell(&gone);
        entries.into_iter()
    }
}

/// Building what is not there. Of all who ask for the same key at the same time, one builds; when it panics or is
/// cancelled, one of the others does. A builder that asks for its own key again, directly or through others, builds
/// as if there were no cache.
impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// The value of `key`, built by `build` if it is not there.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// assert_eq!(cache.get_or_insert_with("a", || 1), 1);
    /// assert_eq!(cache.get_or_insert_with("a", || unreachable!("it is there")), 1);
    /// ```
    pub fn get_or_insert_with(&self, key: K, build: impl FnOnce() -> V) -> V {
        never(self.try_get_or_insert_with(key, || Ok(build())))
    }

    /// The value of `key`, built by `build` if it is not there.
    ///
    /// # Errors
    /// What `build` says. It is not kept, and those who waited try in turn.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::new(8)?;
    /// let parse = |text: &'static str| cache.try_get_or_insert_with(text, || text.parse::<i32>());
    /// assert_eq!(parse("12"), Ok(12));
    /// assert!(parse("twelve").is_err());
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn try_get_or_insert_with<E>(&self, key: K, build: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        self.get_or_build(key, |_| build())
    }

    pub(super) fn get_or_build<E>(&self, key: K, build: impl FnOnce(&K) -> Result<V, E>) -> Result<V, E> {
        fetch(self, key, |key| {
            let start = self.start();
            let value = build(key)?;
            Ok((value, self.cost_since(start)))
        })
    }

    /// The same for a task on any executor. Dropping the future while it builds hands the build on to one who waits.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::new(8)?;
    /// let value = smol::block_on(cache.get_or_insert_async("key", || async { 42 }));
    /// assert_eq!(value, 42);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub async fn get_or_insert_async<F>(&self, key: K, build: impl FnOnce() -> F) -> V
    where
        F: Future<Output = V>,
    {
        never(self.try_get_or_insert_async(key, || async { Ok(build().await) }).await)
    }

    /// The same for a task whose build may fail.
    ///
    /// # Errors
    /// What `build` says. It is not kept, and those who waited try in turn.
    ///
    /// ```
    /// let cache = heirloom_reuse::Cache::unbounded();
    /// let parsed = smol::block_on(cache.try_get_or_insert_async("12", || async { "12".parse::<i32>() }));
    /// assert_eq!((parsed, cache.get("12")), (Ok(12), Some(12)));
    /// ```
    pub async fn try_get_or_insert_async<E, F>(&self, key: K, build: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let timed = || async {
            let start = self.start();
            let value = build().await?;
            Ok((value, self.cost_since(start)))
        };
        fetch_async(self, key, timed).await
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Home<K> for Cache<K, V> {
    type Built = (V, Duration);
    type Value = V;
    type Left = Left<K, V>;

    fn look(&self, key: &K, first: bool) -> (Looked<V>, Left<K, V>) {
        let hash = self.hasher.hash_one(key);
        self.locked(|state, now, _| {
            let found = state.table.get(hash, key, now).cloned();
            if first {
                state.table.count(found.is_some());
            }
            let looked = found.map_or_else(|| state.flights.join(key), Looked::Found);
            if first && matches!(looked, Looked::Follow(..)) {
                state.table.counts.waited += 1;
            }
            looked
        })
    }

    fn let_go(&self, left: Left<K, V>) {
        self.tell(&left);
    }

    fn land(&self, key: &K, flight: &Flight<V>, (value, cost): (V, Duration)) -> V {
        let hash = self.hasher.hash_one(key);
        let fresh = self.fresh(key.clone(), value.clone(), cost);
        let (unkept, gone) = self.locked(|state, now, gone| {
            state.table.counts.builds += 1;
            if !state.flights.finish(key, flight) {
                return Some(fresh);
            }
            state.table.insert(hash, fresh, now, gone);
            None
        });
        flight.deliver(value.clone());
        self.tell(&gone);
        drop((unkept, gone));
        value
    }

    fn alone(&self, _key: K, (value, _): (V, Duration)) -> V {
        lock(&self.state).table.counts.builds += 1;
        value
    }

    fn abandon(&self, key: &K, flight: &Flight<V>) {
        lock(&self.state).flights.finish(key, flight);
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({:?})", self.stats())
    }
}
