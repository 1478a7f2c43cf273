//! The codec `pickle-5/1`: a MAC, a pickle stream of protocol 5, and its buffers as frames of their own.
//!
//! `docs/format/pickle.md` describes the frames. Promises: 1. buffers are never copied, neither on the way in nor out;
//! 2. they come back read-only; 3. a stream is unpickled only when its MAC holds for the very key that is asked for.
//! Refuses: to seal without a key file.

use std::cell::Cell;

use bytes::Bytes;
use heirloom_core::Digest;
use heirloom_core::object::{Codec, CodecFault, Object, Payload};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use crate::frame::{Frame, lend};
use crate::held::Held;
use crate::mac::MacKey;

/// The codec's name in every fingerprint.
pub(crate) const NAME: &str = "pickle-5/1";

thread_local! {
    static ASKED: Cell<Option<Digest>> = const { Cell::new(None) };
}

/// The codec of one store.
#[derive(Clone)]
pub(crate) struct Pickle5(pub(crate) MacKey);

/// Runs `work`, in which frames are opened and sealed, for the object `key`.
pub(crate) fn asking<R>(key: Digest, work: impl FnOnce() -> R) -> R {
    struct Back(Option<Digest>);
    impl Drop for Back {
        fn drop(&mut self) {
            ASKED.set(self.0);
        }
    }
    let _back = Back(ASKED.replace(Some(key)));
    work()
}

fn asked() -> Result<Digest, CodecFault> {
    ASKED.get().ok_or_else(|| "no object is asked for on this thread".into())
}

impl Pickle5 {
    /// Seals a fresh object; `None` beside the frames when it needs not be opened again.
    ///
    /// An object with buffers is opened from its own frames, so that the first caller gets what all others get.
    pub(crate) fn seal_fresh<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        key: &Digest,
    ) -> PyResult<(Payload, Option<Bound<'py, PyAny>>)> {
        let (stream, buffers) = dumps(value)?;
        let reopened = if buffers.is_empty() { None } else { Some(loads(value.py(), &stream, &buffers)?) };
        Ok((self.payload(key, stream, buffers), reopened))
    }

    fn payload(&self, key: &Digest, stream: Bytes, buffers: Vec<Bytes>) -> Payload {
        let mac = self.0.mac(key, &stream, &buffers);
        let mut frames = vec![Bytes::copy_from_slice(&mac), stream];
        frames.extend(buffers);
        Payload::new(frames)
    }
}

impl Codec for Pickle5 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        let held = object.open::<Held>().ok_or("the object is not Python's")?;
        if let Some(sealed) = held.take_sealed() {
            return sealed.map_err(Into::into);
        }
        let key = asked()?;
        let sealed = Python::try_attach(|py| dumps(held.value().bind(py)).map_err(|error| error.to_string()));
        let (stream, buffers) = sealed.ok_or("the interpreter is going down")??;
        Ok(self.payload(&key, stream, buffers))
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        let [mac, stream, buffers @ ..] = payload.frames() else {
            return Err(format!("expected 2 frames or more, found {}", payload.frames().len()).into());
        };
        if !self.0.holds(mac, &asked()?, stream, buffers) {
            return Err(
                "its MAC is wrong: it was not sealed with this user's key, or for another object".into()
            );
        }
        let opened = Python::try_attach(|py| match loads(py, stream, buffers) {
            Ok(value) => Ok(Held::open(&value).into_object(0)),
            Err(error) => Err(error.to_string()),
        });
        Ok(opened.ok_or("the interpreter is going down")??)
    }
}

fn dumps(value: &Bound<'_, PyAny>) -> PyResult<(Bytes, Vec<Bytes>)> {
    static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let buffers = PyList::empty(py);
    let stream =
        DUMPS.import(py, "heirloom._sealing", "dumps")?.call1((value, buffers.getattr("append")?))?;
    let raw = |buffer: Bound<'_, PyAny>| lend(&buffer.call_method0("raw")?);
    Ok((lend(&stream)?, buffers.iter().map(raw).collect::<PyResult<_>>()?))
}

fn loads<'py>(py: Python<'py>, stream: &Bytes, buffers: &[Bytes]) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let frames =
        buffers.iter().map(|buffer| Py::new(py, Frame::new(buffer.clone()))).collect::<PyResult<Vec<_>>>()?;
    let named = PyDict::new(py);
    named.set_item("buffers", PyList::new(py, frames)?)?;
    LOADS.import(py, "pickle", "loads")?.call((Frame::new(stream.clone()),), Some(&named))
}
