//! The time of caches and pools, in seconds since no particular moment.
//!
//! Promises: it never goes back, and goes as `time.monotonic` does, which is the timer unless another is given. Refuses: the
//! time of day.

use std::sync::LazyLock;
use std::time::Instant;

use pyo3::prelude::*;

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Who tells the time: a function of Python, or we.
#[derive(Default)]
pub(super) struct Timer(pub(super) Option<Py<PyAny>>);

impl Timer {
    /// Tells the time, or hands out whom to ask outside the step.
    #[inline]
    pub(super) fn tell(&self, py: Python<'_>) -> Result<f64, Py<PyAny>> {
        match &self.0 {
            None => Ok(BEGINNING.elapsed().as_secs_f64()),
            Some(timer) => Err(timer.clone_ref(py)),
        }
    }
}

/// Asks whoever was handed out.
#[inline]
pub(super) fn asked(py: Python<'_>, told: Result<f64, Py<PyAny>>) -> PyResult<f64> {
    told.or_else(|timer| timer.bind(py).call0()?.extract())
}
