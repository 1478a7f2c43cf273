//! Python objects as keys of a [`Table`].
//!
//! Promises: 1. a key is hashed once a use; 2. keys of the usual types are compared without running code; 3. whatever
//! `__hash__` and `__eq__` do, uses of the very same table included, the place that is found stands when it is handed out.
//! Refuses: unhashable keys, with one sentence.

#![expect(unsafe_code, reason = "objects of built-in types are compared by raw pointer")]

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;

use super::guarded::Guarded;
use super::strict;
use crate::lru::is_simple;
use crate::table::{Alike, Looked, Table};

/// What is looked for.
pub(super) struct Sought<'a, 'py> {
    pub(super) object: &'a Bound<'py, PyAny>,
    pub(super) hash: u64,
    /// Whether `1` and `1.0` are two keys.
    pub(super) strict: bool,
}

/// A key that is kept.
pub(super) struct Key {
    pub(super) object: Py<PyAny>,
    pub(super) strict: bool,
}

/// What can be found by equality.
pub(super) trait Comparable {
    /// Compares without running any code.
    fn alike(&self, sought: &Sought<'_, '_>) -> Alike;

    /// The object to compare with; `None` when it is dead.
    fn object<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>>;
}

/// A state with one such table in it.
pub(super) trait Has<K, V> {
    fn table(&mut self) -> &mut Table<K, V>;
}

impl<'a, 'py> Sought<'a, 'py> {
    /// Hashes a key.
    #[inline]
    pub(super) fn new(object: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        let hash = object.hash()?.cast_unsigned() as u64;
        Ok(Self { object, hash: spread(hash), strict: false })
    }

    /// Hashes a key of a table that tells types apart, or does not.
    #[inline]
    pub(super) fn typed(object: &'a Bound<'py, PyAny>, typed: bool) -> PyResult<Self> {
        if typed { Self::strictly(object) } else { Self::new(object) }
    }

    /// Hashes a key that is told apart strictly.
    pub(super) fn strictly(object: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        Ok(Self { object, hash: spread(strict::hash(object, 0)?), strict: true })
    }

    pub(super) fn keep(&self) -> Key {
        Key { object: self.object.clone().unbind(), strict: self.strict }
    }

    fn equals(&self, other: &Bound<'py, PyAny>) -> PyResult<bool> {
        if self.strict { strict::equal(self.object, other, 0) } else { self.object.eq(other) }
    }

    /// Finds the place of the key; it stands until other code runs.
    #[inline]
    pub(super) fn find<S, K, V>(&self, state: &Guarded<S>) -> PyResult<Option<usize>>
    where
        S: Has<K, V>,
        K: Comparable,
    {
        let py = self.object.py();
        let look = |skip| {
            state.step(py, |state| {
                let table = state.table();
                match table.look(self.hash, skip, |kept| kept.alike(self)) {
                    Looked::At(at) => Ok(Some(at)),
                    Looked::Absent => Ok(None),
                    Looked::Ask(at) => {
                        Err((table.changes, at, table.get(at).and_then(|(key, _)| key.object(py))))
                    }
                }
            })
        };
        let mut skip = 0;
        loop {
            let (changes, at, other) = match look(skip) {
                Ok(found) => return Ok(found),
                Err(ask) => ask,
            };
            let equal = other.as_ref().map_or(Ok(false), |other| self.equals(other));
            // It may be the last reference, and what runs then may change the table.
            drop(other);
            let unchanged = state.step(py, |state| state.table().changes == changes);
            match (equal?, unchanged) {
                (true, true) => return Ok(Some(at)),
                (false, true) => skip += 1,
                (_, false) => skip = 0,
            }
        }
    }
}

impl Comparable for Key {
    #[inline]
    fn alike(&self, sought: &Sought<'_, '_>) -> Alike {
        if self.strict {
            strict::alike(self.object.as_ptr(), sought.object.as_ptr(), 0)
        } else {
            alike(self.object.as_ptr(), sought.object.as_ptr())
        }
    }

    fn object<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        Some(self.object.bind(py).clone())
    }
}

/// Compares as Python does, without running any code.
#[inline]
pub(super) fn alike(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> Alike {
    if left == right {
        return Alike::Yes;
    }
    // SAFETY: both are living objects; comparing two of one such type runs no code of anybody's.
    unsafe {
        let class = ffi::Py_TYPE(left);
        if class != ffi::Py_TYPE(right) || !is_simple(class) {
            Alike::Ask
        } else if ffi::PyObject_RichCompareBool(left, right, ffi::Py_EQ) == 1 {
            Alike::Yes
        } else {
            Alike::No
        }
    }
}

/// Says of an unhashable key what to do instead.
#[cold]
pub(super) fn refused(place: &str, key: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = key.py();
    if !error.is_instance_of::<PyTypeError>(py) {
        return error;
    }
    let told = || py.import("heirloom.reuse._bounds")?.call_method1("hashable", (place, key));
    told().err().unwrap_or(error)
}

/// Python's hashes of numbers are the numbers; the table wants all bits.
#[inline]
fn spread(hash: u64) -> u64 {
    let mixed = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 32)
}
