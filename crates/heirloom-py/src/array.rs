//! A large array inside a key: its kind of element, its shape and the digest of its bytes.
//!
//! Promises: the bytes are digested in place, on all cores, without the interpreter. Refuses: to know NumPy; Python
//! says what counts (`heirloom/_arguments.py`).

use bytes::Bytes;
use heirloom_core::Digest;
use pyo3::prelude::*;

use crate::frame::lend;

/// From this length on, one array is worth digesting on all cores.
const LARGE: usize = 1 << 20;

/// An array by its content, for a key.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct ArrayKey {
    dtype: String,
    shape: Vec<u64>,
    bytes: Bytes,
}

#[pymethods]
impl ArrayKey {
    #[new]
    fn new(dtype: String, shape: Vec<u64>, buffer: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { dtype, shape, bytes: lend(buffer)? })
    }
}

impl ArrayKey {
    pub(crate) fn dtype(&self) -> &str {
        &self.dtype
    }

    pub(crate) fn shape(&self) -> &[u64] {
        &self.shape
    }

    pub(crate) fn digest(&self, py: Python<'_>) -> Digest {
        if self.bytes.len() < LARGE {
            return Digest::of(&self.bytes);
        }
        py.detach(|| Digest::of_large(&self.bytes))
    }
}
