//! The front table: from native keys straight to the live object, so that a hit does no encoding and no digest.
//!
//! It holds the objects beside the memory tier, by the tier's leave: each entry stands behind a [`Door`] of its slot,
//! and the tier shuts it before it gives the object's bytes back. Promises: 1. a hit takes one look under one shard's
//! lock, counts itself there, and allocates nothing; 2. what was evicted, replaced or forgotten is not served, and not
//! held, from the moment on at which the tier says so; 3. objects and keys are dropped with no lock held. Refuses:
//! keeping an object that the tier does not.

use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use heirloom_core::Timestamp;
use heirloom_core::memory::{Door, Opened, Pulse, Slot, Stamp};

use crate::lookup::Lookup;

const SHARDS: usize = 64;

/// The native keys of one factory. Dropping it lets go of everything.
pub(crate) struct Front<K, V> {
    tables: Arc<Tables<K, V>>,
    hasher: foldhash::fast::RandomState,
}

struct Tables<K, V>([Shard<K, V>; SHARDS]);

/// One line of the processor's cache at least, so that threads in different shards do not disturb each other.
#[repr(align(64))]
struct Shard<K, V>(Mutex<HashTable<Resident<K, V>>>);

/// In one line of the processor's cache, as long as the key is short: a hit waits for memory, and for little else.
#[repr(align(64))]
struct Resident<K, V> {
    key: K,
    value: Arc<V>,
    slot: Arc<Slot>,
    last: Stamp,
    /// Hits that the slot does not know of.
    hits: u32,
    /// Whether its lifetime ends.
    ends: bool,
}

impl<K, V> Front<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(crate) fn new() -> Self {
        let shards = std::array::from_fn(|_| Shard(Mutex::new(HashTable::new())));
        Self { tables: Arc::new(Tables(shards)), hasher: foldhash::fast::RandomState::default() }
    }

    /// A hit: the live object, unless it is gone or its lifetime is over. `now` is asked only where one ends.
    #[inline]
    pub(crate) fn hit(
        &self,
        lookup: &impl Lookup<K>,
        pulse: &Pulse,
        now: impl FnOnce() -> Timestamp,
    ) -> Option<Arc<V>> {
        let hash = self.hash(lookup);
        let mut table = self.tables.shard(hash);
        let resident = table.find_mut(hash, |resident| lookup.matches(&resident.key))?;
        if resident.ends && resident.slot.facts().ends <= now() {
            return None;
        }
        resident.count(pulse.now());
        Some(Arc::clone(&resident.value))
    }

    /// Remembers the object of `key`, which lives in `slot`, as long as the tier holds it.
    pub(crate) fn insert(&self, key: K, slot: &Arc<Slot>, value: Arc<V>) {
        let hash = self.hasher.hash_one(&key);
        let door: Arc<dyn Door> = Arc::<Tables<K, V>>::clone(&self.tables);
        let ends = slot.facts().ends != Timestamp::NEVER;
        let fresh = Resident { key, value, slot: Arc::clone(slot), last: Stamp::default(), hits: 0, ends };
        let mut table = self.tables.shard(hash);
        let Opened::Yes(other) = slot.open(&door, hash) else {
            drop(table);
            drop(fresh);
            return;
        };
        // Another spelling of the key may stand for the same slot: a slot has one entry.
        let twin = table.find_entry(hash, |resident| Arc::ptr_eq(&resident.slot, slot));
        let twin = twin.ok().map(|entry| entry.remove().0);
        let old = table.find_entry(hash, |resident| resident.key == fresh.key);
        let old = old.ok().map(|entry| entry.remove().0);
        table.insert_unique(hash, fresh, |resident| self.hasher.hash_one(&resident.key));
        drop(table);
        for replaced in [twin, old].into_iter().flatten() {
            replaced.hand_over();
        }
        if let Some(other) = other {
            other.shut(slot);
        }
    }

    #[inline]
    fn hash(&self, lookup: &impl Lookup<K>) -> u64 {
        use std::hash::Hasher;
        let mut hasher = self.hasher.build_hasher();
        lookup.hash_key(&mut hasher);
        hasher.finish()
    }
}

impl<K, V> Tables<K, V> {
    #[inline]
    fn shard(&self, hash: u64) -> MutexGuard<'_, HashTable<Resident<K, V>>> {
        // The table uses the low and the topmost bits; these lie between.
        self.0[(hash >> 40) as usize % SHARDS].0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Resident<K, V> {
    #[inline]
    fn count(&mut self, now: Stamp) {
        self.last = now;
        match self.hits.checked_add(1) {
            Some(hits) => self.hits = hits,
            None => self.pass_on(),
        }
    }

    #[cold]
    fn pass_on(&mut self) {
        self.slot.count_hits(u64::from(std::mem::take(&mut self.hits)) + 1, self.last);
    }

    /// Tells the slot of the hits it does not know of, and lets go.
    fn hand_over(self) {
        if self.hits > 0 {
            self.slot.count_hits(u64::from(self.hits), self.last);
        }
    }
}

impl<K: Send + Sync, V: Send + Sync> Door for Tables<K, V> {
    fn passed(&self, slot: &Slot, token: u64) -> (u64, Stamp) {
        let mut table = self.shard(token);
        let found = table.find_mut(token, |resident| std::ptr::eq(&raw const *resident.slot, slot));
        found.map_or_else(Default::default, |resident| {
            (u64::from(std::mem::take(&mut resident.hits)), resident.last)
        })
    }

    fn shut(&self, slot: &Slot, token: u64) {
        let mut table = self.shard(token);
        let found = table.find_entry(token, |resident| std::ptr::eq(&raw const *resident.slot, slot));
        let found = found.ok().map(|entry| entry.remove().0);
        drop(table);
        if let Some(resident) = found {
            resident.hand_over();
        }
    }
}

impl<K, V> Drop for Front<K, V> {
    /// Slots hold their doors; so the tables are emptied here, and not when the last door goes.
    fn drop(&mut self) {
        for shard in &self.tables.0 {
            let table = std::mem::take(&mut *shard.0.lock().unwrap_or_else(PoisonError::into_inner));
            table.into_iter().for_each(Resident::hand_over);
        }
    }
}
