//! What stands under a function decorated with `ttl_cache`: a hit makes no Python frame.
//!
//! Promises: calls are told apart as `functools` does: by equality of arguments, in the order of writing but for names; a
//! lone `int` or `str` is its own key. Refuses: computing; a miss goes to `on_miss` with the key, for single flight.

#![expect(unsafe_code, reason = "arguments come as raw pointers")]

use std::ffi::{CStr, c_int};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyTuple};

use super::cache::CacheCore;
use crate::hand_made::{Answers, HandMade, Own, RawCall, answer};

/// The callable.
pub(crate) struct TimedCall {
    function: Own,
    cache: Own,
    on_miss: Own,
    /// Stands before the named arguments in a key.
    names: Own,
    typed: bool,
}

impl Answers for TimedCall {
    const NAME: &'static CStr = c"heirloom._heirloom.TimedCall";

    fn new(args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        type Given<'py> = (Bound<'py, PyAny>, Bound<'py, CacheCore>, Bound<'py, PyAny>, bool);
        let (function, cache, on_miss, typed): Given<'_> = args.extract()?;
        let names = args.py().get_type::<PyAny>().call0()?;
        // SAFETY: all are alive, and the interpreter attached.
        let own = |object: &Bound<'_, PyAny>| unsafe { Own::take(object.as_ptr()) };
        Ok(Self {
            function: own(&function),
            cache: own(cache.as_any()),
            on_miss: own(&on_miss),
            names: own(&names),
            typed,
        })
    }

    unsafe fn call(this: *mut HandMade<Self>, call: RawCall) -> *mut ffi::PyObject {
        // SAFETY: the caller is attached, and holds the instance and the arguments while the call runs.
        unsafe {
            let py = Python::assume_attached();
            answer(py, (*this).inner.answered(py, call))
        }
    }

    fn traverse(&self, visit: &mut dyn FnMut(*mut ffi::PyObject) -> c_int) -> c_int {
        let own = [&self.function, &self.cache, &self.on_miss, &self.names];
        own.into_iter().map(|one| visit(one.as_ptr())).find(|met| *met != 0).unwrap_or(0)
    }

    fn clear(&mut self) {
        // Its cycles are broken by the `__dict__` and by the cache, which let go of everything.
    }

    fn methods() -> Vec<ffi::PyMethodDef> {
        Vec::new()
    }
}

impl TimedCall {
    unsafe fn answered<'py>(&self, py: Python<'py>, call: RawCall) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: promised by the caller.
        unsafe {
            let key = self.key(py, &call)?;
            let cache = Bound::from_borrowed_ptr(py, self.cache.as_ptr());
            let found = cache.cast_unchecked::<CacheCore>().get().hit(&key);
            if let Some(value) = found.map_err(|error| self.refused(py, &key, error))? {
                return Ok(value.into_bound(py));
            }
            let (values, names) = (call.values(), call.names());
            let object = |raw: &*mut ffi::PyObject| Bound::from_borrowed_ptr(py, *raw);
            let args = PyTuple::new(py, values[..call.positional()].iter().map(object))?;
            let kwargs = PyDict::new(py);
            for (name, value) in names.iter().zip(&values[call.positional()..]) {
                kwargs.set_item(object(name), object(value))?;
            }
            Bound::from_borrowed_ptr(py, self.on_miss.as_ptr()).call1((key, args, kwargs))
        }
    }

    /// The key of a call.
    unsafe fn key<'py>(&self, py: Python<'py>, call: &RawCall) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: promised by the caller.
        let (values, names) = unsafe { (call.values(), call.names()) };
        // SAFETY: arguments are living objects.
        let object = |raw: *mut ffi::PyObject| unsafe { Bound::from_borrowed_ptr(py, raw) };
        if names.is_empty() && !self.typed {
            if let [only] = values {
                let only = object(*only);
                if only.is_exact_instance_of::<PyInt>() || only.is_exact_instance_of::<PyString>() {
                    return Ok(only);
                }
            }
            return Ok(PyTuple::new(py, values.iter().map(|raw| object(*raw)))?.into_any());
        }
        let mut parts: Vec<Bound<'py, PyAny>> =
            values[..call.positional()].iter().map(|raw| object(*raw)).collect();
        let mut named = Vec::with_capacity(names.len());
        for (name, value) in names.iter().zip(&values[call.positional()..]) {
            let name = object(*name).cast_into::<PyString>()?;
            named.push((name.to_str()?.to_owned(), name, object(*value)));
        }
        named.sort_by(|one, other| one.0.cmp(&other.0));
        let mut kinds: Vec<Bound<'py, PyAny>> = Vec::new();
        if self.typed {
            kinds.extend(
                parts.iter().chain(named.iter().map(|one| &one.2)).map(|one| one.get_type().into_any()),
            );
        }
        if !named.is_empty() {
            parts.push(object(self.names.as_ptr()));
        }
        parts.extend(named.into_iter().flat_map(|(_, name, value)| [name.into_any(), value]));
        parts.extend(kinds);
        Ok(PyTuple::new(py, parts)?.into_any())
    }

    #[cold]
    fn refused(&self, py: Python<'_>, key: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
        let Some(why) = key.hash().err().filter(|_| error.is_instance_of::<PyTypeError>(py)) else {
            return error;
        };
        // SAFETY: held by this object.
        let function = unsafe { Bound::from_borrowed_ptr(py, self.function.as_ptr()) };
        let name =
            function.getattr("__qualname__").map_or_else(|_| function.to_string(), |name| name.to_string());
        let why = why.value(py);
        let said = format!("`{name}` is cached by its arguments, and one cannot be hashed: {why}");
        PyTypeError::new_err(said)
    }
}
