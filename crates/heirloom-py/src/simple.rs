//! Values of built-in, immutable types: hashed and compared without running anybody's code.
//!
//! On the road: beneath the front table. Promises: 1. values are the same when type and value are, a float by its bits;
//! 2. an int is read where it lies, because the interpreter's own way costs more than all the rest of a hit. Refuses:
//! subclasses, which may have an equality of their own.

#![expect(unsafe_code, reason = "values come as raw pointers, and ints are read in place")]

use pyo3::ffi;

/// A hash with one more part.
#[inline]
pub(crate) fn turned(hash: u64, part: u64) -> u64 {
    (hash.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// The hash of a value with its type; `None` when it is not of a simple type.
///
/// # Safety
/// The interpreter is attached, and the value alive.
#[inline]
pub(crate) unsafe fn hash(value: *mut ffi::PyObject) -> Option<u64> {
    // SAFETY: promised by the caller; each value is read as what its type says.
    unsafe {
        let class = ffi::Py_TYPE(value);
        if class == &raw mut ffi::PyUnicode_Type {
            return Some(hash_of_text(value));
        }
        if class == &raw mut ffi::PyLong_Type {
            return Some(int::hash(value));
        }
        if class == &raw mut ffi::PyFloat_Type {
            return Some(turned(3, ffi::PyFloat_AS_DOUBLE(value).to_bits()));
        }
        if class == &raw mut ffi::PyBytes_Type {
            return Some(turned(4, ffi::PyObject_Hash(value).cast_unsigned() as u64));
        }
        // There is one object of each of these values.
        let only = class == &raw mut ffi::PyBool_Type || value == ffi::Py_None();
        only.then(|| turned(5, value as u64))
    }
}

/// Whether two values are of one simple type and equal.
///
/// # Safety
/// The interpreter is attached, and both are alive.
pub(crate) unsafe fn same(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
    // SAFETY: promised by the caller; each value is read as what its type says.
    unsafe {
        let class = ffi::Py_TYPE(left);
        if class != ffi::Py_TYPE(right) {
            return false;
        }
        if class == &raw mut ffi::PyLong_Type {
            return int::same(left, right);
        }
        if class == &raw mut ffi::PyFloat_Type {
            return ffi::PyFloat_AS_DOUBLE(left).to_bits() == ffi::PyFloat_AS_DOUBLE(right).to_bits();
        }
        let read = class == &raw mut ffi::PyUnicode_Type || class == &raw mut ffi::PyBytes_Type;
        read && ffi::PyObject_RichCompareBool(left, right, ffi::Py_EQ) == 1
    }
}

/// A text's own hash, which it remembers.
#[inline]
unsafe fn hash_of_text(value: *mut ffi::PyObject) -> u64 {
    // SAFETY: the value is a text, whose layout begins so in every version.
    unsafe {
        let known = (*value.cast::<ffi::PyASCIIObject>()).hash;
        let own = if known == -1 { ffi::PyObject_Hash(value) } else { known };
        own.cast_unsigned() as u64
    }
}

/// Ints as CPython 3.10 to 3.14 keeps them: a word that tells sign and number of digits, then the digits.
#[cfg(not(Py_3_15))]
mod int {
    use super::{ffi, turned};

    #[repr(C)]
    struct Int {
        object: ffi::PyObject,
        tag: usize,
        digits: [u32; 0],
    }

    /// A bit that some versions set in ints that live for ever; the value is the same without it.
    #[cfg(Py_3_12)]
    const BESIDE_THE_VALUE: usize = 4;
    #[cfg(not(Py_3_12))]
    const BESIDE_THE_VALUE: usize = 0;

    #[inline]
    unsafe fn parts<'a>(value: *mut ffi::PyObject) -> (usize, &'a [u32]) {
        // SAFETY: the caller hands over a living int, and the tag says how many digits there are.
        unsafe {
            let int = value.cast::<Int>();
            let tag = (*int).tag;
            let length = if cfg!(Py_3_12) { tag >> 3 } else { tag.cast_signed().unsigned_abs() };
            let digits = std::slice::from_raw_parts((&raw const (*int).digits).cast(), length);
            (tag & !BESIDE_THE_VALUE, digits)
        }
    }

    /// # Safety
    /// The value is a living int.
    #[inline]
    pub(super) unsafe fn hash(value: *mut ffi::PyObject) -> u64 {
        // SAFETY: promised by the caller.
        let (tag, digits) = unsafe { parts(value) };
        digits.iter().fold(turned(2, tag as u64), |hash, digit| turned(hash, u64::from(*digit)))
    }

    /// # Safety
    /// Both are living ints.
    #[inline]
    pub(super) unsafe fn same(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
        // SAFETY: promised by the caller.
        unsafe { parts(left) == parts(right) }
    }
}

/// Ints of a version that was not looked at: asked the usual way.
#[cfg(Py_3_15)]
mod int {
    use super::{ffi, turned};

    /// # Safety
    /// The value is a living int.
    #[inline]
    pub(super) unsafe fn hash(value: *mut ffi::PyObject) -> u64 {
        // SAFETY: promised by the caller.
        turned(2, unsafe { ffi::PyObject_Hash(value) }.cast_unsigned() as u64)
    }

    /// # Safety
    /// Both are living ints.
    #[inline]
    pub(super) unsafe fn same(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
        // SAFETY: promised by the caller.
        unsafe { ffi::PyObject_RichCompareBool(left, right, ffi::Py_EQ) == 1 }
    }
}
