//! Errors on their way between the engine and Python.
//!
//! Promises: 1. a builder's own exception comes back as the very object that was raised, for the one who ran it and
//! for all who waited; 2. each kind of the engine's error is one class of `heirloom.errors`. Refuses: wrapping.

use std::fmt;

use heirloom_core::{Error, ErrorKind};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A builder's exception, carried through the engine.
pub(crate) struct Raised(Py<PyAny>);

impl Raised {
    /// Takes the exception object itself.
    pub(crate) fn new(py: Python<'_>, error: PyErr) -> Self {
        Self(error.into_value(py).into_any())
    }
}

/// The engine's error for an exception.
pub(crate) fn raised(py: Python<'_>, error: PyErr) -> Error {
    Error::build(Raised::new(py, error))
}

/// The exception for an engine's error.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    static INVALID: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static UNAVAILABLE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if let Some(raised) = error.build_error::<Raised>() {
        return PyErr::from_value(raised.0.bind(py).clone());
    }
    let class = match error.kind() {
        ErrorKind::Invalid => INVALID.import(py, "heirloom.errors", "InvalidError"),
        ErrorKind::Unavailable => UNAVAILABLE.import(py, "heirloom.errors", "UnavailableError"),
        _ => return PyRuntimeError::new_err(error.to_string()),
    };
    match class {
        Ok(class) => PyErr::from_type(class.clone(), error.to_string()),
        Err(fault) => fault,
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Python::try_attach(|py| self.0.bind(py).repr().map(|repr| repr.to_string()));
        match text {
            Some(Ok(text)) => f.write_str(&text),
            _ => f.write_str("an exception"),
        }
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Raised {}
