//! The call itself: what stands under the decorated function's name.
//!
//! On the road: first. A hit ends here; everything else goes to Python, which knows store and scope. Promises: a hit
//! looks at one counter and one table. Refuses: any decision about stores.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::building;
use crate::road;
use crate::shelf::Shelf;

/// Raised when stores change: every shelf must be chosen anew.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// A callable that answers hits; `heirloom.Cached` stands on it.
#[pyclass(frozen, subclass, module = "heirloom._heirloom")]
pub(crate) struct Call {
    current: Mutex<Option<(u64, Py<Shelf>)>>,
}

#[pymethods]
impl Call {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { current: Mutex::new(None) }
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        // Inside a build a hit must be recorded, and in a scope without a cache it must not be one.
        if !building::open()
            && let Some(object) = slf.get().hit(args, kwargs)
        {
            return Ok(object);
        }
        Ok(slf.call_method1("_miss", (args, kwargs))?.unbind())
    }

    /// Remembers the shelf that answers hits from now on, until a store changes.
    fn _answer_from(&self, shelf: Py<Shelf>) {
        let fresh = Some((GENERATION.load(Ordering::Relaxed), shelf));
        let old = std::mem::replace(&mut *self.current.lock().unwrap_or_else(PoisonError::into_inner), fresh);
        drop(old);
    }
}

impl Call {
    #[inline]
    fn hit(&self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> Option<Py<PyAny>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (generation, shelf) = current.as_ref()?;
        if *generation != GENERATION.load(Ordering::Relaxed) {
            return None;
        }
        road::hit(shelf.get(), args, kwargs)
    }
}

/// Has every call choose its store anew; called when the default store or a scope changes.
#[pyfunction]
pub(crate) fn next_generation() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Counts a scope in (`True`) or out: while one is open, each call looks for it.
#[pyfunction]
pub(crate) fn attend(into: bool) {
    building::count(into);
}
