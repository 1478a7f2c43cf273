//! The locks of this crate, and how it takes them: std's, or shuttle's when a test drives every interleaving.
//!
//! Promises: a lock whose holder panicked is still usable, because every value behind our locks is valid between two
//! statements. Refuses: locks for anything that calls listeners, builders or destructors while holding them.

#[cfg(not(feature = "shuttle"))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool};

#[cfg(feature = "shuttle")]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool};

use std::sync::PoisonError;

/// Takes a lock; a panic of an earlier holder does not matter.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
