//! Ctrl-C while waiting: signals are looked at between two polls, and what a handler raised is kept for the caller.
//!
//! Promises: a wait on the main thread ends within a poll of the signal. Refuses: other threads; Python's handlers run
//! on the main one only.

use std::cell::RefCell;

use pyo3::prelude::*;

thread_local! {
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Whether a signal handler raised; what the engine asks while it waits for another process.
pub(crate) fn interrupted() -> bool {
    Python::try_attach(|py| match py.check_signals() {
        Ok(()) => false,
        Err(error) => {
            RAISED.set(Some(error));
            true
        }
    })
    .unwrap_or(false)
}

/// What the handler raised, once.
pub(crate) fn take() -> Option<PyErr> {
    RAISED.take()
}
