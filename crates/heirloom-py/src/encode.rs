//! Writes Python values in the canonical encoding of `docs/format/key.md`.
//!
//! Promises: 1. values that a builder can tell apart are two keys, also when Python calls them equal (`1`, `1.0`,
//! `True`); 2. what is not built in is handed to `heirloom/_arguments.py` once, which answers with built-in values;
//! 3. what has no key is refused with its place. Refuses: subclasses of built-in types as if they were those.

use std::cell::Cell;

use heirloom_core::Error;
use heirloom_core::identity::key::{DEPTH_MAX, Encoded, Key, KeyWriter, Retain};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType,
};

use crate::array::ArrayKey;
use crate::failure::exception;

/// Why a value has no key.
pub(crate) enum Refusal {
    /// Nothing says how to make a key of such an object.
    Unsupported {
        /// Its type.
        class: String,
        /// The steps from the argument to it, the innermost first.
        path: Vec<String>,
    },
    /// Another sentence of the key's own.
    Invalid(Error),
    /// What Python raised on the way.
    Raised(PyErr),
}

type Written = Result<(), Refusal>;

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Invalid(error)
    }
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl Refusal {
    fn at(mut self, step: impl FnOnce() -> String) -> Self {
        if let Self::Unsupported { path, .. } = &mut self {
            path.push(step());
        }
        self
    }

    /// The exception, for an argument of a function.
    pub(crate) fn for_argument(self, py: Python<'_>, function: &str, argument: &str) -> PyErr {
        match self {
            Self::Unsupported { class, path } => {
                let place: String = path.into_iter().rev().collect();
                PyTypeError::new_err(format!(
                    "{function}(): `{argument}{place}` is a {class}, of which no key can be made; give {class} a \
                     `__heirloom_key__` method, choose what counts with `key=`, or leave the argument out with \
                     `ignore=(\"{argument}\",)`"
                ))
            }
            Self::Invalid(error) => exception(py, &error),
            Self::Raised(error) => error,
        }
    }
}

/// The key of arguments that `write` writes.
pub(crate) fn key(
    factory: &std::sync::Arc<str>,
    write: impl FnOnce(&mut KeyWriter<'_>) -> Written,
) -> Result<Key, Refusal> {
    Key::written(factory, Retain::Encoding, write)
}

/// The containers around a value.
#[derive(Clone, Copy)]
pub(crate) struct Inside<'a> {
    object: *mut ffi::PyObject,
    depth: usize,
    above: Option<&'a Self>,
}

impl Inside<'_> {
    /// Nothing but `depth` containers that the value cannot lead back to.
    pub(crate) fn top(depth: usize) -> Self {
        Self { object: std::ptr::null_mut(), depth, above: None }
    }

    fn of<'a>(value: &Bound<'_, PyAny>, above: &'a Inside<'a>) -> Inside<'a> {
        Inside { object: value.as_ptr(), depth: above.depth + 1, above: Some(above) }
    }

    /// How many containers up `value` is itself one, if it is.
    fn again(&self, value: &Bound<'_, PyAny>) -> Option<i64> {
        let (mut here, mut steps) = (self, 1);
        while here.object != value.as_ptr() {
            (here, steps) = (here.above?, steps + 1);
        }
        Some(steps)
    }
}

thread_local! {
    static CODE_COUNTS: Cell<bool> = const { Cell::new(false) };
}

/// Makes keys in which the code of the arguments' own classes counts.
pub(crate) fn counting_code<R>(counts: bool, make: impl FnOnce() -> R) -> R {
    let before = CODE_COUNTS.replace(counts);
    let made = make();
    CODE_COUNTS.set(before);
    made
}

/// Writes one value, inside of other containers.
pub(crate) fn write(value: &Bound<'_, PyAny>, writer: &mut KeyWriter<'_>, inside: &Inside<'_>) -> Written {
    if inside.depth > DEPTH_MAX {
        let sentence = format!("an argument is nested deeper than {DEPTH_MAX} containers");
        return Err(Error::invalid(sentence).into());
    }
    if let Ok(text) = value.cast_exact::<PyString>() {
        return text_of(text, writer, inside);
    }
    if let Ok(number) = value.cast_exact::<PyInt>() {
        return int(number, writer);
    }
    if value.is_none() {
        writer.none();
    } else if let Ok(truth) = value.cast_exact::<PyBool>() {
        writer.boolean(truth.is_true());
    } else if let Ok(number) = value.cast_exact::<PyFloat>() {
        writer.float(number.value());
    } else if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        writer.bytes(bytes.as_bytes());
    } else {
        return container(value, writer, inside);
    }
    Ok(())
}

fn container(value: &Bound<'_, PyAny>, writer: &mut KeyWriter<'_>, inside: &Inside<'_>) -> Written {
    if let Some(steps) = inside.again(value) {
        writer.newtype_record("again");
        writer.int_i64(steps);
        return Ok(());
    }
    let inside = &Inside::of(value, inside);
    if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        writer.tuple(tuple.len() as u64);
        elements(tuple.iter(), writer, inside)
    } else if let Ok(list) = value.cast_exact::<PyList>() {
        writer.list(list.len() as u64);
        elements(list.iter(), writer, inside)
    } else if let Ok(dict) = value.cast_exact::<PyDict>() {
        ordered(dict, writer, inside)
    } else if value.cast_exact::<PyFrozenSet>().is_ok() {
        set(value, writer, inside)
    } else if value.cast_exact::<PySet>().is_ok() {
        writer.newtype_record("builtins.set");
        set(value, writer, inside)
    } else {
        other(value, writer, inside)
    }
}

fn text_of(text: &Bound<'_, PyString>, writer: &mut KeyWriter<'_>, inside: &Inside<'_>) -> Written {
    if let Ok(text) = text.to_str() {
        writer.text(text);
        return Ok(());
    }
    // Half a character (a surrogate) is no Unicode text; file names in odd encodings have them.
    writer.newtype_record("str.surrogatepass");
    write(&text.call_method1("encode", ("utf-8", "surrogatepass"))?, writer, inside)
}

fn int(number: &Bound<'_, PyInt>, writer: &mut KeyWriter<'_>) -> Written {
    if let Ok(small) = number.extract::<i64>() {
        writer.int_i64(small);
        return Ok(());
    }
    let negative = number.lt(0)?;
    let bits: usize = number.call_method0("bit_length")?.extract()?;
    let magnitude = number.call_method0("__abs__")?.call_method1("to_bytes", (bits.div_ceil(8), "big"))?;
    writer.int_big(negative, magnitude.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
    Ok(())
}

fn elements<'py>(
    values: impl Iterator<Item = Bound<'py, PyAny>>,
    writer: &mut KeyWriter<'_>,
    inside: &Inside<'_>,
) -> Written {
    for (at, value) in values.enumerate() {
        write(&value, writer, inside).map_err(|refusal| refusal.at(|| format!("[{at}]")))?;
    }
    Ok(())
}

fn ordered(dict: &Bound<'_, PyDict>, writer: &mut KeyWriter<'_>, inside: &Inside<'_>) -> Written {
    // A copy, because what is handed to Python on the way could change the dict under the iteration.
    let dict = dict.copy()?;
    writer.ordered_map(dict.len() as u64);
    for (name, value) in dict.iter() {
        let place = || name.repr().map_or_else(|_| "[?]".to_owned(), |name| format!("[{name}]"));
        write(&name, writer, inside).map_err(|refusal| refusal.at(place))?;
        write(&value, writer, inside).map_err(|refusal| refusal.at(place))?;
    }
    Ok(())
}

fn set(value: &Bound<'_, PyAny>, writer: &mut KeyWriter<'_>, inside: &Inside<'_>) -> Written {
    let mut members = Vec::new();
    for member in PyList::new(value.py(), value.try_iter()?.collect::<PyResult<Vec<_>>>()?)?.iter() {
        let encoded = Encoded::written(|writer| write(&member, writer, inside));
        members.push(encoded.map_err(|refusal: Refusal| refusal.at(|| "{…}".to_owned()))?);
    }
    Ok(writer.set(members).map_err(Error::from)?)
}

/// What Python's half answered for a value that is not built in: `(kind, name, parts)`.
type Reduced<'py> = Option<(String, String, Bound<'py, PyAny>)>;

fn other(value: &Bound<'_, PyAny>, writer: &mut KeyWriter<'_>, inside: &Inside<'_>) -> Written {
    static REDUCE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if let Ok(array) = value.cast_exact::<ArrayKey>() {
        let array = array.get();
        writer.array(array.dtype(), array.shape(), &array.digest(py));
        return Ok(());
    }
    let reduce = REDUCE.import(py, "heirloom._arguments", "argument")?;
    let reduced: Reduced<'_> = reduce.call1((value, CODE_COUNTS.get()))?.extract()?;
    let Some((kind, name, parts)) = reduced else {
        return Err(Refusal::Unsupported { class: class_of(&value.get_type()), path: Vec::new() });
    };
    match kind.as_str() {
        "opaque" => writer.opaque(&name, parts.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes()),
        "unit" => writer.unit_record(&name),
        "variant" => writer.unit_variant(&name, &parts.extract::<String>()?),
        "newtype" => {
            writer.newtype_record(&name);
            write(&parts, writer, inside)?;
        }
        "tuple" => {
            let parts = parts.cast_into::<PyTuple>().map_err(PyErr::from)?;
            writer.tuple_record(&name, parts.len() as u64);
            elements(parts.iter(), writer, inside)?;
        }
        "array" => write(&parts, writer, inside)?,
        _ => record(&name, &parts, writer, inside)?,
    }
    Ok(())
}

fn record(name: &str, parts: &Bound<'_, PyAny>, writer: &mut KeyWriter<'_>, inside: &Inside<'_>) -> Written {
    let fields = parts.cast::<PyDict>().map_err(PyErr::from)?;
    writer.record(name, fields.len() as u64);
    for (field, value) in fields.iter() {
        let field: String = field.extract()?;
        writer.field(&field);
        write(&value, writer, inside).map_err(|refusal| refusal.at(|| format!(".{field}")))?;
    }
    Ok(())
}

fn class_of(class: &Bound<'_, PyType>) -> String {
    class.qualname().map_or_else(|_| "?".to_owned(), |name| name.to_string())
}

/// The canonical encoding of one value; for tests and for people who write `__heirloom_key__`.
#[pyfunction]
pub(crate) fn encoded<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let py = value.py();
    let bytes = Encoded::written(|writer| write(value, writer, &Inside::top(0)));
    let bytes = bytes.map_err(|refusal: Refusal| refusal.for_argument(py, "encoded", "value"))?;
    Ok(PyBytes::new(py, bytes.as_bytes()))
}

/// The digest of one value under a name: that of a key whose only content it is.
#[pyfunction]
pub(crate) fn digest<'py>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let py = value.py();
    let key = Key::written(&name.into(), Retain::Nothing, |writer| write(value, writer, &Inside::top(0)));
    let key = key.map_err(|refusal: Refusal| refusal.for_argument(py, "digest", "value"))?;
    Ok(PyBytes::new(py, key.digest().as_bytes()))
}
