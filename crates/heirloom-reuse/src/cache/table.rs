//! The whole logic of a cache, without locks and without a clock: the caller tells the time.
//!
//! Promises: 1. room is made before an entry is taken in, so both bounds hold at every instant; 2. an expired entry is
//! never found; 3. whatever leaves comes back to the caller, who drops it outside the lock. Refuses: builders,
//! listeners.

use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Duration;

use hashbrown::HashTable;
use heirloom_policy::Cost;

use super::counts::CacheStats;
use super::ladder::Ladder;
use super::order::Order;

/// Expired entries that one operation frees at most, so that none takes long.
const EXPIRED_PER_STEP: usize = 32;

/// Why an entry left the cache.
///
/// ```
/// use heirloom_reuse::{Cache, Cause};
/// let (told, hears) = std::sync::mpsc::channel();
/// let cache = Cache::builder().on_leave(move |_: &u8, _: &u8, cause| drop(told.send(cause))).build()?;
/// cache.insert(1, 1);
/// cache.insert(1, 2);
/// cache.remove(&1);
/// assert_eq!(hears.try_iter().collect::<Vec<_>>(), [Cause::Replaced, Cause::Removed]);
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// There was no room for it any more.
    Evicted,
    /// Its time was over.
    Expired,
    /// Another value was put in its place.
    Replaced,
    /// It was removed, or the cache was cleared.
    Removed,
    /// It was never taken in, because it alone weighs more than the whole cache may.
    TooLarge,
}

/// The most entries that any table holds, because slots have 32-bit numbers.
pub(super) const ENTRIES_MAX: usize = u32::MAX as usize - 1;

/// What the table must respect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// At most [`ENTRIES_MAX`].
    pub(super) entries: usize,
    pub(super) bytes: u64,
    pub(super) idle: Option<Duration>,
    pub(super) cost_aware: bool,
}

/// An entry to be taken in.
pub(super) struct Fresh<K, V> {
    pub(super) key: K,
    pub(super) value: V,
    pub(super) bytes: u64,
    /// What it took to build, in seconds.
    pub(super) cost: f64,
    /// When it expires, used or not.
    pub(super) deadline: Duration,
}

/// An entry that left, with the reason.
pub(super) type Gone<K, V> = (K, V, Cause);

/// What left in one operation: nearly always nothing or one, for which no memory is asked.
pub(crate) struct Left<K, V> {
    first: Option<Gone<K, V>>,
    more: Vec<Gone<K, V>>,
}

impl<K, V> Left<K, V> {
    pub(super) fn nothing() -> Self {
        Self { first: None, more: Vec::new() }
    }

    fn push(&mut self, gone: Gone<K, V>) {
        if self.first.is_none() {
            self.first = Some(gone);
        } else {
            self.more.push(gone);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Gone<K, V>> {
        self.first.iter().chain(&self.more)
    }

    /// The value that left for `cause`, which at most one did.
    pub(super) fn value(self, cause: Cause) -> Option<V> {
        let mut all = self.first.into_iter().chain(self.more);
        all.find(|(_, _, why)| *why == cause).map(|(_, value, _)| value)
    }
}

pub(super) struct Table<K, V> {
    slots: Vec<Option<Entry<K, V>>>,
    free: Vec<u32>,
    index: HashTable<u32>,
    order: Order,
    expiry: Ladder<Duration>,
    limits: Limits,
    pub(super) counts: CacheStats,
}

struct Entry<K, V> {
    key: K,
    value: V,
    hash: u64,
    bytes: u64,
    deadline: Duration,
    used: Duration,
}

impl<K, V> Entry<K, V> {
    fn deadline(&self, idle: Option<Duration>) -> Duration {
        idle.map_or(self.deadline, |idle| self.deadline.min(self.used.saturating_add(idle)))
    }
}

impl<K, V> Table<K, V> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            order: Order::new(limits.cost_aware),
            expiry: Ladder::new(),
            limits,
            counts: CacheStats::default(),
        }
    }

    /// All entries whose time is not over, in no particular order.
    pub(super) fn live(&self, now: Duration) -> impl Iterator<Item = (&K, &V)> {
        let idle = self.limits.idle;
        let entries = self.slots.iter().flatten().filter(move |entry| entry.deadline(idle) > now);
        entries.map(|entry| (&entry.key, &entry.value))
    }

    /// Takes out up to a step's worth of entries whose time is over; `all` takes out every one.
    pub(super) fn expire(&mut self, now: Duration, all: bool, gone: &mut Left<K, V>) {
        let mut left = if all { usize::MAX } else { EXPIRED_PER_STEP };
        while left > 0 && self.expire_one(now, gone) {
            left -= 1;
        }
    }

    fn expire_one(&mut self, now: Duration, gone: &mut Left<K, V>) -> bool {
        if self.expiry.peek().is_none_or(|(bound, _)| bound > now) {
            return false;
        }
        let (slots, idle) = (&self.slots, self.limits.idle);
        let first = self
            .expiry
            .first(|slot| slots[slot as usize].as_ref().map_or(Duration::ZERO, |entry| entry.deadline(idle)));
        let over = first.filter(|(deadline, _)| *deadline <= now);
        over.is_some_and(|(_, slot)| self.leave(slot, Cause::Expired, gone))
    }

    /// Counts one request.
    pub(super) fn count(&mut self, hit: bool) {
        if hit {
            self.counts.hits += 1;
        } else {
            self.counts.misses += 1;
        }
    }

    /// Takes out everything.
    pub(super) fn clear(&mut self) -> Left<K, V> {
        let fresh = Self { counts: self.counts, ..Self::new(self.limits) };
        let old = std::mem::replace(self, fresh);
        (self.counts.entries, self.counts.bytes) = (0, 0);
        let all = old.slots.into_iter().flatten().map(|entry| (entry.key, entry.value, Cause::Removed));
        Left { first: None, more: all.collect() }
    }

    /// Whether an entry with this much weight can be kept at all.
    fn fits(&self, bytes: u64) -> bool {
        bytes <= self.limits.bytes
    }

    fn is_full_for(&self, bytes: u64) -> bool {
        self.counts.entries >= self.limits.entries || self.counts.bytes > self.limits.bytes - bytes
    }

    fn evict_one(&mut self, gone: &mut Left<K, V>) -> bool {
        let victim = self.order.victim();
        victim.is_some_and(|slot| self.leave(slot, Cause::Evicted, gone))
    }

    fn leave(&mut self, slot: u32, cause: Cause, gone: &mut Left<K, V>) -> bool {
        let Some(entry) = self.slots[slot as usize].take() else { return false };
        if let Ok(found) = self.index.find_entry(entry.hash, |other| *other == slot) {
            found.remove();
        }
        self.order.remove(slot);
        self.expiry.remove(slot);
        self.free.push(slot);
        self.counts.entries -= 1;
        self.counts.bytes -= entry.bytes;
        match cause {
            Cause::Evicted => self.counts.evicted += 1,
            Cause::Expired => self.counts.expired += 1,
            Cause::Replaced | Cause::Removed | Cause::TooLarge => {}
        }
        gone.push((entry.key, entry.value, cause));
        true
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the bound on entries is below 2^32")]
fn slot_number(at: usize) -> u32 {
    at as u32
}

impl<K: Hash + Eq, V> Table<K, V> {
    fn find<Q>(&self, hash: u64, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let is_it = |slot: &u32| {
            let entry = self.slots[*slot as usize].as_ref();
            entry.is_some_and(|entry| entry.hash == hash && entry.key.borrow() == key)
        };
        self.index.find(hash, is_it).copied()
    }

    /// The value of `key`, not counted as a use.
    pub(super) fn peek<Q>(&self, hash: u64, key: &Q, now: Duration) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let entry = self.slots[self.find(hash, key)? as usize].as_ref()?;
        (entry.deadline(self.limits.idle) > now).then_some(&entry.value)
    }

    /// The value of `key`, moved in the order.
    pub(super) fn get<Q>(&mut self, hash: u64, key: &Q, now: Duration) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let idle = self.limits.idle;
        let slot = self.find(hash, key)?;
        let entry = self.slots[slot as usize].as_mut().filter(|entry| entry.deadline(idle) > now)?;
        entry.used = now;
        self.order.touch(slot);
        Some(&entry.value)
    }

    /// Takes the entry of `key` out, expired or not; its cause says which.
    pub(super) fn remove<Q>(&mut self, hash: u64, key: &Q, now: Duration, cause: Cause, gone: &mut Left<K, V>)
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let Some(slot) = self.find(hash, key) else { return };
        let idle = self.limits.idle;
        let over = self.slots[slot as usize].as_ref().is_some_and(|entry| entry.deadline(idle) <= now);
        self.leave(slot, if over { Cause::Expired } else { cause }, gone);
    }

    /// Takes an entry in, after what it replaces and what must make room for it.
    pub(super) fn insert(&mut self, hash: u64, fresh: Fresh<K, V>, now: Duration, gone: &mut Left<K, V>) {
        self.remove(hash, &fresh.key, now, Cause::Replaced, gone);
        let Fresh { key, value, bytes, cost, deadline } = fresh;
        if !self.fits(bytes) {
            self.counts.refused += 1;
            gone.push((key, value, Cause::TooLarge));
            return;
        }
        if deadline <= now {
            self.counts.expired += 1;
            gone.push((key, value, Cause::Expired));
            return;
        }
        // What is over makes room before what is not.
        while self.is_full_for(bytes) && (self.expire_one(now, gone) || self.evict_one(gone)) {}
        let entry = Entry { key, value, hash, bytes, deadline, used: now };
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            slot_number(self.slots.len() - 1)
        });
        self.order.push(slot, hash, Cost::new(cost, bytes));
        let ends = entry.deadline(self.limits.idle);
        if ends != Duration::MAX {
            self.expiry.push(ends, slot);
        }
        self.slots[slot as usize] = Some(entry);
        self.counts.entries += 1;
        self.counts.bytes += bytes;
        let slots = &self.slots;
        let rehash = |slot: &u32| slots[*slot as usize].as_ref().map_or(0, |entry| entry.hash);
        self.index.insert_unique(hash, slot, rehash);
    }
}
