//! How this crate takes a lock.
//!
//! Promises: a lock whose holder panicked is still usable, because every value behind our locks is valid between two
//! statements. Refuses: locks for anything that calls listeners, builders or destructors while holding them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock; a panic of an earlier holder does not matter.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
