//! One entry of the memory tier, and the whole path of a hit.
//!
//! A face's front table points straight at a slot, so a hit touches one table and one slot.
//! Promises: 1. a hit takes one lock that nobody holds for longer than a clone, and allocates nothing; 2. an echo
//! is made, asked and dropped outside all locks, because it may belong to a face with locks of its own; 3. no hit is
//! lost, also when the slot leaves the table under it. Refuses: deciding whether the entry is still true; the engine
//! does that from [`Facts`].

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::identity::{Dependency, Traits};
use crate::object::{Echo, Object};
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};

/// Which thing, built by what: the digests of key and fingerprint.
pub type SlotId = (Digest, Digest);

/// What the engine knows of a live object, so that it can decide without the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// When the object was built.
    pub created: Timestamp,
    /// How long the build took, in nanoseconds.
    pub build_nanos: u64,
    /// From what it was built.
    pub dependencies: Arc<[Dependency]>,
    /// What it offers.
    pub traits: Traits,
    /// The digest of its sealed content, when it was sealed.
    pub content: Option<Digest>,
    /// When its lifetime ends.
    pub ends: Timestamp,
    /// Whether this process built it, with the present code.
    pub built_here: bool,
}

/// One object of the memory tier: resident, or an echo of what was evicted.
pub struct Slot {
    id: SlotId,
    facts: Facts,
    echo: Box<dyn Echo>,
    state: Mutex<State>,
    hits: AtomicU64,
    retired: AtomicBool,
    touched: AtomicU64,
    age: AtomicU64,
    checked: AtomicU64,
    pulse: Arc<Pulse>,
    tally: Arc<Tally>,
}

/// Hits of one factory that are no longer counted by a slot of the table.
#[derive(Debug, Default)]
pub struct Tally(AtomicU64);

impl Tally {
    /// Hits counted here.
    pub fn retired(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The two numbers that every hit reads: the order of touches, and the age that evictions have reached.
#[derive(Default)]
pub(super) struct Pulse {
    pub(super) tick: AtomicU64,
    pub(super) age: AtomicU64,
}

enum State {
    /// The tier holds the object.
    Resident(Object),
    /// The tier does not hold it, or not yet; its echo may find it.
    Evicted,
    /// It was taken out for good: not even its echo may find it.
    Gone,
}

/// An object to be taken into the memory tier.
pub struct Entry {
    /// Which thing, built by what.
    pub id: SlotId,
    /// The object.
    pub object: Object,
    /// What is known of it.
    pub facts: Facts,
    /// Where its hits are counted when its slot is gone.
    pub tally: Arc<Tally>,
    /// When its inputs were last known to hold.
    pub checked: Timestamp,
}

/// What a slot still has.
#[derive(Debug)]
pub enum Found {
    /// The object, held by the tier.
    Resident(Object),
    /// The very object, evicted but still held by a client.
    Echo(Object),
    /// Nothing: nobody holds it any more.
    Gone,
}

impl Slot {
    /// A slot for the object of `entry`, which the tier does not hold yet.
    pub(super) fn new(entry: Entry, pulse: Arc<Pulse>) -> (Arc<Self>, Object) {
        let Entry { id, object, facts, tally, checked } = entry;
        let slot = Self {
            id,
            facts,
            echo: object.echo(),
            state: Mutex::new(State::Evicted),
            hits: AtomicU64::new(0),
            retired: AtomicBool::new(false),
            touched: AtomicU64::new(0),
            age: AtomicU64::new(0),
            checked: AtomicU64::new(checked.as_nanos()),
            pulse,
            tally,
        };
        (Arc::new(slot), object)
    }

    /// Which thing, built by what.
    pub fn id(&self) -> SlotId {
        self.id
    }

    /// What is known of the object.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// A hit: the resident object, counted and touched; `None` when the slow road must be taken.
    #[inline]
    pub fn hit(&self) -> Option<Object> {
        let object = match &*lock(&self.state) {
            State::Resident(object) => object.clone(),
            State::Evicted | State::Gone => return None,
        };
        self.count_hit();
        Some(object)
    }

    /// Whatever the slot still has; touches nothing.
    pub fn find(&self) -> Found {
        match &*lock(&self.state) {
            State::Resident(object) => return Found::Resident(object.clone()),
            State::Gone => return Found::Gone,
            State::Evicted => {}
        }
        self.echo.revive().map_or(Found::Gone, Found::Echo)
    }

    /// Whether nobody holds the object any more, neither the tier nor a client.
    pub fn is_gone(&self) -> bool {
        match &*lock(&self.state) {
            State::Resident(_) => return false,
            State::Gone => return true,
            State::Evicted => {}
        }
        !self.echo.is_alive()
    }

    /// Whether the tier holds the object.
    pub fn is_resident(&self) -> bool {
        matches!(&*lock(&self.state), State::Resident(_))
    }

    /// Whether its hits are counted for this factory.
    pub fn counts_for(&self, tally: &Arc<Tally>) -> bool {
        Arc::ptr_eq(&self.tally, tally)
    }

    /// How often it was hit since it was built or loaded; 0 once it has left the table.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// When its inputs were checked last.
    pub fn checked(&self) -> Timestamp {
        Timestamp::from_nanos(self.checked.load(Ordering::Relaxed))
    }

    /// Remembers that its inputs were checked at `now`.
    pub fn set_checked(&self, now: Timestamp) {
        self.checked.store(now.as_nanos(), Ordering::Relaxed);
    }

    /// Counts a hit.
    #[inline]
    pub fn count_hit(&self) {
        self.hits.fetch_add(1, Ordering::SeqCst);
        if self.retired.load(Ordering::SeqCst) {
            self.retire();
        }
        self.touch();
    }

    /// Hands the hits over to the factory's tally, those that still come too: the slot has left the table.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
        let hits = self.hits.swap(0, Ordering::SeqCst);
        if hits > 0 {
            self.tally.0.fetch_add(hits, Ordering::Relaxed);
        }
    }

    pub(super) fn touched(&self) -> u64 {
        self.touched.load(Ordering::Relaxed)
    }

    pub(super) fn age(&self) -> u64 {
        self.age.load(Ordering::Relaxed)
    }

    /// Takes hold of the object; `false` when the slot holds it already or was emptied for good.
    pub(super) fn reside(&self, object: &Object) -> bool {
        let mut state = lock(&self.state);
        let free = matches!(&*state, State::Evicted);
        if free {
            *state = State::Resident(object.clone());
        }
        free
    }

    /// Lets go of a resident object; the caller drops what comes back outside all locks.
    pub(super) fn evict(&self) -> Option<Object> {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, State::Evicted) {
            State::Resident(object) => Some(object),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Takes everything out; the caller drops what comes back outside all locks.
    pub(super) fn empty(&self) -> Option<Object> {
        match std::mem::replace(&mut *lock(&self.state), State::Gone) {
            State::Resident(object) => Some(object),
            State::Evicted | State::Gone => None,
        }
    }

    #[inline]
    pub(super) fn touch(&self) {
        let tick = self.pulse.tick.fetch_add(1, Ordering::Relaxed) + 1;
        self.touched.store(tick, Ordering::Relaxed);
        self.age.store(self.pulse.age.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.retire();
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot({:?}, {} hits)", self.id.0, self.hits())
    }
}
