//! One entry of the memory tier, and the whole path of a hit.
//!
//! A hit by way of the slot takes one lock that nobody holds for longer than a clone. A face may go further and keep
//! the object in a table of its own, so that a hit does not come here at all: it then opens a [`Door`], and the tier
//! shuts it before it lets go. Promises: 1. a hit allocates nothing; 2. echoes and doors are asked and dropped with
//! no lock of the slot held, because they may belong to a face with locks of its own; 3. no hit is lost, also when the
//! slot leaves the table under it. Refuses: deciding whether the entry is still true; the engine does that from
//! [`Facts`].

use std::sync::{Arc, PoisonError};

use super::door::{Door, Opened, Pulse, Stamp, Way};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::identity::{Dependency, Traits};
use crate::object::{Faint, Object};
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
    held: Mutex<Held>,
    id: SlotId,
    facts: Facts,
    echo: Faint,
    checked: AtomicU64,
    in_place: InPlace,
    pulse: Arc<Pulse>,
    tally: Arc<Tally>,
}

/// For a face that has its own way to the object and its own lock around every hit: no lock of ours, one reader.
#[derive(Default)]
struct InPlace {
    resident: AtomicBool,
    hits: AtomicU64,
    moment: AtomicU64,
    age: AtomicU64,
}

/// What a hit looks at and changes, all behind one lock.
struct Held {
    state: State,
    uses: Uses,
    /// Whether it has left the table, so that its hits are counted by the factory's tally.
    retired: bool,
    /// The table of a face that holds the object too.
    way: Option<Way>,
    /// How many of the hits in place are counted in `uses`.
    in_place: u64,
}

/// How an object was used so far: all that the order of eviction learns of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// Hits since it was built or loaded; 0 once its slot has left the table.
    pub(super) hits: u64,
    /// When it was used last.
    pub(super) last: Stamp,
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
            held: Mutex::new(Held {
                state: State::Evicted,
                uses: Uses::default(),
                retired: false,
                way: None,
                in_place: 0,
            }),
            id,
            facts,
            echo: object.fainter(),
            checked: AtomicU64::new(checked.as_nanos()),
            in_place: InPlace::default(),
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
        let mut held = lock(&self.held);
        let State::Resident(object) = &held.state else { return None };
        let object = object.clone();
        self.count(&mut held, 1, self.pulse.next());
        Some(object)
    }

    /// The same for a face that has a way to the object already, and a lock of its own around every such hit, so that
    /// nobody lets go of the object or counts meanwhile: whether the tier holds it still.
    #[inline]
    pub fn hit_in_place(&self) -> bool {
        let here = &self.in_place;
        if !here.resident.load(Ordering::SeqCst) {
            return false;
        }
        let now = self.pulse.now();
        here.moment.store(now.moment, Ordering::Relaxed);
        here.age.store(now.age, Ordering::Relaxed);
        here.hits.store(here.hits.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        true
    }

    /// Whatever the slot still has; touches nothing.
    pub fn find(&self) -> Found {
        match &lock(&self.held).state {
            State::Resident(object) => return Found::Resident(object.clone()),
            State::Gone => return Found::Gone,
            State::Evicted => {}
        }
        self.echo.revive().map_or(Found::Gone, Found::Echo)
    }

    /// Whether nobody holds the object any more, neither the tier nor a client.
    pub fn is_gone(&self) -> bool {
        match &lock(&self.held).state {
            State::Resident(_) => return false,
            State::Gone => return true,
            State::Evicted => {}
        }
        !self.echo.is_alive()
    }

    /// Whether the tier holds the object.
    pub fn is_resident(&self) -> bool {
        matches!(&lock(&self.held).state, State::Resident(_))
    }

    /// Whether its hits are counted for this factory.
    pub fn counts_for(&self, tally: &Arc<Tally>) -> bool {
        Arc::ptr_eq(&self.tally, tally)
    }

    /// How often it was hit since it was built or loaded; 0 once it has left the table.
    pub fn hits(&self) -> u64 {
        self.uses().hits
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
    pub fn count_hit(&self) {
        self.count_hits(1, self.pulse.next());
    }

    /// Counts hits that did not come by way of the slot, the last of them at `last`.
    pub fn count_hits(&self, hits: u64, last: Stamp) {
        self.count(&mut lock(&self.held), hits, last);
    }

    /// Lets a face hold the object too, as long as the tier does; `token` is the face's own word for the slot.
    ///
    /// A slot has one door. The one it had is in the answer: the caller shuts it, with no lock held.
    pub fn open(&self, door: &Arc<dyn Door>, token: u64) -> Opened {
        let mut held = lock(&self.held);
        if !matches!(held.state, State::Resident(_)) {
            return Opened::No;
        }
        if held.way.as_ref().is_some_and(|way| way.is(door, token)) {
            return Opened::Yes(None);
        }
        Opened::Yes(held.way.replace(Way::new(door, token)))
    }

    /// Hands the hits over to the factory's tally, those that still come too: the slot has left the table.
    pub(super) fn retire(&self) {
        let mut held = lock(&self.held);
        held.retired = true;
        self.count_in_place(&mut held);
    }

    /// How it was used so far, hits behind its door included.
    pub(super) fn uses(&self) -> Uses {
        let (known, way) = {
            let mut held = lock(&self.held);
            self.count_in_place(&mut held);
            match &held.way {
                None => return held.uses,
                Some(way) => (held.uses, way.clone()),
            }
        };
        let (hits, last) = way.passed(self);
        if hits == 0 {
            return known;
        }
        let mut held = lock(&self.held);
        self.count(&mut held, hits, last);
        held.uses
    }

    /// Takes hold of the object, and tells how it was used before; `None` when the slot holds it already or was
    /// emptied for good.
    pub(super) fn reside(&self, object: &Object) -> Option<Uses> {
        let mut held = lock(&self.held);
        if !matches!(held.state, State::Evicted) {
            return None;
        }
        held.state = State::Resident(object.clone());
        self.in_place.resident.store(true, Ordering::SeqCst);
        self.count(&mut held, 0, self.pulse.next());
        Some(held.uses)
    }

    /// Whether a client holds the object that the tier has let go of.
    pub(super) fn is_echoing(&self) -> bool {
        self.echo.is_alive()
    }

    /// Lets go of a resident object; the caller drops what comes back outside all locks.
    pub(super) fn evict(&self) -> Option<Object> {
        self.let_go(|state| matches!(state, State::Resident(_)), State::Evicted)
    }

    /// Takes everything out; the caller drops what comes back outside all locks.
    pub(super) fn empty(&self) -> Option<Object> {
        self.let_go(|_| true, State::Gone)
    }

    /// Puts `new` in the place of a state that `which` picks. The door is shut when this returns, so the object that
    /// comes back is the last that the tier and its faces hold.
    fn let_go(&self, which: impl Fn(&State) -> bool, new: State) -> Option<Object> {
        let (old, way) = {
            let mut held = lock(&self.held);
            if !which(&held.state) {
                return None;
            }
            self.in_place.resident.store(false, Ordering::SeqCst);
            self.count_in_place(&mut held);
            (std::mem::replace(&mut held.state, new), held.way.take())
        };
        if let Some(way) = way {
            way.shut(self);
        }
        match old {
            State::Resident(object) => Some(object),
            State::Evicted | State::Gone => None,
        }
    }

    fn count_in_place(&self, held: &mut Held) {
        let here = &self.in_place;
        let hits = here.hits.load(Ordering::Relaxed);
        let new = hits - std::mem::replace(&mut held.in_place, hits);
        let (moment, age) = (here.moment.load(Ordering::Relaxed), here.age.load(Ordering::Relaxed));
        self.count(held, new, Stamp { moment, age });
    }

    #[inline]
    fn count(&self, held: &mut Held, hits: u64, last: Stamp) {
        held.uses.hits += hits;
        held.uses.last = held.uses.last.max(last);
        if held.retired && held.uses.hits > 0 {
            self.tally.0.fetch_add(std::mem::take(&mut held.uses.hits), Ordering::Relaxed);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let late = self.in_place.hits.load(Ordering::Relaxed);
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.tally.0.fetch_add(held.uses.hits + late - held.in_place, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot({:?}, {} hits)", self.id.0, lock(&self.held).uses.hits)
    }
}
