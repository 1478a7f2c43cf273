//! The table of the memory tier and its one global byte budget.
//!
//! Promises: 1. room is made *before* an object is taken in, by dropping others first, so the budget holds at
//! every instant; 2. no lock is held while an object is dropped. Refuses: an object that is larger than the whole
//! budget (its echo is still kept, so clients share it while they hold it).

use std::sync::Arc;

use hashbrown::HashMap;

use super::order::Order;
use super::slot::{Entry, Pulse, Slot, SlotId, Tally};
use crate::object::Object;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

const SHARDS: usize = 64;

/// All live objects of an engine.
pub struct Memory {
    shards: Box<[Mutex<Shard>]>,
    order: Mutex<Order>,
    pulse: Arc<Pulse>,
    used: AtomicU64,
    budget: u64,
    evictions: AtomicU64,
}

#[derive(Default)]
struct Shard {
    slots: HashMap<SlotId, Arc<Slot>, foldhash::fast::FixedState>,
    /// Insertions since the dead were swept out; a sweep happens once per half a table of insertions.
    unswept: usize,
}

/// The memory tier in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MemoryStats {
    /// Bytes held now.
    pub bytes: u64,
    /// Bytes that may be held.
    pub budget: u64,
    /// Objects evicted since the engine was opened.
    pub evictions: u64,
}

impl Memory {
    /// An empty tier that may hold `budget` bytes.
    pub fn new(budget: u64) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            order: Mutex::default(),
            pulse: Arc::default(),
            used: AtomicU64::new(0),
            budget,
            evictions: AtomicU64::new(0),
        }
    }

    /// The slot of an object, resident or not.
    pub fn find(&self, id: &SlotId) -> Option<Arc<Slot>> {
        lock(self.shard(id)).slots.get(id).cloned()
    }

    /// Takes an object in, evicting others first.
    ///
    /// The slot that comes back is in the table also when the object is larger than the whole budget; it then has
    /// only an echo, and `false` stands beside it.
    pub fn keep(&self, entry: Entry) -> (Arc<Slot>, bool) {
        let (id, bytes) = (entry.id, entry.object.bytes());
        let resident = self.make_room(bytes);
        let slot = Arc::new(Slot::new(entry, Arc::clone(&self.pulse)));
        if resident {
            lock(&self.order).push(Arc::clone(&slot), bytes);
        } else {
            drop(slot.evict());
        }
        let replaced = lock(self.shard(&id)).insert(Arc::clone(&slot));
        if let Some(replaced) = replaced {
            self.discard(&replaced);
        }
        (slot, resident)
    }

    /// Takes one object out for good; its echo too, so that a later request builds or loads it anew.
    pub fn remove(&self, id: &SlotId) {
        let slot = lock(self.shard(id)).slots.remove(id);
        if let Some(slot) = slot {
            self.discard(&slot);
        }
    }

    /// Takes out every object whose slot `which` picks.
    pub fn remove_where(&self, which: impl Fn(&Slot) -> bool) {
        for shard in &self.shards {
            let picked: Vec<_> = lock(shard).slots.extract_if(|_, slot| which(slot)).collect();
            for (_, slot) in picked {
                self.discard(&slot);
            }
        }
    }

    /// Hits of one factory, of living slots and retired ones.
    pub fn hits(&self, tally: &Arc<Tally>) -> u64 {
        let of_shard = |shard: &Mutex<Shard>| {
            let shard = lock(shard);
            let counted = shard.slots.values().filter(|slot| slot.counts_for(tally));
            counted.map(|slot| slot.hits()).sum::<u64>()
        };
        self.shards.iter().map(of_shard).sum::<u64>() + tally.retired()
    }

    /// The tier in numbers.
    pub fn stats(&self) -> MemoryStats {
        MemoryStats {
            bytes: self.used.load(Ordering::Acquire),
            budget: self.budget,
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }

    /// Reserves `bytes` of the budget, dropping what must go first; `false` when they can never fit.
    fn make_room(&self, bytes: u64) -> bool {
        if bytes > self.budget {
            return false;
        }
        loop {
            let reserved = self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.budget)
            });
            if reserved.is_ok() {
                return true;
            }
            match self.pop_victim() {
                Some(object) => {
                    self.evictions.fetch_add(1, Ordering::Relaxed);
                    self.release(object);
                }
                // All room is reserved by threads that have not put their object in order yet.
                None => yield_now(),
            }
        }
    }

    fn pop_victim(&self) -> Option<Object> {
        let mut order = lock(&self.order);
        while let Some(victim) = order.pop() {
            self.pulse.age.fetch_max(victim.age, Ordering::Relaxed);
            if let Some(object) = victim.slot.evict() {
                return Some(object);
            }
        }
        None
    }

    /// Drops an object, then gives its bytes back, in this order: the budget never counts too little.
    fn release(&self, object: Object) {
        let bytes = object.bytes();
        drop(object);
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Empties a slot that left the table.
    fn discard(&self, slot: &Slot) {
        if let Some(object) = slot.empty() {
            self.release(object);
            lock(&self.order).emptied_one();
        }
    }

    fn shard(&self, id: &SlotId) -> &Mutex<Shard> {
        &self.shards[usize::from(id.0.as_bytes()[31]) % SHARDS]
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        lock(&self.order).clear();
    }
}

impl Shard {
    fn insert(&mut self, slot: Arc<Slot>) -> Option<Arc<Slot>> {
        self.unswept += 1;
        if self.unswept > 32 + self.slots.len() / 2 {
            self.unswept = 0;
            self.slots.retain(|_, slot| !slot.is_gone());
        }
        self.slots.insert(slot.id(), slot)
    }
}

#[cfg(not(feature = "shuttle"))]
use std::thread::yield_now;

#[cfg(feature = "shuttle")]
use shuttle::thread::yield_now;
