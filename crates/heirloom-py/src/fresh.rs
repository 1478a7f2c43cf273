//! A fresh object on its way from the builder to the engine: checked, read for its traits, sealed while the
//! interpreter is at hand.
//!
//! Promises: 1. the first caller receives what later callers will: an object whose arrays are read-only; 2. what
//! cannot be pickled is served all the same, and the reason goes to the trail. Refuses: to share what can be used once
//! only.

use heirloom_core::engine::{Mode, Request};
use heirloom_core::object::Object;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::held::Held;
use crate::notices::warn;
use crate::pickle::Pickle5;
use crate::recipe::read_traits;
use crate::shelf::Shelf;

/// The engine's object for what a builder returned.
pub(crate) fn object(
    py: Python<'_>,
    shelf: &Shelf,
    request: &Request,
    value: &Bound<'_, PyAny>,
) -> PyResult<Object> {
    let traits = shelf.traits.as_ref().map(|read| read_traits(read.bind(py), value)).transpose()?;
    let recipe = shelf.registered.recipe();
    let around = matches!(request.mode, Mode::Bypass | Mode::Off(_)) || recipe.off.is_some();
    if around || !recipe.tiers.disk || shelf.engine.folder().is_none() {
        return Ok(Held::fresh(value, None, traits).into_object(weight(value)));
    }
    match Pickle5::seal_fresh(value) {
        Ok((payload, reopened)) => {
            let bytes = payload.bytes().max(1);
            let value = reopened.as_ref().unwrap_or(value);
            Ok(Held::fresh(value, Some(Ok(payload)), traits).into_object(bytes))
        }
        Err(error) if error.is_instance_of::<PyException>(py) => {
            let fault = error.to_string();
            Ok(Held::fresh(value, Some(Err(fault)), traits).into_object(weight(value)))
        }
        Err(error) => Err(error),
    }
}

/// Whether a result can be used only once, so that it is handed to its own caller and to nobody else; if so, it is told.
pub(crate) fn only_once(shelf: &Shelf, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let one_shot = ["__next__", "__anext__", "__await__"];
    let class = value.get_type();
    if !one_shot.iter().any(|name| class.hasattr(*name).unwrap_or(false)) {
        return Ok(false);
    }
    warn(&format!(
        "{} returned a {}, which can be used only once: this caller gets it, and it is not kept; return a list or a \
         tuple of its items",
        shelf.registered.name(),
        class.qualname()?
    ));
    Ok(true)
}

/// What an object that has no frames weighs: its buffer, or what Python says of it.
fn weight(value: &Bound<'_, PyAny>) -> u64 {
    let buffer = value.getattr("nbytes").and_then(|bytes| bytes.extract::<u64>());
    let own = || value.py().import("sys")?.call_method1("getsizeof", (value, 1))?.extract::<u64>();
    buffer.or_else(|_| own()).unwrap_or(1).max(1)
}
