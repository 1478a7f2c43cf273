//! The table that all weak types share: entries that hold nobody.
//!
//! Promises: 1. entering, finding and signing out take constant time; 2. a guest that is dying is never found, and its
//! late sign-out touches no newer entry of the same key. Refuses: a lock; each owner puts its own around it. Whatever a
//! search had to hold meanwhile comes back to the caller, who drops it outside the lock.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use hashbrown::HashTable;

use super::held::{Guest, Place};

/// A weak table in numbers, since it was made.
///
/// ```
/// let cache = heirloom_reuse::WeakValueCache::new();
/// drop(cache.get_or_insert_with("a", || 1));
/// let stats = cache.stats();
/// assert_eq!((stats.builds, stats.died, stats.live), (1, 1, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WeakStats {
    /// Requests that found a live object.
    pub hits: u64,
    /// Requests that did not.
    pub misses: u64,
    /// Misses that waited for another's build instead of building.
    pub waited: u64,
    /// Objects made.
    pub builds: u64,
    /// Objects that died after their last holder let go.
    pub died: u64,
    /// Objects that live now.
    pub live: usize,
}

pub(super) struct Guests<T> {
    entries: HashTable<(Place, Weak<Guest<T>>)>,
    next: u64,
    pub(super) stats: WeakStats,
}

/// Guests of other keys with the same hash that a search had to hold; to be dropped outside the lock.
pub(super) type Brushed<T> = Vec<Arc<Guest<T>>>;

impl<T> Default for Guests<T> {
    fn default() -> Self {
        Self { entries: HashTable::new(), next: 0, stats: WeakStats::default() }
    }
}

impl<T> Guests<T> {
    /// The live guest that `is_it` knows.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> (Option<Arc<Guest<T>>>, Brushed<T>) {
        let mut brushed = Vec::new();
        for (_, weak) in self.entries.iter_hash(hash).filter(|(place, _)| place.hash == hash) {
            if let Some(guest) = weak.upgrade() {
                if is_it(&guest.content) {
                    // Only whoever has the table's lock counts.
                    guest.uses.store(guest.uses.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    return (Some(guest), brushed);
                }
                brushed.push(guest);
            }
        }
        (None, brushed)
    }

    /// A place for a new guest.
    pub(super) fn place(&mut self, hash: u64) -> Place {
        self.next += 1;
        Place { hash, number: self.next }
    }

    /// Enters a guest that `find` did not find under this same lock.
    pub(super) fn enter(&mut self, place: Place, guest: &Arc<Guest<T>>) {
        self.stats.live += 1;
        self.entries.insert_unique(place.hash, (place, Arc::downgrade(guest)), |(place, _)| place.hash);
    }

    pub(super) fn sign_out(&mut self, place: Place) {
        if let Ok(found) = self.entries.find_entry(place.hash, |(other, _)| *other == place) {
            found.remove();
            self.stats.live -= 1;
            self.stats.died += 1;
        }
    }

    /// All guests that live.
    pub(super) fn live(&self) -> Vec<Arc<Guest<T>>> {
        self.entries.iter().filter_map(|(_, weak)| weak.upgrade()).collect()
    }
}
