//! The table of the memory tier and its one global byte budget.
//!
//! Promises: 1. room is made *before* an object is taken in, by dropping others first, so the budget holds at
//! every instant; 2. no lock is held while an object is dropped; 3. nobody waits: when all room is taken by objects
//! on their way out, whose own code may be running, a newcomer is not held. Refuses: an object that is larger than
//! the whole budget. What is not held still has its echo here, so clients share it while they hold it.

use std::sync::Arc;

use hashbrown::HashMap;
use heirloom_policy::Policy;

use super::door::Pulse;
use super::order::Order;
use super::slot::{Entry, Slot, SlotId, Tally};
use crate::object::Object;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

const SHARDS: usize = 64;

/// All live objects of an engine.
pub struct Memory {
    shards: Box<[Mutex<Shard>]>,
    order: Mutex<Order>,
    pulse: Arc<Pulse>,
    budget: u64,
    evictions: AtomicU64,
}

#[derive(Default)]
struct Shard {
    slots: HashMap<SlotId, Arc<Slot>, foldhash::fast::FixedState>,
    /// Slots that had only an echo when they were counted, since the dead were swept out.
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
            budget,
            evictions: AtomicU64::new(0),
        }
    }

    /// The same tier, whose order leaves hits out: with equal costs and sizes it is then plain LRU.
    #[must_use]
    pub fn ageing_only(self) -> Self {
        lock(&self.order).policy = Policy::ageing_only();
        self
    }

    /// The slot of an object, resident or not.
    pub fn find(&self, id: &SlotId) -> Option<Arc<Slot>> {
        lock(self.shard(id)).slots.get(id).cloned()
    }

    /// Takes an object in, evicting others first.
    ///
    /// The slot that comes back is in the table also when there was no room; it then has only an echo, and `false`
    /// stands beside it.
    pub fn keep(&self, entry: Entry) -> (Arc<Slot>, bool) {
        let (slot, object) = Slot::new(entry, Arc::clone(&self.pulse));
        let held = self.make_room(&slot, &object);
        let shard = self.shard(&slot.id());
        let (replaced, sweep) = lock(shard).insert(Arc::clone(&slot), held);
        if let Some(replaced) = replaced {
            self.discard(&replaced);
        }
        if sweep {
            Shard::sweep(shard);
        }
        (slot, held)
    }

    /// Takes an evicted object that a client still held in again; leaves it when its slot was emptied meanwhile.
    pub fn revive(&self, slot: &Arc<Slot>, object: &Object) {
        self.make_room(slot, object);
    }

    /// Takes one object out for good; its echo too, so that a later request builds or loads it anew.
    pub fn remove(&self, id: &SlotId) {
        let slot = lock(self.shard(id)).remove(id);
        if let Some(slot) = slot {
            self.discard(&slot);
        }
    }

    /// Takes out every object whose slot `which` picks; returns how many of them it held. `which` must not call back: the
    /// table is locked.
    pub fn remove_where(&self, which: impl Fn(&Slot) -> bool) -> usize {
        let mut held = 0;
        for shard in &self.shards {
            let picked: Vec<_> = lock(shard).slots.extract_if(|_, slot| which(slot)).collect();
            for (_, slot) in picked {
                held += usize::from(slot.is_resident());
                slot.retire();
                self.discard(&slot);
            }
        }
        held
    }

    /// Hits of one factory, of slots in the table and retired ones.
    pub fn hits(&self, tally: &Arc<Tally>) -> u64 {
        let of_shard = |shard: &Mutex<Shard>| {
            let shard = lock(shard);
            let counted = shard.slots.values().filter(|slot| slot.counts_for(tally));
            counted.map(|slot| slot.hits()).sum::<u64>()
        };
        self.shards.iter().map(of_shard).sum::<u64>() + tally.retired()
    }

    /// Objects of one factory that the tier holds.
    pub fn residents(&self, tally: &Arc<Tally>) -> usize {
        let of_factory = |slot: &&Arc<Slot>| slot.counts_for(tally) && slot.is_resident();
        self.shards.iter().map(|shard| lock(shard).slots.values().filter(of_factory).count()).sum()
    }

    /// Objects in the table: those that are held, and those that were evicted and may still be found.
    pub fn slots(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).slots.len()).sum()
    }

    /// Slots in the order of eviction, some of which may have been emptied since.
    pub fn ranked(&self) -> usize {
        lock(&self.order).len()
    }

    /// Its clock of uses.
    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// Bytes that may be held.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// The tier in numbers.
    pub fn stats(&self) -> MemoryStats {
        MemoryStats {
            bytes: lock(&self.order).used(),
            budget: self.budget,
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }

    /// Lets the slot hold its object, dropping first what must go; `false` when there is no room for it.
    fn make_room(&self, slot: &Arc<Slot>, object: &Object) -> bool {
        if object.bytes() > self.budget {
            return false;
        }
        let mut dropped = 0;
        loop {
            let victim = {
                let mut order = lock(&self.order);
                order.give_back(std::mem::take(&mut dropped));
                if order.take_in(slot, object, self.budget) {
                    return true;
                }
                order.pop()
            };
            // Nothing left to evict: the rest is on its way out in other threads, or further down this very stack.
            let Some(victim) = victim else { return false };
            self.pulse.grow_to(victim.age);
            if let Some(object) = victim.slot.evict() {
                self.evictions.fetch_add(1, Ordering::Relaxed);
                dropped = object.bytes();
                // Dropped first, then given back: the budget never counts too little.
                drop(object);
                self.forget_if_gone(&victim.slot);
            }
        }
    }

    /// Drops an object, then gives its bytes back, in this order: the budget never counts too little.
    fn release(&self, object: Object) {
        let bytes = object.bytes();
        drop(object);
        lock(&self.order).give_back(bytes);
    }

    /// Takes a slot out of the table whose object nobody holds; the others wait there for a request or a sweep.
    fn forget_if_gone(&self, slot: &Arc<Slot>) {
        let echoing = slot.is_echoing();
        let mut shard = lock(self.shard(&slot.id()));
        let removed = if echoing { None } else { shard.remove_same(slot) };
        // One that is not there yet, because its keeper is just about to put it in, is swept as well.
        shard.unswept += usize::from(removed.is_none());
        drop(shard);
        drop(removed);
    }

    /// Empties a slot that left the table.
    fn discard(&self, slot: &Slot) {
        if let Some(object) = slot.empty() {
            self.release(object);
            let emptied = lock(&self.order).emptied_one();
            drop(emptied);
        }
    }

    fn shard(&self, id: &SlotId) -> &Mutex<Shard> {
        &self.shards[usize::from(id.0.as_bytes()[31]) % SHARDS]
    }
}

impl Drop for Memory {
    /// Lets go of everything, also of what a face's front table still points to.
    fn drop(&mut self) {
        self.remove_where(|_| true);
    }
}

impl Shard {
    /// The slot that was replaced, and whether the dead should be swept out now.
    fn insert(&mut self, slot: Arc<Slot>, held: bool) -> (Option<Arc<Slot>>, bool) {
        let replaced = self.slots.insert(slot.id(), slot);
        if let Some(replaced) = &replaced {
            replaced.retire();
        }
        // Never held, so no eviction takes it out.
        self.unswept += usize::from(!held);
        let sweep = self.unswept > 32 + self.slots.len() / 2;
        if sweep {
            self.unswept = 0;
        }
        (replaced, sweep)
    }

    fn remove(&mut self, id: &SlotId) -> Option<Arc<Slot>> {
        self.slots.remove(id).inspect(|slot| slot.retire())
    }

    /// Takes this very slot out, when it is the one of its thing still.
    fn remove_same(&mut self, slot: &Arc<Slot>) -> Option<Arc<Slot>> {
        let listed = self.slots.get(&slot.id()).is_some_and(|listed| Arc::ptr_eq(listed, slot));
        if listed { self.remove(&slot.id()) } else { None }
    }

    /// Takes out the slots whose object nobody holds any more; their echoes are asked and dropped with no lock held.
    fn sweep(shard: &Mutex<Self>) {
        let evicted: Vec<_> =
            lock(shard).slots.values().filter(|slot| !slot.is_resident()).map(Arc::clone).collect();
        let dead: Vec<_> = evicted.into_iter().filter(|slot| slot.is_gone()).collect();
        let mut shard = lock(shard);
        let swept: Vec<_> = dead.iter().filter_map(|slot| shard.remove_same(slot)).collect();
        drop(shard);
        drop(swept);
    }
}
