//! A Python object as the engine carries it: sealed, weighed, and found again by a weak reference.
//!
//! Promises: 1. everybody gets the very same object; 2. what was evicted and is still held by a client is found, when
//! its type can be referenced weakly; other objects fade. Refuses: waiting for the interpreter where the engine may
//! hold a lock: the weak reference is made beforehand.

use std::sync::{Arc, Mutex, PoisonError};

use heirloom_core::identity::Traits;
use heirloom_core::object::{Echo, Object, Payload};
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

/// A Python object with what was prepared for the engine while the interpreter was at hand.
pub(crate) struct Held {
    value: Py<PyAny>,
    weak: Option<Arc<Py<PyWeakrefReference>>>,
    /// The frames, until the engine takes them; or why there are none.
    sealed: Mutex<Option<Result<Payload, String>>>,
    traits: Option<Traits>,
}

impl Held {
    /// An object that was opened, or that needs no frames.
    pub(crate) fn open(value: &Bound<'_, PyAny>) -> Self {
        let weak = PyWeakrefReference::new(value).ok().map(|weak| Arc::new(weak.unbind()));
        Self { value: value.clone().unbind(), weak, sealed: Mutex::new(None), traits: None }
    }

    /// A fresh object with its frames.
    pub(crate) fn fresh(
        value: &Bound<'_, PyAny>,
        sealed: Option<Result<Payload, String>>,
        traits: Option<Traits>,
    ) -> Self {
        Self { sealed: Mutex::new(sealed), traits, ..Self::open(value) }
    }

    /// Hands it to the engine; `bytes` 0 lets the sealed length count.
    pub(crate) fn into_object(self, bytes: u64) -> Object {
        Object::with_echo(Arc::new(self), bytes, echo)
    }

    /// The object itself.
    pub(crate) fn value(&self) -> &Py<PyAny> {
        &self.value
    }

    /// The frames, once.
    pub(crate) fn take_sealed(&self) -> Option<Result<Payload, String>> {
        self.sealed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What it offers, when that was asked while it was fresh.
    pub(crate) fn traits(&self) -> Option<&Traits> {
        self.traits.as_ref()
    }
}

struct WeakEcho {
    weak: Option<Arc<Py<PyWeakrefReference>>>,
    bytes: u64,
}

fn echo(object: &Object) -> Box<dyn Echo> {
    let weak = object.open::<Held>().and_then(|held| held.weak.clone());
    Box::new(WeakEcho { weak, bytes: object.bytes() })
}

impl Echo for WeakEcho {
    fn revive(&self) -> Option<Object> {
        let weak = self.weak.as_ref()?;
        Python::try_attach(|py| {
            let value = weak.bind(py).upgrade()?;
            Some(Held::open(&value).into_object(self.bytes))
        })
        .flatten()
    }

    fn is_alive(&self) -> bool {
        let Some(weak) = &self.weak else { return false };
        Python::try_attach(|py| weak.bind(py).upgrade().is_some()).unwrap_or(false)
    }
}
