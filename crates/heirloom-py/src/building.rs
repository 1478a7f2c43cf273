//! The build that Python code runs inside of, as a context variable: it follows tasks and `asyncio.to_thread`.
//!
//! Promises: 1. a builder that asks for itself is told so, in whatever task; 2. cached calls below it are recorded
//! with it. Refuses: to cross a fork; a child that was forked inside a build builds on its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use heirloom_core::Digest;
use heirloom_core::Recorder;
use heirloom_core::engine::Context;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::ran::{self, Ran};
use crate::recording;
use crate::shelf::Shelf;

/// How many builds are open in this process; while there is none, a hit need not look for the one around it.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// The builds in progress, of all threads; what cannot be told apart is recorded with each of them.
static BUILDS: Mutex<Vec<Py<Building>>> = Mutex::new(Vec::new());

/// How many they are.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// How many scopes are open in this process; while there is none, a hit need not look for them.
static SCOPES: AtomicUsize = AtomicUsize::new(0);

/// One build in progress.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Building {
    id: (Digest, Digest),
    context: Context,
    above: Option<Py<Self>>,
    pid: u32,
    over: AtomicBool,
    shelf: Py<Shelf>,
    /// The code that ran.
    ran: Ran,
    /// What Python's side of the recording remembers of this build.
    pub(crate) notes: Py<PyDict>,
}

/// The token that takes a [`Building`] back, and counts it off.
pub(crate) struct Entered(Py<PyAny>, Py<Building>);

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
    Ok(found.filter(|building| building.get().goes_on()))
}

/// Runs `work` as a part of no build.
pub(crate) fn apart<R>(py: Python<'_>, work: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    let token = variable(py)?.call_method1("set", (py.None(),))?;
    let done = work();
    variable(py)?.call_method1("reset", (token,))?;
    done
}

/// The builds that what happens now belongs to: that of this thread or task, else all that are in progress.
///
/// A task outside of every build is nobody's: it runs while builders of the same loop wait, and what a builder starts
/// has the builder's context.
pub(crate) fn concerned(py: Python<'_>) -> PyResult<Vec<Py<Building>>> {
    if let Some(own) = current(py)? {
        return Ok(vec![own]);
    }
    if runs_loop(py)? {
        return Ok(Vec::new());
    }
    let builds = BUILDS.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(builds.iter().map(|building| building.clone_ref(py)).collect())
}

/// Whether this thread runs an event loop of `asyncio`.
fn runs_loop(py: Python<'_>) -> PyResult<bool> {
    // Looked up, not imported: where nobody has loaded it, no loop runs.
    match modules(py)?.get_item("_asyncio") {
        Ok(asyncio) => Ok(!asyncio.call_method0("_get_running_loop")?.is_none()),
        Err(_) => Ok(false),
    }
}

/// `sys.modules`; found when the first build begins, because code may run without builtins, where nothing is imported.
fn modules(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static MODULES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let find = || Ok::<_, PyErr>(py.import("sys")?.getattr("modules")?.unbind());
    Ok(MODULES.get_or_try_init(py, find)?.bind(py))
}

/// Whether any build is in progress in this process.
#[inline]
pub(crate) fn in_progress() -> bool {
    COUNT.load(Ordering::Relaxed) != 0
}

/// Whether several builds are in progress in this process.
#[inline]
pub(crate) fn many() -> bool {
    COUNT.load(Ordering::Relaxed) > 1
}

/// Whether any build is open in this process.
#[inline]
fn open() -> bool {
    OPEN.load(Ordering::Relaxed) != 0
}

/// Whether the running code is inside of a build, or any scope is open in this process.
#[inline]
pub(crate) fn open_here() -> bool {
    if SCOPES.load(Ordering::Relaxed) != 0 {
        return true;
    }
    // A build of another thread is no reason to leave the fast road.
    OPEN.load(Ordering::Relaxed) != 0 && Python::attach(|py| current(py).is_ok_and(|inside| inside.is_some()))
}

/// Counts a build in (`true`) or out.
fn count(into: bool) {
    add(&OPEN, into);
}

/// Counts a scope in (`true`) or out.
pub(crate) fn count_scope(into: bool) {
    add(&SCOPES, into);
}

fn add(counter: &AtomicUsize, into: bool) {
    if into {
        counter.fetch_add(1, Ordering::Relaxed);
    } else {
        counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| Some(open.saturating_sub(1))).ok();
    }
}

/// In a forked child only the builds of the forking thread go on, and they do not count here.
pub(crate) fn forget_all() {
    OPEN.store(0, Ordering::Relaxed);
    COUNT.store(0, Ordering::Relaxed);
    let left = std::mem::take(&mut *BUILDS.lock().unwrap_or_else(PoisonError::into_inner));
    // The parent's builds must not be torn down here.
    std::mem::forget(left);
    SCOPES.store(0, Ordering::Relaxed);
}

impl Building {
    pub(crate) fn new(
        shelf: &Bound<'_, Shelf>,
        id: (Digest, Digest),
        context: Context,
        above: Option<Py<Self>>,
    ) -> Self {
        let (over, pid, notes) =
            (AtomicBool::new(false), std::process::id(), PyDict::new(shelf.py()).unbind());
        let (shelf, ran) = (shelf.clone().unbind(), Ran::default());
        Self { id, context, above, pid, over, shelf, ran, notes }
    }

    /// The code that ran.
    pub(crate) fn ran(&self) -> &Ran {
        &self.ran
    }

    /// Whether it is in progress, in this process.
    fn goes_on(&self) -> bool {
        self.pid == std::process::id() && !self.over.load(Ordering::Relaxed)
    }

    /// The factory's shelf.
    pub(crate) fn shelf(&self) -> &Shelf {
        self.shelf.get()
    }

    /// What records the inputs of this build.
    pub(crate) fn recorder(&self) -> &Recorder {
        self.context.recorder()
    }

    /// In a forked child: what happens from now on is recorded for this build, into `journal`.
    pub(crate) fn follow_in_child(this: &Bound<'_, Self>, journal: std::fs::File) -> PyResult<()> {
        let (py, parent) = (this.py(), this.get());
        let context = Context::following(parent.recorder().for_child(journal));
        let child = Py::new(py, Self::new(parent.shelf.bind(py), parent.id, context, None))?;
        // Entered for good: the child ends before the build does.
        std::mem::forget(Self::enter(child, py)?);
        Ok(())
    }

    /// Makes this the build of a thread that it started.
    pub(crate) fn begin_thread(this: Py<Self>, py: Python<'_>) -> PyResult<()> {
        variable(py)?.call_method1("set", (this,))?;
        ran::begin(py);
        Ok(())
    }

    /// Whether `id` is this build or one above it.
    pub(crate) fn holds(&self, id: &(Digest, Digest)) -> bool {
        self.id == *id || self.above.as_ref().is_some_and(|above| above.get().holds(id))
    }

    /// Makes this the build that the running code is inside of.
    pub(crate) fn enter(this: Py<Self>, py: Python<'_>) -> PyResult<Entered> {
        modules(py)?;
        let token = variable(py)?.call_method1("set", (this.clone_ref(py),))?;
        count(true);
        COUNT.fetch_add(1, Ordering::Relaxed);
        BUILDS.lock().unwrap_or_else(PoisonError::into_inner).push(this.clone_ref(py));
        ran::begin(py);
        Ok(Entered(token.unbind(), this))
    }
}

impl Entered {
    /// Goes back to the build above.
    pub(crate) fn leave(self, py: Python<'_>) {
        recording::end(py, &self.1);
        count(false);
        self.1.get().over.store(true, Ordering::Relaxed);
        let mut builds = BUILDS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = builds.iter().position(|building| building.is(&self.1)) {
            drop(builds.swap_remove(at));
            COUNT.fetch_sub(1, Ordering::Relaxed);
        }
        drop(builds);
        ran::end(py);
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
