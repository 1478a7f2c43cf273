//! Tells apart what Python calls equal: `1`, `1.0` and `True` are three values, `0.0` and `-0.0` two, all `nan`s one.
//!
//! Promises: two values are equal here exactly when one may stand for the other, all the way down in tuples, frozen sets and
//! frozen dataclasses. Refuses: what cannot be hashed, dataclasses that can change, and nesting without end.

#![expect(unsafe_code, reason = "built-in values are read by raw pointer")]

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::exceptions::{PyRecursionError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyFrozenSet, PyString, PyTuple, PyType, PyWeakrefMethods, PyWeakrefReference};

use super::guarded::Guarded;
use crate::table::Alike;

const DEEPEST: usize = 200;
/// How many dataclasses are remembered at once.
const MOST_CLASSES: usize = 1024;

type Names = Arc<[Py<PyString>]>;
type Classes = HashMap<usize, (Py<PyWeakrefReference>, Option<Names>)>;

/// Dataclasses by their address, with the fields that they compare by.
static KNOWN: Guarded<Option<Classes>> = Guarded::new(None);

/// What a value is here.
enum Kind {
    /// Equal when Python says so, by built-in code alone: `str`, `bytes`, `int`, `bool`, `None`.
    Plain,
    Float,
    Complex,
    Tuple,
    FrozenSet,
    Other,
}

#[inline]
unsafe fn kind(value: *mut ffi::PyObject) -> Kind {
    // SAFETY: a living object, promised by the caller.
    unsafe {
        if ffi::PyUnicode_CheckExact(value) != 0
            || ffi::PyLong_CheckExact(value) != 0
            || ffi::PyBytes_CheckExact(value) != 0
            || ffi::PyBool_Check(value) != 0
            || value == ffi::Py_None()
        {
            Kind::Plain
        } else if ffi::PyTuple_CheckExact(value) != 0 {
            Kind::Tuple
        } else if ffi::PyFloat_CheckExact(value) != 0 {
            Kind::Float
        } else if ffi::PyComplex_CheckExact(value) != 0 {
            Kind::Complex
        } else if ffi::PyFrozenSet_CheckExact(value) != 0 {
            Kind::FrozenSet
        } else {
            Kind::Other
        }
    }
}

/// Hashes a value; values that are equal here have one hash.
pub(super) fn hash(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<u64> {
    if depth > DEEPEST {
        return Err(too_deep());
    }
    let raw = value.as_ptr();
    // SAFETY: a living object, whose exact type was just looked at.
    let own = unsafe {
        match kind(raw) {
            Kind::Plain => value.hash()?.cast_unsigned() as u64,
            Kind::Float => bits(ffi::PyFloat_AS_DOUBLE(raw)),
            Kind::Complex => {
                mixed(bits(ffi::PyComplex_RealAsDouble(raw)), bits(ffi::PyComplex_ImagAsDouble(raw)))
            }
            Kind::Tuple => {
                let tuple = value.cast_unchecked::<PyTuple>();
                let mut all = tuple.len() as u64;
                for item in tuple.iter_borrowed() {
                    all = mixed(all, hash(&item, depth + 1)?);
                }
                all
            }
            Kind::FrozenSet => {
                let mut all = 0u64;
                for item in value.cast_unchecked::<PyFrozenSet>() {
                    all = all.wrapping_add(mixed(1, hash(&item, depth + 1)?));
                }
                all
            }
            Kind::Other => match fields(value)? {
                Some(fields) => {
                    let mut all = 0;
                    for field in fields.iter() {
                        all = mixed(all, hash(&value.getattr(field.bind(value.py()))?, depth + 1)?);
                    }
                    all
                }
                None => value.hash()?.cast_unsigned() as u64,
            },
        }
    };
    Ok(mixed(value.get_type_ptr() as u64, own))
}

/// Compares without running any code.
pub(super) fn alike(left: *mut ffi::PyObject, right: *mut ffi::PyObject, depth: usize) -> Alike {
    if left == right {
        return Alike::Yes;
    }
    // SAFETY: both are living objects, held by whoever compares; only built-in code runs.
    unsafe {
        if ffi::Py_TYPE(left) != ffi::Py_TYPE(right) {
            return Alike::No;
        }
        let same = match kind(left) {
            Kind::Plain => ffi::PyObject_RichCompareBool(left, right, ffi::Py_EQ) == 1,
            Kind::Float => bits(ffi::PyFloat_AS_DOUBLE(left)) == bits(ffi::PyFloat_AS_DOUBLE(right)),
            Kind::Complex => same_complex(left, right),
            Kind::Tuple if depth < DEEPEST => return alike_tuples(left, right, depth),
            _ => return Alike::Ask,
        };
        if same { Alike::Yes } else { Alike::No }
    }
}

unsafe fn alike_tuples(left: *mut ffi::PyObject, right: *mut ffi::PyObject, depth: usize) -> Alike {
    // SAFETY: two tuples, promised by the caller.
    unsafe {
        let length = ffi::PyTuple_GET_SIZE(left);
        if length != ffi::PyTuple_GET_SIZE(right) {
            return Alike::No;
        }
        let mut all = Alike::Yes;
        for at in 0..length {
            match alike(ffi::PyTuple_GET_ITEM(left, at), ffi::PyTuple_GET_ITEM(right, at), depth + 1) {
                Alike::Yes => {}
                Alike::No => return Alike::No,
                Alike::Ask => all = Alike::Ask,
            }
        }
        all
    }
}

/// Compares; code of the values' own may run.
pub(super) fn equal(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>, depth: usize) -> PyResult<bool> {
    if depth > DEEPEST {
        return Err(too_deep());
    }
    match alike(left.as_ptr(), right.as_ptr(), depth) {
        Alike::Yes => return Ok(true),
        Alike::No => return Ok(false),
        Alike::Ask => {}
    }
    if let (Ok(left), Ok(right)) = (left.cast_exact::<PyTuple>(), right.cast_exact::<PyTuple>()) {
        for (one, other) in left.iter().zip(right.iter()) {
            if !equal(&one, &other, depth + 1)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if let (Ok(left), Ok(right)) = (left.cast_exact::<PyFrozenSet>(), right.cast_exact::<PyFrozenSet>()) {
        return equal_sets(left, right, depth);
    }
    let Some(fields) = fields(left)? else { return left.eq(right) };
    for field in fields.iter() {
        if !equal(&left.getattr(field.bind(left.py()))?, &right.getattr(field.bind(left.py()))?, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_sets(left: &Bound<'_, PyFrozenSet>, right: &Bound<'_, PyFrozenSet>, depth: usize) -> PyResult<bool> {
    let hashed = |set: &Bound<'_, PyFrozenSet>| -> PyResult<Vec<(u64, Py<PyAny>)>> {
        let mut all = Vec::with_capacity(set.len());
        for item in set {
            all.push((hash(&item, depth + 1)?, item.unbind()));
        }
        all.sort_unstable_by_key(|(hash, _)| *hash);
        Ok(all)
    };
    let (mine, mut its) = (hashed(left)?, hashed(right)?);
    let py = left.py();
    for (hash, item) in &mine {
        let from = its.partition_point(|(other, _)| other < hash);
        let mut found = None;
        for (at, (other, candidate)) in its.iter().enumerate().skip(from) {
            if other != hash {
                break;
            }
            if equal(item.bind(py), candidate.bind(py), depth + 1)? {
                found = Some(at);
                break;
            }
        }
        match found {
            Some(at) => drop(its.remove(at)),
            None => return Ok(false),
        }
    }
    Ok(its.is_empty())
}

/// The names of the fields of a dataclass that compares by them; `None` for everything else.
fn fields(value: &Bound<'_, PyAny>) -> PyResult<Option<Names>> {
    let py = value.py();
    let class = value.get_type();
    if !class.hasattr(pyo3::intern!(py, "__dataclass_fields__"))? {
        return Ok(None);
    }
    let address = class.as_ptr() as usize;
    let known = KNOWN.step(py, |known| {
        let (reference, names) = known.as_ref()?.get(&address)?;
        // Another class may stand where one died.
        reference.bind(py).upgrade()?.is(&class).then(|| names.clone())
    });
    if let Some(names) = known {
        return Ok(names);
    }
    let names = read_fields(&class)?;
    let reference = PyWeakrefReference::new(class.as_any())?.unbind();
    let old = KNOWN.step(py, |known| {
        let known = known.get_or_insert_default();
        let old = if known.len() >= MOST_CLASSES { std::mem::take(known) } else { Classes::default() };
        (old, known.insert(address, (reference, names.clone())))
    });
    drop(old);
    Ok(names)
}

fn read_fields(class: &Bound<'_, PyType>) -> PyResult<Option<Names>> {
    let py = class.py();
    let parameters = class.getattr(pyo3::intern!(py, "__dataclass_params__"))?;
    if !parameters.getattr(pyo3::intern!(py, "eq"))?.is_truthy()? {
        return Ok(None);
    }
    if !parameters.getattr(pyo3::intern!(py, "frozen"))?.is_truthy()? {
        let name = class.name()?;
        return Err(PyTypeError::new_err(format!(
            "{name} objects can change, so they cannot be shared; declare it with frozen=True"
        )));
    }
    let mut names = Vec::new();
    for field in py.import("dataclasses")?.call_method1("fields", (class,))?.try_iter()? {
        let field = field?;
        if field.getattr(pyo3::intern!(py, "compare"))?.is_truthy()? {
            names.push(field.getattr(pyo3::intern!(py, "name"))?.cast_into::<PyString>()?.unbind());
        }
    }
    Ok(Some(names.into()))
}

unsafe fn same_complex(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
    // SAFETY: two complex numbers, promised by the caller.
    unsafe {
        bits(ffi::PyComplex_RealAsDouble(left)) == bits(ffi::PyComplex_RealAsDouble(right))
            && bits(ffi::PyComplex_ImagAsDouble(left)) == bits(ffi::PyComplex_ImagAsDouble(right))
    }
}

#[inline]
fn bits(number: f64) -> u64 {
    if number.is_nan() { u64::MAX } else { number.to_bits() }
}

#[inline]
fn mixed(hash: u64, part: u64) -> u64 {
    (hash.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn too_deep() -> PyErr {
    PyRecursionError::new_err(format!("it is nested more than {DEEPEST} deep"))
}
