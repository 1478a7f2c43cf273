//! State that is reached by whoever holds the interpreter.
//!
//! Promises: one change at a time, and none while another is seen. Refuses: running Python inside a change; the interpreter's
//! lock could go to another thread there.

#![expect(unsafe_code, reason = "shared among threads by the interpreter's lock")]

use std::cell::RefCell;

use pyo3::Python;

/// State behind the interpreter's lock.
#[derive(Default)]
pub(super) struct Guarded<T>(RefCell<T>);

// SAFETY: the cell is only touched by whoever is attached to the interpreter, one thread at a time (the module says
// `gil_used`), and no change gives the interpreter away. `T` may move among threads.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub(super) const fn new(state: T) -> Self {
        Self(RefCell::new(state))
    }

    /// Changes the state; the step runs no Python.
    #[inline]
    pub(super) fn step<R>(&self, _: Python<'_>, step: impl FnOnce(&mut T) -> R) -> R {
        step(&mut self.0.borrow_mut())
    }

    /// Does as [`step`](Self::step) does, unless a step is being made right now on this very thread.
    pub(super) fn try_step<R>(&self, _: Python<'_>, step: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.0.try_borrow_mut().ok().map(|mut state| step(&mut state))
    }

    /// Looks at the state on behalf of the collector, which runs in the interpreter.
    pub(super) fn look<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.0.try_borrow().ok().map(|state| look(&state))
    }

    /// Takes the state out on behalf of the collector.
    pub(super) fn take(&self) -> Option<T>
    where
        T: Default,
    {
        self.0.try_borrow_mut().ok().map(|mut state| std::mem::take(&mut *state))
    }
}
