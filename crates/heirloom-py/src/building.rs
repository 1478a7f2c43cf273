//! The build that Python code runs inside of, as a context variable: it follows tasks and `asyncio.to_thread`.
//!
//! Promises: 1. a builder that asks for itself is told so, in whatever task; 2. cached calls below it are recorded
//! with it. Refuses: to cross a fork; a child that was forked inside a build builds on its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use heirloom_core::Digest;
use heirloom_core::engine::Context;
use heirloom_core::identity::Dependency;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// How many builds and scopes are open in this process; while there is none, a hit need not look for them.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// One build in progress.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Building {
    id: (Digest, Digest),
    context: Context,
    above: Option<Py<Self>>,
    pid: u32,
}

/// The token that takes a [`Building`] back, and counts it off.
pub(crate) struct Entered(Py<PyAny>);

fn variable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || {
        let class = py.import("contextvars")?.getattr("ContextVar")?;
        Ok::<_, PyErr>(class.call1(("heirloom_building",))?.unbind())
    };
    Ok(VARIABLE.get_or_try_init(py, make)?.bind(py))
}

/// The build that this code runs inside of.
pub(crate) fn current(py: Python<'_>) -> PyResult<Option<Py<Building>>> {
    if !open() {
        return Ok(None);
    }
    let found: Option<Py<Building>> = variable(py)?.call_method1("get", (py.None(),))?.extract()?;
    Ok(found.filter(|building| building.get().pid == std::process::id()))
}

/// Whether any build or scope is open in this process.
#[inline]
pub(crate) fn open() -> bool {
    OPEN.load(Ordering::Relaxed) != 0
}

/// Counts a build or a scope in (`true`) or out.
pub(crate) fn count(into: bool) {
    if into {
        OPEN.fetch_add(1, Ordering::Relaxed);
    } else {
        OPEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| Some(open.saturating_sub(1))).ok();
    }
}

/// In a forked child only the builds of the forking thread go on, and they do not count here.
pub(crate) fn forget_all() {
    OPEN.store(0, Ordering::Relaxed);
}

#[pymethods]
impl Building {
    /// Records code that ran in this build; see `heirloom/_closure/ran.py`.
    fn note_code(&self, name: String, state: String, live: bool) {
        self.context.recorder().note(Dependency::Code { name, state, live });
    }
}

impl Building {
    pub(crate) fn new(id: (Digest, Digest), context: Context, above: Option<Py<Self>>) -> Self {
        Self { id, context, above, pid: std::process::id() }
    }

    /// Whether `id` is this build or one above it.
    pub(crate) fn holds(&self, id: &(Digest, Digest)) -> bool {
        self.id == *id || self.above.as_ref().is_some_and(|above| above.get().holds(id))
    }

    /// Makes this the build that the running code is inside of.
    pub(crate) fn enter(this: Py<Self>, py: Python<'_>) -> PyResult<Entered> {
        let token = variable(py)?.call_method1("set", (this,))?;
        count(true);
        Ok(Entered(token.unbind()))
    }
}

impl Entered {
    /// Goes back to the build above.
    pub(crate) fn leave(self, py: Python<'_>) {
        count(false);
        if let Ok(variable) = variable(py)
            && let Err(error) = variable.call_method1("reset", (self.0,))
        {
            error.write_unraisable(py, None);
        }
    }
}

/// Runs `work` as a part of the build `outer`, if there is one, without the interpreter.
pub(crate) fn within<R: Send>(
    py: Python<'_>,
    outer: Option<&Py<Building>>,
    work: impl FnOnce() -> R + Send,
) -> R {
    match outer.map(Py::get) {
        Some(outer) => py.detach(|| outer.context.enter(work)),
        None => py.detach(work),
    }
}
