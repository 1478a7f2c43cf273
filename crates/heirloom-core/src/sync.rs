//! The locks that `flight` and `memory` use: std's, or shuttle's when a test drives every interleaving.
//!
//! Ground floor of the road. Promises: a lock whose holder panicked is still usable, because every value behind
//! our locks is valid between two statements. Refuses: locks for anything that calls out while holding them.

#[cfg(not(feature = "shuttle"))]
pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

#[cfg(feature = "shuttle")]
pub(crate) use shuttle::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use std::sync::PoisonError;

/// Takes a lock; a panic of an earlier holder does not matter.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
