//! What the engine tells while it works, handed to Python: a fault as a warning, a wait as a line of progress.
//!
//! Promises: 1. a warning that is turned into an error breaks no request; 2. what a signal handler raises meanwhile
//! reaches the caller; 3. nothing that telling touches is an input of a build. Refuses: telling of a wait below a second.

use std::cell::Cell;
use std::time::Duration;

use heirloom_core::engine::Notice;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::interrupt;
use crate::recording_hooks::quietly;

thread_local! {
    /// Whether this thread has a line of progress.
    static LINE: Cell<bool> = const { Cell::new(false) };
}

/// Warns of a fault; shows a wait.
pub(crate) fn tell(notice: &Notice) {
    match notice {
        Notice::Waiting { wait, .. } if wait.waited.as_secs() < 1 => {}
        Notice::Waiting { wait, .. } => {
            LINE.set(true);
            let usual = wait.holder.as_ref().and_then(|holder| holder.usual_nanos);
            let usual = usual.map(|nanos| Duration::from_nanos(nanos).as_secs_f64());
            let told = (notice.sentence(), wait.waited.as_secs_f64(), usual);
            call(|py| py.import("heirloom._progress")?.call_method1("waiting", told).map(drop));
        }
        Notice::WaitOver { .. } if LINE.take() => {
            call(|py| py.import("heirloom._progress")?.call_method0("over").map(drop));
        }
        Notice::WaitOver { .. } => {}
        _ => warn(&notice.sentence().unwrap_or_default()),
    }
}

/// Warns of something that is broken.
pub(crate) fn warn(sentence: &str) {
    call(|py| py.import("heirloom.errors")?.call_method1("warn", (sentence,)).map(drop));
}

fn call(work: impl FnOnce(Python<'_>) -> PyResult<()>) {
    Python::try_attach(|py| match quietly(|| work(py)) {
        Ok(()) => {}
        Err(error) if error.is_instance_of::<PyException>(py) => error.write_unraisable(py, None),
        Err(error) => interrupt::keep(error),
    });
}
