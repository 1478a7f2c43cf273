//! The weak-value cache: an entry lives as long as somebody holds its object.
//!
//! Promises: those of `guests` and of single flight. Refuses: bounds; the holders decide how long.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::guests::{Brushed, Guests, WeakStats};
use super::held::{Guest, Held, Place, SignOut};
use crate::sync::{Mutex, lock};
use crate::waiting::{Flight, Flights, Home, Looked, fetch, fetch_async, never};

/// Shares objects by key for as long as somebody holds them.
///
/// Keys are compared, and the clones that single flight makes of them dropped, under the lock: their `Eq` and their
/// destructor must not use the same cache. A clone of the cache is another handle to the same one.
///
/// ```
/// use heirloom_reuse::WeakValueCache;
///
/// let sessions = WeakValueCache::new();
/// let ann = sessions.get_or_insert_with("ann", || String::from("session of Ann"));
/// assert!(sessions.get("ann").is_some_and(|again| again.is_same(&ann)));
/// drop(ann);
/// assert_eq!((sessions.len(), sessions.get("ann")), (0, None));   // it vanished with its last holder
/// ```
pub struct WeakValueCache<K, V> {
    shared: Arc<Shared<K, V>>,
}

struct Shared<K, V> {
    state: Mutex<State<K, V>>,
    hasher: foldhash::fast::RandomState,
}

struct State<K, V> {
    guests: Guests<(K, V)>,
    flights: Flights<K, Held<K, V>>,
}

impl<K: Send + Sync, V: Send + Sync> SignOut for Shared<K, V> {
    fn sign_out(&self, place: Place) {
        lock(&self.state).guests.sign_out(place);
    }
}

impl<K, V> WeakValueCache<K, V> {
    /// An empty cache.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::<u8, String>::new();
    /// assert_eq!(cache.get(&1), None);
    /// ```
    pub fn new() -> Self {
        let state = State { guests: Guests::default(), flights: Flights::default() };
        let hasher = foldhash::fast::RandomState::default();
        Self { shared: Arc::new(Shared { state: Mutex::new(state), hasher }) }
    }

    /// Objects that live.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let held = cache.get_or_insert_with("a", || 1);
    /// assert_eq!(cache.len(), 1);
    /// drop(held);
    /// assert_eq!(cache.len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.stats().live
    }

    /// Whether no object lives.
    ///
    /// ```
    /// assert!(heirloom_reuse::WeakValueCache::<u8, u8>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the cache has counted.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let _held = cache.get_or_insert_with("a", || 1);
    /// cache.get("a");
    /// assert_eq!((cache.stats().misses, cache.stats().hits), (1, 1));
    /// ```
    pub fn stats(&self) -> WeakStats {
        lock(&self.shared.state).guests.stats
    }

    /// The objects that live at this moment, in no particular order.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let _held = cache.get_or_insert_with("a", || 1);
    /// drop(cache.get_or_insert_with("b", || 2));
    /// assert_eq!(cache.iter().map(|held| (*held.key(), *held)).collect::<Vec<_>>(), [("a", 1)]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = Held<K, V>> + use<K, V> {
        let live = lock(&self.shared.state).guests.live();
        live.into_iter().map(Held)
    }
}

impl<K: Hash + Eq, V> WeakValueCache<K, V> {
    /// The object of `key`, if somebody holds it.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let held = cache.get_or_insert_with(String::from("a"), || 1);
    /// assert!(cache.get("a").is_some_and(|again| again.is_same(&held)));
    /// ```
    pub fn get<Q>(&self, key: &Q) -> Option<Held<K, V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.shared.hasher.hash_one(key);
        let mut state = lock(&self.shared.state);
        let (found, brushed) = state.guests.find(hash, |(other, _)| other.borrow() == key);
        match found {
            Some(_) => state.guests.stats.hits += 1,
            None => state.guests.stats.misses += 1,
        }
        drop(state);
        drop(brushed);
        found.map(Held)
    }
}

/// Of all who ask for the same key at the same time, one builds; when it panics or is cancelled, one of the others
/// does. A builder that asks for its own key again builds an object apart, as if there were no cache.
impl<K, V> WeakValueCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// The object of `key`, built by `build` if nobody holds one.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let one = cache.get_or_insert_with("a", || vec![1]);
    /// let other = cache.get_or_insert_with("a", || unreachable!("somebody holds it"));
    /// assert!(one.is_same(&other));
    /// ```
    pub fn get_or_insert_with(&self, key: K, build: impl FnOnce() -> V) -> Held<K, V> {
        never(self.try_get_or_insert_with(key, || Ok(build())))
    }

    /// The object of `key`, built by `build` if nobody holds one.
    ///
    /// # Errors
    /// What `build` says; those who waited try in turn.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let parse = |text: &'static str| cache.try_get_or_insert_with(text, || text.parse::<i32>());
    /// assert_eq!(parse("12").map(|held| *held), Ok(12));
    /// assert!(parse("twelve").is_err());
    /// ```
    pub fn try_get_or_insert_with<E>(
        &self,
        key: K,
        build: impl FnOnce() -> Result<V, E>,
    ) -> Result<Held<K, V>, E> {
        fetch(&self.shared, key, |_| build())
    }

    /// The same for a task on any executor. Dropping the future while it builds hands the build on to one who waits.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// assert_eq!(*smol::block_on(cache.get_or_insert_async("a", || async { 1 })), 1);
    /// ```
    pub async fn get_or_insert_async<F>(&self, key: K, build: impl FnOnce() -> F) -> Held<K, V>
    where
        F: Future<Output = V>,
    {
        never(self.try_get_or_insert_async(key, || async { Ok(build().await) }).await)
    }

    /// The same for a task whose build may fail.
    ///
    /// # Errors
    /// What `build` says; those who waited try in turn.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let parsed = smol::block_on(cache.try_get_or_insert_async("12", || async { "12".parse::<i32>() }));
    /// assert_eq!(parsed.map(|held| *held), Ok(12));
    /// ```
    pub async fn try_get_or_insert_async<E, F>(
        &self,
        key: K,
        build: impl FnOnce() -> F,
    ) -> Result<Held<K, V>, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        fetch_async(&self.shared, key, build).await
    }

    pub(super) fn get_or_build(&self, key: K, build: impl FnOnce(&K) -> V) -> Held<K, V> {
        never(fetch(&self.shared, key, |key| Ok(build(key))))
    }
}

impl<K, V> Home<K> for Arc<Shared<K, V>>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    type Built = V;
    type Value = Held<K, V>;
    type Left = Brushed<(K, V)>;

    fn look(&self, key: &K, first: bool) -> (Looked<Held<K, V>>, Brushed<(K, V)>) {
        let hash = self.hasher.hash_one(key);
        let mut state = lock(&self.state);
        let (found, brushed) = state.guests.find(hash, |(other, _)| other == key);
        let hit = found.is_some();
        let looked = found.map_or_else(|| state.flights.join(key), |guest| Looked::Found(Held(guest)));
        if first {
            let stats = &mut state.guests.stats;
            stats.hits += u64::from(hit);
            stats.misses += u64::from(!hit);
            stats.waited += u64::from(matches!(looked, Looked::Follow(..)));
        }
        drop(state);
        (looked, brushed)
    }

    fn let_go(&self, left: Brushed<(K, V)>) {
        drop(left);
    }

    fn land(&self, key: &K, flight: &Flight<Held<K, V>>, built: V) -> Held<K, V> {
        let hash = self.hasher.hash_one(key);
        let place = lock(&self.state).guests.place(hash);
        let table: Arc<dyn SignOut> = Arc::clone(self) as Arc<dyn SignOut>;
        let door = Some((Arc::downgrade(&table), place));
        let content = (key.clone(), built);
        let held = Held(Arc::new(Guest { content, uses: AtomicU64::new(1), door }));
        let mut state = lock(&self.state);
        state.guests.stats.builds += 1;
        state.flights.finish(key, flight);
        state.guests.enter(place, &held.0);
        drop(state);
        flight.deliver(held.clone());
        held
    }

    fn alone(&self, key: K, built: V) -> Held<K, V> {
        lock(&self.state).guests.stats.builds += 1;
        Held(Arc::new(Guest { content: (key, built), uses: AtomicU64::new(1), door: None }))
    }

    fn abandon(&self, key: &K, flight: &Flight<Held<K, V>>) {
        lock(&self.state).flights.finish(key, flight);
    }
}

impl<K, V> Default for WeakValueCache<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Clone for WeakValueCache<K, V> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K, V> fmt::Debug for WeakValueCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakValueCache({:?})", self.stats())
    }
}
