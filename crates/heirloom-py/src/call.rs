//! The call itself: what stands under the decorated function's name.
//!
//! On the road: first. A hit ends here; everything else goes to Python, which knows store and scope. Promises: a hit
//! looks at one counter and one table, and makes no Python object. Refuses: any decision about stores.

#![expect(unsafe_code, reason = "a hit makes no Python object, so it works on raw pointers")]

use std::ffi::{CStr, c_int};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::building;
use crate::hand_made::{Answers, HandMade, Own, RawCall, answer, method};
use crate::road;
use crate::shelf::Shelf;

/// Raised when stores change: every shelf must be chosen anew.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// A callable that answers hits; `heirloom.Cached` stands on it.
pub(crate) struct Call {
    generation: u64,
    current: *const Shelf,
    /// Keeps `current` alive.
    owned: Option<Own>,
}

type Made = HandMade<Call>;

impl Call {
    /// The shelf that answers hits now, if nothing has changed since it was chosen.
    #[inline]
    fn current_shelf(&self) -> Option<&Shelf> {
        if self.generation != GENERATION.load(Ordering::Relaxed) {
            return None;
        }
        // SAFETY: null, or the shelf that `owned` holds; a call runs with the interpreter held.
        let (shelf, py) = unsafe { (self.current.as_ref()?, Python::assume_attached()) };
        shelf.code_holds(py).then_some(shelf)
    }
}

impl Answers for Call {
    const NAME: &'static CStr = c"heirloom._heirloom.Call";

    fn new(_args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        Ok(Self { generation: 0, current: null(), owned: None })
    }

    unsafe fn call(this: *mut Made, call: RawCall) -> *mut ffi::PyObject {
        // SAFETY: a living instance, and the arguments of a running call.
        unsafe {
            // Inside a build a hit must be recorded, and in a scope without a cache it must not be one.
            if let Some(shelf) = (*this).inner.current_shelf()
                && !building::open_here()
            {
                let found = road::hit_raw(shelf, &call);
                if !found.is_null() {
                    return found;
                }
            }
            Python::attach(|py| answer(py, miss(py, this, call)))
        }
    }

    fn traverse(&self, visit: &mut dyn FnMut(*mut ffi::PyObject) -> c_int) -> c_int {
        visit(self.owned.as_ref().map_or(null_mut(), Own::as_ptr))
    }

    fn clear(&mut self) {
        self.current = null();
        drop(self.owned.take());
    }

    fn methods() -> Vec<ffi::PyMethodDef> {
        let doc = c"Remembers the shelf that answers hits from now on, until a store changes.";
        vec![method(c"_answer_from", answer_from, ffi::METH_O, doc)]
    }
}

/// Goes the slow road, with the arguments as Python spells them.
unsafe fn miss(py: Python<'_>, this: *mut Made, call: RawCall) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: a living instance, and the arguments of a running call.
    unsafe {
        let object = |raw: &*mut ffi::PyObject| Bound::from_borrowed_ptr(py, *raw);
        let (positional, named) = call.values().split_at(call.positional());
        let args = PyTuple::new(py, positional.iter().map(object))?;
        let kwargs = if named.is_empty() { None } else { Some(PyDict::new(py)) };
        for (name, value) in call.names().iter().zip(named) {
            kwargs.as_ref().map(|kwargs| kwargs.set_item(object(name), object(value))).transpose()?;
        }
        let this: Bound<'_, PyAny> = Bound::from_borrowed_ptr(py, this.cast());
        this.call_method1(pyo3::intern!(py, "_miss"), (args, kwargs))
    }
}

unsafe extern "C" fn answer_from(this: *mut ffi::PyObject, shelf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    Python::attach(|py| {
        // SAFETY: the method's own instance, and a living argument; the old shelf is let go after the new one stands.
        let old = unsafe {
            let shelf = match Bound::from_borrowed_ptr(py, shelf).cast_into::<Shelf>() {
                Ok(shelf) => shelf,
                Err(error) => return answer(py, Err(error.into())),
            };
            let inner = &raw mut (*this.cast::<Made>()).inner;
            (*inner).generation = GENERATION.load(Ordering::Relaxed);
            (*inner).current = std::ptr::from_ref(shelf.get());
            (*inner).owned.replace(Own::take(shelf.as_ptr()))
        };
        drop(old);
        answer(py, Ok(py.None().into_bound(py)))
    })
}

/// Has every call choose its store anew; called when the default store or a scope changes.
#[pyfunction]
pub(crate) fn next_generation() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Counts a scope in (`True`) or out: while one is open, each call looks for it.
#[pyfunction]
pub(crate) fn attend(into: bool) {
    building::count_scope(into);
}
