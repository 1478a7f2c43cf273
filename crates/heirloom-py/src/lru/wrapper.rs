//! The callable of `heirloom.lru_cache`.
//!
//! Promises: 1. equal calls may run at once, as with `functools`, unless `single_flight` is asked for; 2. whatever
//! arguments do in `__hash__`, `__eq__` or `__del__`, calls of this very function included, the order stays whole.
//! Refuses: unhashable arguments, with Python's own `TypeError`.

#![expect(unsafe_code, reason = "a hit makes no Python object, so it works on raw pointers")]

use std::ffi::{CStr, c_int};
use std::ptr::null_mut;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;

use super::single_flight::{Flight, Flights, Turn};
use super::spelling::{Spelling, Spoken};
use crate::hand_made::{Answers, HandMade, Own, RawCall, answer, method};
use crate::table::{Looked, Table};

/// What stands under the decorated function's name.
pub(crate) struct LruCache {
    function: Own,
    /// Makes what `cache_info()` returns of its four fields.
    info: Own,
    maxsize: Option<usize>,
    typed: bool,
    single_flight: bool,
    hits: u64,
    misses: u64,
    table: Table<Spelling, Own>,
    flights: Flights,
}

type Made = HandMade<LruCache>;

impl Answers for LruCache {
    const NAME: &'static CStr = c"heirloom._heirloom.LruCache";

    fn new(args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let (function, maxsize, typed, single_flight, info): (
            Bound<'_, PyAny>,
            Option<usize>,
            bool,
            bool,
            Bound<'_, PyAny>,
        ) = args.extract()?;
        // SAFETY: both are alive, and the interpreter attached.
        let (function, info) = unsafe { (Own::take(function.as_ptr()), Own::take(info.as_ptr())) };
        let (table, flights) = (Table::default(), Flights::default());
        Ok(Self { function, info, maxsize, typed, single_flight, hits: 0, misses: 0, table, flights })
    }

    unsafe fn call(this: *mut Made, call: RawCall) -> *mut ffi::PyObject {
        // SAFETY: promised by the caller; between two pieces of foreign code the instance is ours alone.
        unsafe {
            let inner = &raw mut (*this).inner;
            if (*inner).maxsize == Some(0) {
                (*inner).misses += 1;
                return (*inner).compute(call);
            }
            let Some(spoken) = Spoken::read(&call, (*inner).typed) else { return null_mut() };
            loop {
                match find(inner, &spoken) {
                    Err(()) => return null_mut(),
                    Ok(Some(at)) => {
                        let Some(value) = (*inner).table.used(at).map(|value| value.as_ptr()) else {
                            continue;
                        };
                        (*inner).hits += 1;
                        ffi::Py_INCREF(value);
                        return value;
                    }
                    Ok(None) => {}
                }
                if !(*inner).single_flight {
                    return miss(this, call, &spoken);
                }
                match (*inner).flights.turn(&spoken, || spoken.keep()) {
                    Turn::Compute => return miss(this, call, &spoken),
                    Turn::Lead(flight) => return lead(this, call, &spoken, &flight),
                    Turn::Wait(flight) => {
                        let waited = Python::attach(|py| flight.wait(py).map_err(|error| error.restore(py)));
                        if waited.is_err() {
                            return null_mut();
                        }
                    }
                }
            }
        }
    }

    fn traverse(&self, visit: &mut dyn FnMut(*mut ffi::PyObject) -> c_int) -> c_int {
        let own = [self.function.as_ptr(), self.info.as_ptr()];
        let kept = self.table.iter();
        let kept = kept.flat_map(|(_, (spelling, value))| spelling.objects().chain([value.as_ptr()]));
        own.into_iter().chain(kept).map(visit).find(|met| *met != 0).unwrap_or(0)
    }

    fn clear(&mut self) {
        let all = self.table.take();
        drop(all);
    }

    fn methods() -> Vec<ffi::PyMethodDef> {
        vec![
            method(
                c"cache_info",
                cache_info,
                ffi::METH_NOARGS,
                c"cache_info($self, /)\n--\n\nReport cache statistics",
            ),
            method(
                c"cache_clear",
                cache_clear,
                ffi::METH_NOARGS,
                c"cache_clear($self, /)\n--\n\nClear the cache and cache statistics",
            ),
            method(c"__reduce__", reduce, ffi::METH_NOARGS, c"Pickle by name."),
            method(c"__copy__", itself, ffi::METH_NOARGS, c"The same."),
            method(c"__deepcopy__", itself, ffi::METH_O, c"The same."),
        ]
    }
}

impl LruCache {
    unsafe fn compute(&self, call: RawCall) -> *mut ffi::PyObject {
        // SAFETY: the call's own arguments, handed on.
        unsafe { ffi::PyObject_Vectorcall(self.function.as_ptr(), call.args, call.count, call.names) }
    }
}

/// Finds a call; `Err` with Python's exception set when a comparison raised.
#[inline]
unsafe fn find(inner: *mut LruCache, spoken: &Spoken<'_>) -> Result<Option<usize>, ()> {
    let mut skip = 0;
    loop {
        // SAFETY: the table is borrowed for the look only; what is compared afterwards is held.
        unsafe {
            let table = &(*inner).table;
            let at = match table.look(spoken.hash, skip, |kept| spoken.alike(kept)) {
                Looked::At(at) => return Ok(Some(at)),
                Looked::Absent => return Ok(None),
                Looked::Ask(at) => at,
            };
            let (changes, Some((spelling, _))) = (table.changes, table.get(at)) else { return Ok(None) };
            let held = spelling.hold();
            let equal = spoken.equals(&held);
            drop(held);
            let unchanged = (*inner).table.changes == changes;
            match equal {
                -1 => return Err(()),
                1 if unchanged => return Ok(Some(at)),
                _ if unchanged => skip += 1,
                _ => skip = 0,
            }
        }
    }
}

/// Computes and keeps.
unsafe fn miss(this: *mut Made, call: RawCall, spoken: &Spoken<'_>) -> *mut ffi::PyObject {
    // SAFETY: as of `call`; no reference into the instance lives while foreign code runs.
    unsafe {
        let inner = &raw mut (*this).inner;
        (*inner).misses += 1;
        let value = (*inner).compute(call);
        if value.is_null() {
            return value;
        }
        let dropped = match find(inner, spoken) {
            Err(()) => {
                ffi::Py_DECREF(value);
                return null_mut();
            }
            // The same call came here first, while this one computed.
            Ok(Some(at)) if (*inner).maxsize.is_none() => {
                let new = Own::take(value);
                ((*inner).table.get_mut(at).map(|old| std::mem::replace(old, new)), None)
            }
            Ok(Some(_)) => (None, None),
            Ok(None) => {
                let full = (*inner).maxsize.is_some_and(|most| (*inner).table.len() >= most);
                let evicted = if full { (*inner).table.evict() } else { None };
                (*inner).table.insert(spoken.hash, spoken.keep(), Own::take(value));
                (None, evicted)
            }
        };
        // Last: it may run any code.
        drop(dropped);
        value
    }
}

/// Computes for all who wait.
unsafe fn lead(
    this: *mut Made,
    call: RawCall,
    spoken: &Spoken<'_>,
    flight: &Arc<Flight>,
) -> *mut ffi::PyObject {
    // SAFETY: as of `call`.
    unsafe {
        let value = miss(this, call, spoken);
        // An exception that is on its way must not meet what runs when the spelling is let go.
        let py = Python::assume_attached();
        let raised = PyErr::take(py);
        let spelling = (*this).inner.flights.land(flight);
        drop(spelling);
        if let Some(raised) = raised {
            raised.restore(py);
        }
        value
    }
}

unsafe extern "C" fn cache_info(this: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    Python::attach(|py| {
        // SAFETY: the method's own instance.
        let inner = unsafe { &(*this.cast::<Made>()).inner };
        // SAFETY: held by the instance.
        let info = unsafe { Bound::from_borrowed_ptr(py, inner.info.as_ptr()) };
        let fields = (inner.hits, inner.misses, inner.maxsize, inner.table.len());
        answer(py, info.call1(fields))
    })
}

unsafe extern "C" fn cache_clear(this: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the method's own instance.
    unsafe {
        let inner = &raw mut (*this.cast::<Made>()).inner;
        ((*inner).hits, (*inner).misses) = (0, 0);
        (*inner).clear();
        ffi::Py_INCREF(ffi::Py_None());
        ffi::Py_None()
    }
}

unsafe extern "C" fn reduce(this: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the method's own instance.
    unsafe { ffi::PyObject_GetAttrString(this, c"__qualname__".as_ptr()) }
}

unsafe extern "C" fn itself(this: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the method's own instance.
    unsafe {
        ffi::Py_INCREF(this);
        this
    }
}
