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
    pub fn new(make: impl Fn(&K) -> V + Send + Sync + 'static) -> Self {
        Self { parts: WeakValueCache::new(), make: Box::new(make) }
    }

    /// The part of `key`: the one that others hold, or a new one.
    pub fn get(&self, key: K) -> Held<K, V> {
        self.parts.get_or_build(key, &self.make)
    }

    /// Parts that live.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether no part lives.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What the flyweight has counted.
    pub fn stats(&self) -> WeakStats {
        self.parts.stats()
    }
}

impl<K, V> fmt::Debug for Flyweight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flyweight").field(&self.parts).finish()
    }
}
