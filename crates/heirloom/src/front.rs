//! The front table: from native keys straight to the resident entry, so that a hit does no encoding and no digest.
//!
//! Promises: a hit takes one look under one shard's lock and one under the slot's, and allocates nothing.
//! Refuses: keeping objects alive; the engine empties a slot when it evicts, and a dead slot is swept out here.

use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashTable;
use heirloom_core::Timestamp;
use heirloom_core::memory::Slot;
use heirloom_core::object::Object;

use crate::lookup::Lookup;

const SHARDS: usize = 64;

/// The native keys of one factory.
pub(crate) struct Front<K> {
    shards: Box<[RwLock<Shard<K>>]>,
    hasher: foldhash::fast::RandomState,
}

struct Shard<K> {
    table: HashTable<Resident<K>>,
    /// Insertions since the dead were swept out.
    unswept: usize,
}

struct Resident<K> {
    key: K,
    slot: Arc<Slot>,
    ends: Timestamp,
}

impl<K: Hash + Eq> Front<K> {
    pub(crate) fn new() -> Self {
        let shard = || RwLock::new(Shard { table: HashTable::new(), unswept: 0 });
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher: foldhash::fast::RandomState::default(),
        }
    }

    /// A hit: the live object, unless it is gone or its lifetime is over. `now` is asked only where one ends.
    #[inline]
    pub(crate) fn hit(&self, lookup: &impl Lookup<K>, now: impl FnOnce() -> Timestamp) -> Option<Object> {
        let hash = self.hash(lookup);
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        let resident = shard.table.find(hash, |resident| lookup.matches(&resident.key))?;
        if resident.ends != Timestamp::NEVER && resident.ends <= now() {
            return None;
        }
        resident.slot.hit()
    }

    /// Remembers where the object of `key` lives.
    pub(crate) fn insert(&self, key: K, slot: Arc<Slot>) {
        let hash = self.hash_owned(&key);
        let ends = slot.facts().ends;
        let mut shard = self.shard(hash).write().unwrap_or_else(PoisonError::into_inner);
        shard.unswept += 1;
        if shard.unswept > 32 + shard.table.len() / 2 {
            shard.unswept = 0;
            shard.table.retain(|resident| !resident.slot.is_gone());
        }
        let fresh = Resident { key, slot, ends };
        if let Some(old) = shard.table.find_mut(hash, |resident| resident.key == fresh.key) {
            *old = fresh;
        } else {
            let hasher = &self.hasher;
            shard.table.insert_unique(hash, fresh, |resident| hasher.hash_one(&resident.key));
        }
    }

    fn shard(&self, hash: u64) -> &RwLock<Shard<K>> {
        // The table uses the low and the topmost bits; these lie between.
        &self.shards[(hash >> 40) as usize % SHARDS]
    }

    #[inline]
    fn hash(&self, lookup: &impl Lookup<K>) -> u64 {
        use std::hash::Hasher;
        let mut hasher = self.hasher.build_hasher();
        lookup.hash_key(&mut hasher);
        hasher.finish()
    }

    fn hash_owned(&self, key: &K) -> u64 {
        self.hasher.hash_one(key)
    }
}
