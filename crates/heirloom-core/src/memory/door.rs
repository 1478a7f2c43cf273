//! The door between a slot and the table of a face that holds the object too, and the clock of uses that both read.
//!
//! On the road: a face asks its own table first; while that table has the object, a hit does not come to the slot.
//! Promises: 1. the tier shuts the door, and with it the face lets go of the object, before the object's bytes are
//! given back; 2. hits behind the door are handed over when it is asked, and when it is shut. Refuses: foreign code
//! inside a door's lock: what a face lets go of, it drops when its lock is free.

use std::sync::Arc;

use super::slot::Slot;
use crate::sync::{AtomicU64, Ordering};

/// A face's table that holds objects of the tier.
///
/// Its lock is the innermost but for a slot's: it may call a slot while it is held, and nothing else of ours.
pub trait Door: Send + Sync {
    /// The hits on this slot since it was last asked, and when the last one was.
    fn passed(&self, slot: &Slot, token: u64) -> (u64, Stamp);

    /// Lets go of the slot's object, for good; hands the hits over to the slot. Called with no lock held.
    fn shut(&self, slot: &Slot, token: u64);
}

/// What asking for a door came to.
pub enum Opened {
    /// The tier does not hold the object, so nobody else may on its behalf.
    No,
    /// The face may hold it. Here is the door that the slot had until now, to be [shut](Way::shut).
    Yes(Option<Way>),
}

/// A door and what its face calls the slot.
#[derive(Clone)]
pub struct Way {
    door: Arc<dyn Door>,
    token: u64,
}

/// When an object was used: a moment of the tier, and the age that evictions had reached then.
///
/// Moments are numbered by what happens in the tier. Hits that come to a slot have a moment each; those behind a door
/// share the moment of whatever the tier did last, so that threads do not all write to one counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    pub(super) moment: u64,
    /// The bits of a positive `f64`, which order as the number does.
    pub(super) age: u64,
}

/// The two numbers that a stamp is made of, as they are now.
#[derive(Debug, Default)]
pub struct Pulse {
    moment: AtomicU64,
    age: AtomicU64,
}

impl Way {
    pub(super) fn new(door: &Arc<dyn Door>, token: u64) -> Self {
        Self { door: Arc::clone(door), token }
    }

    pub(super) fn is(&self, door: &Arc<dyn Door>, token: u64) -> bool {
        Arc::ptr_eq(&self.door, door) && self.token == token
    }

    pub(super) fn passed(&self, slot: &Slot) -> (u64, Stamp) {
        self.door.passed(slot, self.token)
    }

    /// Shuts the door.
    pub fn shut(&self, slot: &Slot) {
        self.door.shut(slot, self.token);
    }
}

impl Pulse {
    /// The present stamp; reads two numbers that change when the tier does something.
    #[inline]
    pub fn now(&self) -> Stamp {
        Stamp { moment: self.moment.load(Ordering::Relaxed), age: self.age.load(Ordering::Relaxed) }
    }

    /// The stamp of a moment of its own.
    #[inline]
    pub(super) fn next(&self) -> Stamp {
        let moment = self.moment.fetch_add(1, Ordering::Relaxed) + 1;
        Stamp { moment, age: self.age.load(Ordering::Relaxed) }
    }

    pub(super) fn grow_to(&self, age: u64) {
        self.age.fetch_max(age, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Way({})", self.token)
    }
}
