//! What a client of a weak table holds: a counted reference whose last drop takes the entry out of its table.
//!
//! Promises: 1. cloning costs one atomic addition; 2. the entry goes first, then the object, outside all locks.
//! Refuses: mutable access; the object is shared.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// A shared object of a [`WeakValueCache`](crate::WeakValueCache) or a [`Flyweight`](crate::Flyweight).
///
/// It is used like an `Arc<V>`: `Deref` to the object, `Clone` for another holder. Equality is that of the objects;
/// whether two are the *same* object is told by [`Held::is_same`].
///
/// ```
/// let cache = heirloom_reuse::WeakValueCache::new();
/// let one = cache.get_or_insert_with("a", || vec![1]);
/// let two = cache.get("a").expect("`one` holds it");
/// assert!(one.is_same(&two) && one[0] == 1);
/// assert_eq!((*one.key(), one.holders()), ("a", 2));
/// ```
pub struct Held<K, V>(pub(super) Arc<Guest<(K, V)>>);

/// One object of a weak table, with the way back to its entry.
pub(super) struct Guest<T> {
    pub(super) content: T,
    pub(super) uses: AtomicU64,
    /// Where to sign out; `None` for an object that was never entered.
    pub(super) door: Option<(Weak<dyn SignOut>, Place)>,
}

/// Where an entry stands in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) hash: u64,
    /// Tells an entry from an earlier one of the same key.
    pub(super) number: u64,
}

/// A table that its guests sign out of.
pub(super) trait SignOut: Send + Sync {
    fn sign_out(&self, place: Place);
}

impl<T> Drop for Guest<T> {
    fn drop(&mut self) {
        if let Some((table, place)) = &self.door
            && let Some(table) = table.upgrade()
        {
            table.sign_out(*place);
        }
    }
}

impl<K, V> Held<K, V> {
    /// The key of the object.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// assert_eq!(*cache.get_or_insert_with("a", || 1).key(), "a");
    /// ```
    pub fn key(&self) -> &K {
        &self.0.content.0
    }

    /// Whether both are one object.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let (one, other) = (cache.get_or_insert_with("a", || 1), cache.get_or_insert_with("b", || 1));
    /// assert!(one == other && !one.is_same(&other)); // equal, and yet two
    /// ```
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many hold the object at this moment, this one included.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let one = cache.get_or_insert_with("a", || 1);
    /// let _other = one.clone();
    /// assert_eq!(one.holders(), 2);
    /// ```
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// How often the object was asked for, the first time included.
    ///
    /// ```
    /// let cache = heirloom_reuse::WeakValueCache::new();
    /// let one = cache.get_or_insert_with("a", || 1);
    /// assert_eq!(cache.get("a").map(|again| again.uses()), Some(2));
    /// # drop(one);
    /// ```
    pub fn uses(&self) -> u64 {
        self.0.uses.load(Ordering::Relaxed)
    }
}

impl<K, V> Clone for Held<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Deref for Held<K, V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.0.content.1
    }
}

impl<K, V> AsRef<V> for Held<K, V> {
    fn as_ref(&self) -> &V {
        self
    }
}

impl<K, V: PartialEq> PartialEq for Held<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || **self == **other
    }
}

impl<K, V: Eq> Eq for Held<K, V> {}

impl<K, V: Hash> Hash for Held<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<K, V: fmt::Debug> fmt::Debug for Held<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<K, V: fmt::Display> fmt::Display for Held<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
