//! A call as `functools` tells calls apart: by equality, in the order of writing.
//!
//! Promises: 1. each argument is hashed once a call; 2. values of built-in types are compared without running code;
//! 3. a lone `int` or `str` never equals a call of another type, as in C's `lru_cache`. Refuses: holding anything of a
//! running call.

#![expect(unsafe_code, reason = "arguments come as raw pointers")]

use std::ffi::c_int;

use pyo3::ffi;

use crate::hand_made::{Own, RawCall};
use crate::simple::{self, turned};
use crate::table::Alike;

/// The arguments of a running call.
#[derive(Clone, Copy)]
pub(super) struct Spoken<'a> {
    pub(super) values: &'a [*mut ffi::PyObject],
    pub(super) names: &'a [*mut ffi::PyObject],
    pub(super) hash: u64,
    typed: bool,
    bare: bool,
}

/// The arguments of a call that is over.
pub(super) struct Spelling {
    pub(super) values: Box<[Own]>,
    pub(super) names: Box<[Own]>,
    bare: bool,
}

impl Spoken<'_> {
    /// Reads a running call; `None` when an argument cannot be hashed, with Python's exception set.
    ///
    /// # Safety
    /// The call is running, and the interpreter attached.
    #[inline]
    pub(super) unsafe fn read(call: &RawCall, typed: bool) -> Option<Self> {
        // SAFETY: promised by the caller.
        let (values, names) = unsafe { (call.values(), call.names()) };
        let bare = match values {
            // SAFETY: an argument is a living object.
            [only] if names.is_empty() && !typed => unsafe { is_bare(*only) },
            _ => false,
        };
        let mut hash = values.len() as u64;
        for (at, value) in values.iter().enumerate() {
            // SAFETY: arguments and their names are living objects.
            unsafe {
                let own = ffi::PyObject_Hash(*value);
                if own == -1 && !ffi::PyErr_Occurred().is_null() {
                    return None;
                }
                hash = turned(hash, own.cast_unsigned() as u64);
                if typed {
                    hash = turned(hash, ffi::Py_TYPE(*value) as u64);
                }
                if let Some(name) = (at + names.len()).checked_sub(values.len()) {
                    hash = turned(hash, ffi::PyObject_Hash(names[name]).cast_unsigned() as u64);
                }
            }
        }
        Some(Self { values, names, hash: hash ^ (hash >> 32), typed, bare })
    }

    /// Keeps the call.
    ///
    /// # Safety
    /// The call is running, and the interpreter attached.
    pub(super) unsafe fn keep(&self) -> Spelling {
        // SAFETY: arguments are living objects.
        let own =
            |objects: &[*mut ffi::PyObject]| objects.iter().map(|one| unsafe { Own::take(*one) }).collect();
        Spelling { values: own(self.values), names: own(self.names), bare: self.bare }
    }

    /// Compares without running any code.
    #[inline]
    pub(super) fn alike(&self, kept: &Spelling) -> Alike {
        if self.bare != kept.bare
            || self.values.len() != kept.values.len()
            || self.names.len() != kept.names.len()
        {
            return Alike::No;
        }
        let mut alike = Alike::Yes;
        let names = self.names.iter().zip(&kept.names);
        for (left, right) in names.chain(self.values.iter().zip(&kept.values)) {
            let (left, right) = (*left, right.as_ptr());
            if left == right {
                continue;
            }
            // SAFETY: both are living objects; comparing two of one such type runs no code of anybody's.
            unsafe {
                let (class, other) = (ffi::Py_TYPE(left), ffi::Py_TYPE(right));
                if self.typed && class != other {
                    return Alike::No;
                }
                if class != other || !is_simple(class) {
                    alike = Alike::Ask;
                } else if !same(class, left, right) {
                    return Alike::No;
                }
            }
        }
        alike
    }

    /// Compares by the arguments' own `__eq__`, which may run any code; -1 with Python's exception set.
    ///
    /// # Safety
    /// The call is running, and the interpreter attached.
    pub(super) unsafe fn equals(&self, values: &[Own]) -> c_int {
        for (left, right) in self.values.iter().zip(values) {
            // SAFETY: both are held while they are compared.
            let equal = unsafe { ffi::PyObject_RichCompareBool(*left, right.as_ptr(), ffi::Py_EQ) };
            if equal != 1 {
                return equal;
            }
        }
        1
    }
}

impl Spelling {
    /// Holds the values for a comparison that may run code.
    ///
    /// # Safety
    /// The interpreter is attached.
    pub(super) unsafe fn hold(&self) -> Vec<Own> {
        // SAFETY: they are held here.
        self.values.iter().map(|value| unsafe { Own::take(value.as_ptr()) }).collect()
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = *mut ffi::PyObject> {
        self.values.iter().chain(&self.names).map(Own::as_ptr)
    }
}

#[inline]
unsafe fn is_bare(value: *mut ffi::PyObject) -> bool {
    // SAFETY: promised by the caller.
    unsafe { ffi::PyLong_CheckExact(value) != 0 || ffi::PyUnicode_CheckExact(value) != 0 }
}

/// Whether two values of one simple class are equal, as Python has it: a float that is no number equals nothing.
#[inline]
unsafe fn same(class: *mut ffi::PyTypeObject, left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
    // SAFETY: promised by the caller.
    unsafe {
        if class == &raw mut ffi::PyLong_Type {
            return simple::same(left, right);
        }
        ffi::PyObject_RichCompareBool(left, right, ffi::Py_EQ) == 1
    }
}

#[inline]
pub(crate) fn is_simple(class: *mut ffi::PyTypeObject) -> bool {
    [
        &raw mut ffi::PyLong_Type,
        &raw mut ffi::PyUnicode_Type,
        &raw mut ffi::PyFloat_Type,
        &raw mut ffi::PyBytes_Type,
        &raw mut ffi::PyBool_Type,
    ]
    .contains(&class)
}
