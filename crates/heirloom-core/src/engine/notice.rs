//! What the engine tells its face while it works: faults (once each) and waits.
//!
//! Promises: a fault of one kind in one factory is told once, however often it happens; one that is the object's own
//! (it cannot be sealed) once for each object. Refuses: printing.

use std::collections::{HashMap, HashSet};
use std::mem::Discriminant;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::disk::LeaseWait;
use crate::trail::Reason;

/// Something a face may want to show.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Something is broken; the request goes on without it.
    Fault {
        /// The object, for people.
        name: String,
        /// What is broken.
        reason: Reason,
    },
    /// Another process builds the object; told at each poll.
    Waiting {
        /// The object, for people.
        name: String,
        /// Who builds it, since when, and for how long this process has waited.
        wait: LeaseWait,
    },
    /// The wait is over.
    WaitOver {
        /// The object, for people.
        name: String,
    },
    /// A call could not be recorded; from now on this factory's are not.
    Unrecorded {
        /// The file that calls are written to.
        file: PathBuf,
        /// What the file system said.
        what: String,
    },
    /// Others can write to the store, so what stands in it is theirs to destroy.
    Exposed {
        /// The folder that others can write to.
        folder: PathBuf,
    },
    /// The store lies on a network file system, so its registry works without a write-ahead log.
    Network {
        /// The kind of file system.
        kind: &'static str,
    },
}

/// No more objects of one factory are told apart.
const OBJECTS_MAX: usize = 32;

/// Which faults were told already: for each factory and kind, the objects that were named.
#[derive(Default)]
pub(super) struct Told(Mutex<HashMap<FaultKind, HashSet<String>>>);

/// A factory and the kind of its fault.
type FaultKind = (String, Discriminant<Reason>);

impl Told {
    /// Whether this is the first fault of its kind in a factory, or, when the object itself is to blame, of the object.
    pub(super) fn is_first(&self, factory: &str, object: &str, reason: &Reason) -> bool {
        let own = matches!(reason, Reason::SealFailed { .. });
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = told.entry((factory.to_owned(), std::mem::discriminant(reason))).or_default();
        let room = objects.is_empty() || (own && objects.len() < OBJECTS_MAX);
        room && objects.insert(object.to_owned())
    }
}
