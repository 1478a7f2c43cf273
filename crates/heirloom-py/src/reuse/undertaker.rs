//! Is told by the interpreter of each object that died, and takes its entry out.
//!
//! Promises: it holds no table alive, and waits for nothing: the dying may die anywhere, also inside another table. An
//! entry is found by the address of its weak reference, without a comparison. Refuses: knowing tables.

use std::sync::{Arc, Weak};

use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;

/// A state with weak references in it.
pub(super) trait Buries: Send + Sync {
    /// Takes out what stood on this reference.
    fn bury(&self, py: Python<'_>, reference: usize);
}

/// The callback of all weak references of one table.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Undertaker(Weak<dyn Buries>);

#[pymethods]
impl Undertaker {
    fn __call__(&self, reference: &Bound<'_, PyAny>) {
        if let Some(table) = self.0.upgrade() {
            table.bury(reference.py(), reference.as_ptr() as usize);
        }
    }
}

/// Makes the callback of a table.
pub(super) fn of(py: Python<'_>, table: Weak<dyn Buries>) -> PyResult<Py<Undertaker>> {
    Py::new(py, Undertaker(table))
}

/// Refers weakly to a value; a `TypeError` when that cannot be.
pub(super) fn refer<T: Buries + 'static>(
    value: &Bound<'_, PyAny>,
    undertaker: &mut Option<Py<Undertaker>>,
    table: &Arc<T>,
) -> PyResult<Py<PyWeakrefReference>> {
    let py = value.py();
    if undertaker.is_none() {
        let table: Weak<dyn Buries> = Arc::<T>::downgrade(table);
        *undertaker = Some(of(py, table)?);
    }
    let callback = undertaker.as_ref().map(|one| one.bind(py));
    PyWeakrefReference::new_with(value, callback).map(Bound::unbind)
}
