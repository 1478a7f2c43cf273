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
    Python::try_attach(|py| {
        if let Err(error) = py.check_signals() {
            keep(error);
        }
    });
    RAISED.with_borrow(Option::is_some)
}

/// Keeps what a handler raised while something was told to Python.
pub(crate) fn keep(error: PyErr) {
    RAISED.set(Some(error));
}

/// What the handler raised, once.
pub(crate) fn take() -> Option<PyErr> {
    RAISED.take()
}
