//! A function behind a cache: what `functools.lru_cache` is to Python.
//!
//! Promises: the function runs once per key that is kept, however many threads ask. Refuses: deciding what a key is;
//! in Rust `1_u32` and `1_u64` have two types and cannot meet in one cache.

use std::fmt;
use std::hash::Hash;

use super::memory_cache::Cache;
use crate::waiting::never;

/// A function whose results are kept in a [`Cache`].
///
/// ```
/// use heirloom_reuse::{Cache, Memo};
///
/// let lengths = Memo::new(Cache::new(128)?, |word: &&str| word.chars().count());
/// assert_eq!((lengths.call("größe"), lengths.call("größe")), (5, 5));
/// assert_eq!((lengths.cache().stats().hits, lengths.cache().stats().builds), (1, 1));
/// lengths.cache().clear();
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
pub struct Memo<K, V, F> {
    cache: Cache<K, V>,
    function: F,
}

impl<K: Hash + Eq + Clone, V: Clone, F: Fn(&K) -> V> Memo<K, V, F> {
    /// Puts `cache` before `function`, whose argument is the key (a tuple for several).
    ///
    /// ```
    /// use heirloom_reuse::{Cache, Memo};
    /// let add = Memo::new(Cache::new(8)?, |(one, other): &(i32, i32)| one + other);
    /// assert_eq!(add.call((2, 3)), 5);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn new(cache: Cache<K, V>, function: F) -> Self {
        Self { cache, function }
    }

    /// The result for `key`: kept, or made now.
    ///
    /// ```
    /// use heirloom_reuse::{Cache, Memo};
    /// let double = Memo::new(Cache::unbounded(), |number: &i32| 2 * number);
    /// assert_eq!((double.call(4), double.call(4), double.cache().stats().builds), (8, 8, 1));
    /// ```
    pub fn call(&self, key: K) -> V {
        never(self.cache.get_or_build(key, |key| Ok((self.function)(key))))
    }

    /// The cache, for its statistics and to clear it.
    ///
    /// ```
    /// use heirloom_reuse::{Cache, Memo};
    /// let double = Memo::new(Cache::unbounded(), |number: &i32| 2 * number);
    /// double.call(4);
    /// double.cache().clear();
    /// assert!(double.cache().is_empty());
    /// ```
    pub fn cache(&self) -> &Cache<K, V> {
        &self.cache
    }

    /// The function itself, which asks no cache.
    ///
    /// ```
    /// use heirloom_reuse::{Cache, Memo};
    /// let double = Memo::new(Cache::unbounded(), |number: &i32| 2 * number);
    /// assert_eq!(((double.function())(&4), double.cache().len()), (8, 0));
    /// ```
    pub fn function(&self) -> &F {
        &self.function
    }
}

impl<K, V, F> fmt::Debug for Memo<K, V, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Memo").field(&self.cache).finish()
    }
}
