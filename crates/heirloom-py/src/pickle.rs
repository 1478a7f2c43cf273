//! The codec `pickle-5/2`: a pickle stream of protocol 5, and its buffers as frames of their own.
//!
//! `docs/format/pickle.md` describes the frames. Promises: 1. buffers are never copied, neither on the way in nor out;
//! 2. they come back read-only; 3. it says that opening runs code, so the engine hands it no stream before the entry's
//! MAC holds. Refuses: to know of keys.

use bytes::Bytes;
use heirloom_core::object::{Codec, CodecFault, Object, Payload};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use crate::frame::{Frame, lend};
use crate::held::Held;

/// The codec's name in every fingerprint.
pub(crate) const NAME: &str = "pickle-5/2";

/// The codec.
#[derive(Clone, Copy)]
pub(crate) struct Pickle5;

impl Pickle5 {
    /// Seals a fresh object; `None` beside the frames when it needs not be opened again.
    ///
    /// An object with buffers is opened from its own frames, so that the first caller gets what all others get.
    pub(crate) fn seal_fresh<'py>(
        value: &Bound<'py, PyAny>,
    ) -> PyResult<(Payload, Option<Bound<'py, PyAny>>)> {
        let (stream, buffers) = dumps(value)?;
        let reopened = if buffers.is_empty() { None } else { Some(loads(value.py(), &stream, &buffers)?) };
        Ok((payload(stream, buffers), reopened))
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
        let sealed = Python::try_attach(|py| dumps(held.value().bind(py)).map_err(|error| error.to_string()));
        let (stream, buffers) = sealed.ok_or("the interpreter is going down")??;
        Ok(payload(stream, buffers))
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        let [stream, buffers @ ..] = payload.frames() else {
            return Err("expected a pickle stream, found no frame".into());
        };
        let opened = Python::try_attach(|py| match loads(py, stream, buffers) {
            Ok(value) => Ok(Held::open(&value).into_object(0)),
            Err(error) => Err(error.to_string()),
        });
        Ok(opened.ok_or("the interpreter is going down")??)
    }

    fn runs_code(&self) -> bool {
        true
    }
}

fn payload(stream: Bytes, buffers: Vec<Bytes>) -> Payload {
    let mut frames = vec![stream];
    frames.extend(buffers);
    Payload::new(frames)
}

pub(crate) fn dumps(value: &Bound<'_, PyAny>) -> PyResult<(Bytes, Vec<Bytes>)> {
    static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let buffers = PyList::empty(py);
    let stream =
        DUMPS.import(py, "heirloom._sealing", "dumps")?.call1((value, buffers.getattr("append")?))?;
    let raw = |buffer: Bound<'_, PyAny>| lend(&buffer.call_method0("raw")?);
    Ok((lend(&stream)?, buffers.iter().map(raw).collect::<PyResult<_>>()?))
}

fn loads<'py>(py: Python<'py>, stream: &Bytes, buffers: &[Bytes]) -> PyResult<Bound<'py, PyAny>> {
    // The very same function as that of `pickle`, which takes longer to import.
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let frames =
        buffers.iter().map(|buffer| Py::new(py, Frame::new(buffer.clone()))).collect::<PyResult<Vec<_>>>()?;
    let named = PyDict::new(py);
    named.set_item("buffers", PyList::new(py, frames)?)?;
    LOADS.import(py, "_pickle", "loads")?.call((Frame::new(stream.clone()),), Some(&named))
}
