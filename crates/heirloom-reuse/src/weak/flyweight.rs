//! The flyweight: objects that share their immutable part by key.
//!
//! Promises: equal keys give the same part, for as long as anybody holds it. Refuses: the parts that differ; they
//! stand beside the shared one in the client's own type.

use std::fmt;
use std::hash::Hash;

use super::guests::WeakStats;
use super::held::Held;
use super::weak_value::WeakValueCache;

/// Makes the shared part of many objects, once per key.
///
/// ```
/// use heirloom_reuse::{Flyweight, Held};
///
/// struct Maker { name: String, terms: String }
/// struct Product { serial: u32, maker: Held<String, Maker> }
///
/// let makers = Flyweight::new(|name: &String| Maker { name: name.clone(), terms: "x".repeat(10_000) });
/// let products: Vec<Product> =
///     (0..100).map(|serial| Product { serial, maker: makers.get("Acme".into()) }).collect();
/// assert_eq!((makers.len(), products[0].maker.holders()), (1, 100));
/// assert!(products[0].maker.is_same(&products[99].maker) && products[99].serial == 99);
/// ```
pub struct Flyweight<K, V> {
    parts: WeakValueCache<K, V>,
    make: Box<dyn Fn(&K) -> V + Send + Sync>,
}

impl<K, V> Flyweight<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// A flyweight whose parts are made by `make`.
    ///
    /// ```
    /// let squares = heirloom_reuse::Flyweight::new(|side: &u32| side * side);
    /// assert_eq!(*squares.get(3), 9);
    /// ```
    pub fn new(make: impl Fn(&K) -> V + Send + Sync + 'static) -> Self {
        Self { parts: WeakValueCache::new(), make: Box::new(make) }
    }

    /// The part of `key`: the one that others hold, or a new one.
    ///
    /// ```
    /// let names = heirloom_reuse::Flyweight::new(|id: &u32| format!("name {id}"));
    /// let (one, other) = (names.get(1), names.get(1));
    /// assert!(one.is_same(&other));
    /// ```
    pub fn get(&self, key: K) -> Held<K, V> {
        self.parts.get_or_build(key, &self.make)
    }

    /// Parts that live.
    ///
    /// ```
    /// let names = heirloom_reuse::Flyweight::new(|id: &u32| format!("name {id}"));
    /// let held = names.get(1);
    /// assert_eq!(names.len(), 1);
    /// drop(held);
    /// assert_eq!(names.len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether no part lives.
    ///
    /// ```
    /// assert!(heirloom_reuse::Flyweight::new(|id: &u32| *id).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What the flyweight has counted.
    ///
    /// ```
    /// let names = heirloom_reuse::Flyweight::new(|id: &u32| format!("name {id}"));
    /// let _held = (names.get(1), names.get(1));
    /// assert_eq!((names.stats().builds, names.stats().hits), (1, 1));
    /// ```
    pub fn stats(&self) -> WeakStats {
        self.parts.stats()
    }
}

impl<K, V> fmt::Debug for Flyweight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flyweight").field(&self.parts).finish()
    }
}
