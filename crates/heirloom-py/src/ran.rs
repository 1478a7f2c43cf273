//! Watches which code runs while a builder runs: what is reached by name only (`getattr`, `importlib`, callbacks, `eval`).
//!
//! Promises: 1. from Python 3.12 on (`sys.monitoring`, PEP 669) each piece of code costs one event a build, before that
//! one look into a set a call; 2. where somebody else profiles, he is left alone. Refuses: to judge what it saw;
//! `heirloom/_closure/ran.py` does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

use crate::building;

/// The code that ran in one build, by its address.
#[derive(Default)]
pub(crate) struct Ran(Mutex<HashMap<usize, Py<PyAny>>>);

impl Ran {
    fn saw(&self, code: &Bound<'_, PyAny>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(code.as_ptr() as usize).or_insert_with(|| code.clone().unbind());
    }

    /// Takes what was seen.
    pub(crate) fn take(&self) -> Vec<Py<PyAny>> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        seen.into_values().collect()
    }
}

/// Notes that code runs now, with the build of this thread or task; whether there is one.
fn saw(code: &Bound<'_, PyAny>) -> PyResult<bool> {
    let own = building::current(code.py())?;
    if let Some(building) = &own {
        building.get().ran().saw(code);
    }
    Ok(own.is_some())
}

/// Begins to watch this thread, or goes on when a build inside another one has ended.
pub(crate) fn begin(py: Python<'_>) {
    if let Err(error) = own::begin(py) {
        error.write_unraisable(py, None);
    }
}

/// Stops watching, when no build is in progress any more.
pub(crate) fn end(py: Python<'_>) {
    if let Err(error) = own::end(py) {
        error.write_unraisable(py, None);
    }
}

/// From Python 3.12 on: one event for each piece of code, until it is asked for again.
#[cfg(Py_3_12)]
mod own {
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;

    use super::saw;
    use crate::building;

    /// Tools that nobody has a name for, and the least likely to be taken.
    const TOOLS: [u8; 3] = [4, 3, 5];

    /// Our number among the tools, once we have one; `None` when all are taken.
    fn tool(py: Python<'_>) -> PyResult<Option<u8>> {
        static TOOL: PyOnceLock<Option<u8>> = PyOnceLock::new();
        let take = || -> PyResult<Option<u8>> {
            let monitoring = py.import("sys")?.getattr("monitoring")?;
            for tool in TOOLS {
                if monitoring.call_method1("get_tool", (tool,))?.is_none() {
                    monitoring.call_method1("use_tool_id", (tool, "heirloom"))?;
                    let started = wrap_pyfunction!(started, py)?;
                    let event = monitoring.getattr("events")?.getattr("PY_START")?;
                    monitoring.call_method1("register_callback", (tool, event, started))?;
                    return Ok(Some(tool));
                }
            }
            Ok(None)
        };
        TOOL.get_or_try_init(py, take).copied()
    }

    pub(super) fn begin(py: Python<'_>) -> PyResult<()> {
        let Some(tool) = tool(py)? else { return Ok(()) };
        disable(py)?;
        let monitoring = py.import("sys")?.getattr("monitoring")?;
        let event = monitoring.getattr("events")?.getattr("PY_START")?;
        monitoring.call_method1("set_events", (tool, event))?;
        monitoring.call_method0("restart_events")?;
        Ok(())
    }

    pub(super) fn end(py: Python<'_>) -> PyResult<()> {
        if building::in_progress() {
            return begin(py);
        }
        let Some(tool) = tool(py)? else { return Ok(()) };
        py.import("sys")?.getattr("monitoring")?.call_method1("set_events", (tool, 0))?;
        Ok(())
    }

    /// Python's call: code begins to run.
    #[pyfunction]
    fn started<'py>(code: &Bound<'py, PyAny>, _at: &Bound<'py, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = code.py();
        if !saw(code)? || building::many() {
            // The next to run it may belong to another build.
            return Ok(None);
        }
        Ok(Some(disable(py)?.clone_ref(py)))
    }

    /// What ends the events of a piece of code; found before any, because code may run without builtins.
    fn disable(py: Python<'_>) -> PyResult<&Py<PyAny>> {
        static DISABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let find = || Ok::<_, PyErr>(py.import("sys")?.getattr("monitoring")?.getattr("DISABLE")?.unbind());
        DISABLE.get_or_try_init(py, find)
    }
}

/// Before Python 3.12: a profile function of our own in each thread.
#[cfg(not(Py_3_12))]
#[expect(
    unsafe_code,
    reason = "a profile function written in Python would slow every call of a builder tenfold"
)]
mod own {
    use std::cell::RefCell;
    use std::collections::HashSet;
    use std::ffi::c_int;
    use std::ptr;

    use pyo3::ffi;
    use pyo3::prelude::*;

    use super::saw;
    use crate::building;

    thread_local! {
        /// What this thread has told of already.
        static KNOWN: RefCell<HashSet<usize>> = RefCell::default();
    }

    pub(super) fn begin(py: Python<'_>) -> PyResult<()> {
        KNOWN.with_borrow_mut(HashSet::clear);
        let others = py.import("sys")?.call_method0("getprofile")?;
        if others.is_none() {
            // SAFETY: the interpreter is held, and the function is of the type that is asked for.
            unsafe { ffi::PyEval_SetProfile(Some(called), py.None().as_ptr()) };
        }
        Ok(())
    }

    pub(super) fn end(py: Python<'_>) -> PyResult<()> {
        KNOWN.with_borrow_mut(HashSet::clear);
        if building::current(py)?.is_some() {
            return Ok(());
        }
        let own = py.import("sys")?.call_method0("getprofile")?;
        if own.is_none() {
            // SAFETY: as above; `None` stands for our own function, whose argument it is.
            unsafe { ffi::PyEval_SetProfile(None, ptr::null_mut()) };
        }
        Ok(())
    }

    /// Whether a frame goes on after a pause: an `await` that a builder is in the middle of, not a part of the build.
    fn goes_on(frame: &Bound<'_, PyAny>, code: &Bound<'_, PyAny>) -> PyResult<bool> {
        /// `CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR`, of `Include/cpython/code.h`.
        const PAUSES: u32 = 0x02A0;
        if code.getattr("co_flags")?.extract::<u32>()? & PAUSES == 0 {
            return Ok(false);
        }
        let at = frame.getattr("f_lasti")?.extract::<isize>()?;
        if !cfg!(Py_3_11) {
            return Ok(at >= 0);
        }
        // Python 3.11 tells of a call at `RESUME`, whose argument is 0 at the start only.
        Ok(code.getattr("co_code")?.get_item(at + 1)?.extract::<u8>()? != 0)
    }

    /// Python's call at each event of a thread.
    unsafe extern "C" fn called(
        _own: *mut ffi::PyObject,
        frame: *mut ffi::PyFrameObject,
        what: c_int,
        _argument: *mut ffi::PyObject,
    ) -> c_int {
        if what == ffi::PyTrace_CALL {
            // SAFETY: Python calls with the interpreter held and a live frame; the code is a new reference.
            let (py, code) = unsafe {
                let py = Python::assume_attached();
                (py, Bound::from_owned_ptr(py, ffi::PyFrame_GetCode(frame).cast()))
            };
            if !KNOWN.with_borrow(|known| known.contains(&(code.as_ptr() as usize)))
                && building::in_progress()
            {
                // SAFETY: as above; the frame is borrowed.
                let frame = unsafe { Bound::from_borrowed_ptr(py, frame.cast()) };
                if let Err(error) = begins(&frame, &code) {
                    error.write_unraisable(py, None);
                }
            }
        }
        0
    }

    fn begins(frame: &Bound<'_, PyAny>, code: &Bound<'_, PyAny>) -> PyResult<()> {
        if goes_on(frame, code)? {
            return Ok(());
        }
        if !saw(code)? || building::many() {
            // The next to run it may belong to another build.
            KNOWN.with_borrow_mut(HashSet::clear);
        } else {
            KNOWN.with_borrow_mut(|known| known.insert(code.as_ptr() as usize));
        }
        Ok(())
    }
}
