//! Bytes lent in both directions without a copy: a frame of a mapped blob to Python, a Python buffer to a frame.
//!
//! The one home of `unsafe` in this crate. Promises: 1. a frame is read-only, so every array over it is; 2. the
//! mapping outlives every object that points into it. Refuses: buffers that are not contiguous.

#![expect(unsafe_code, reason = "the buffer protocol is made of raw pointers")]

use std::ffi::{c_int, c_void};

use bytes::Bytes;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

/// One frame of a kept object, as a read-only buffer.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Frame(Bytes);

/// A Python object's buffer, held for as long as its bytes are needed.
struct Lent(PyUntypedBuffer);

impl Frame {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

#[pymethods]
impl Frame {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[expect(clippy::needless_pass_by_value, reason = "the signature that PyO3 wants")]
    /// # Safety
    /// Called by the interpreter with a valid `view`.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let bytes = &slf.get().0;
        let length = ffi::Py_ssize_t::try_from(bytes.len())?;
        let start = bytes.as_ptr().cast::<c_void>().cast_mut();
        // SAFETY: `view` is valid; the bytes live as long as this object, of which the view takes a reference, and
        // are announced as read-only.
        let filled = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, length, 1, flags) };
        if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        let length = self.0.len_bytes();
        if length == 0 {
            return &[];
        }
        // SAFETY: the buffer is contiguous (checked in `lend`) and held, so pointer and length stay valid. Its owner
        // handed the object over as finished; whoever writes into it all the same gets a digest that tells.
        unsafe { std::slice::from_raw_parts(self.0.buf_ptr().cast::<u8>(), length) }
    }
}

/// The bytes of a contiguous buffer, without a copy.
pub(crate) fn lend(object: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let buffer = PyUntypedBuffer::get(object)?;
    if !buffer.is_c_contiguous() && !buffer.is_fortran_contiguous() {
        return Err(PyBufferError::new_err("a buffer in pieces cannot be a frame"));
    }
    Ok(Bytes::from_owner(Lent(buffer)))
}
