//! A Python object as the engine carries it: sealed, weighed, and found again by a weak reference.
//!
//! Promises: 1. everybody gets the very same object; 2. what was evicted and is still held by a client is found, when
//! its type can be referenced weakly; other objects fade. Refuses: waiting for the interpreter where the engine may
//! hold a lock: the weak reference is made beforehand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heirloom_core::Digest;
use heirloom_core::identity::Traits;
use heirloom_core::object::{Echo, Object, Payload};
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::pickle::dumps;
use crate::watch::Watch;

/// A Python object with what was prepared for the engine while the interpreter was at hand.
pub(crate) struct Held {
    value: Py<PyAny>,
    weak: Option<Arc<Py<PyWeakrefReference>>>,
    /// The frames, until the engine takes them; or why there are none.
    sealed: Mutex<Option<Result<Payload, String>>>,
    traits: Option<Traits>,
    watch: Mutex<Option<Arc<Watch>>>,
    sealing: Mutex<Option<Vec<Digest>>>,
    copied: Mutex<Option<Py<PyAny>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    /// An object that was opened, or that needs no frames.
    pub(crate) fn open(value: &Bound<'_, PyAny>) -> Self {
        let weak = PyWeakrefReference::new(value).ok().map(|weak| Arc::new(weak.unbind()));
        Self {
            value: value.clone().unbind(),
            weak,
            sealed: Mutex::new(None),
            traits: None,
            watch: Mutex::new(None),
            sealing: Mutex::new(None),
            copied: Mutex::new(None),
        }
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

    /// Remembers how it is before it is first handed out.
    pub(crate) fn settle(&self, py: Python<'_>) {
        if locked(&self.watch).is_some() {
            return;
        }
        // Outside of the lock, because it asks Python. What cannot be looked at is shared as it is.
        let watch = Arc::new(Watch::over(self.value.bind(py)).unwrap_or_default());
        locked(&self.watch).get_or_insert(watch);
    }

    /// Whether a client could change it, so that each hit looks first.
    pub(crate) fn is_watched(&self) -> bool {
        locked(&self.watch).as_ref().is_some_and(|watch| !watch.is_empty())
    }

    /// Whether no client has changed it, as far as can be seen.
    pub(crate) fn is_pristine(&self, py: Python<'_>) -> bool {
        let watch = locked(&self.watch).clone();
        watch.is_none_or(|watch| watch.holds(py))
    }

    /// Whether it still seals to what it sealed to at the first such question.
    pub(crate) fn seals_alike(&self, py: Python<'_>) -> bool {
        let Ok((stream, buffers)) = dumps(self.value.bind(py)) else { return true };
        let now: Vec<_> =
            std::iter::once(&stream).chain(&buffers).map(|frame| Digest::of_large(frame)).collect();
        let mut sealing = locked(&self.sealing);
        let alike = sealing.as_ref().is_none_or(|was| *was == now);
        sealing.get_or_insert(now);
        alike
    }

    /// A fresh object like it, with arrays that can be written.
    pub(crate) fn copy(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        // Protocol 4: under protocol 5 an array remembers that it was read-only.
        let (pickle, deep) =
            (py.import("pickle")?, || py.import("copy")?.call_method1("deepcopy", (&self.value,)));
        let known = locked(&self.copied).as_ref().map(|bytes| bytes.clone_ref(py));
        let bytes = known.map_or_else(|| Ok(pickle.call_method1("dumps", (&self.value, 4))?.unbind()), Ok);
        let Ok(bytes) = bytes.map_err(|_: PyErr| ()) else { return Ok(deep()?.unbind()) };
        let copied = pickle.call_method1("loads", (&bytes,))?.unbind();
        locked(&self.copied).get_or_insert(bytes);
        Ok(copied)
    }

    /// The frames, once.
    pub(crate) fn take_sealed(&self) -> Option<Result<Payload, String>> {
        locked(&self.sealed).take()
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
