//! What the engine tells its face while it works: faults (once each) and waits.
//!
//! Promises: a fault of one kind in one factory is told once, however often it happens. Refuses: printing.

use std::collections::HashSet;
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
    /// The store lies on a network file system, so its registry works without a write-ahead log.
    Network {
        /// The kind of file system.
        kind: &'static str,
    },
}

/// Which faults were told already.
#[derive(Default)]
pub(super) struct Told(Mutex<HashSet<(String, std::mem::Discriminant<Reason>)>>);

impl Told {
    /// Whether this is the first fault of its kind in a factory.
    pub(super) fn is_first(&self, factory: &str, reason: &Reason) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert((factory.to_owned(), std::mem::discriminant(reason)))
    }
}
