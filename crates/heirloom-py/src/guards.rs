//! Guards: what a closure was made of, kept so that one look tells whether any of it has changed in this process.
//!
//! On the road: before the front table. Promises: 1. a look compares pointers, and of a dict first its version, so it
//! costs nanoseconds; 2. what was compared is held, so that no address is another's later. Refuses: to say what has
//! changed; then the closure is walked again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple};

/// One thing to look at.
enum Guard {
    /// Names of a dict and what they stand for; `None` for a name that leads nowhere.
    Names { dict: Py<PyDict>, version: AtomicU64, names: Vec<(Py<PyAny>, Option<Py<PyAny>>)> },
    /// All names of a dict; an object's own may change beside its version.
    Whole { dict: Py<PyDict>, version: AtomicU64, copy: Py<PyDict>, tells: bool },
    /// Code and defaults of a function.
    Function { function: Py<PyAny>, parts: [usize; 3], _held: Vec<Py<PyAny>> },
    /// An attribute: of a cell, of an object with slots.
    Attribute { object: Py<PyAny>, name: Py<PyString>, value: Py<PyAny> },
    /// The elements of a list.
    List { list: Py<PyList>, elements: Py<PyTuple> },
    /// The elements of a set.
    Set { set: Py<PySet>, elements: Py<PyTuple> },
    /// Something that can only be asked again.
    Asked { ask: Py<PyAny>, answer: Py<PyAny> },
    /// Something that can only be digested again.
    Content { value: Py<PyAny>, digest: Vec<u8> },
}

/// Everything that a closure was made of; `None` when it is known to have changed.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Guards(Mutex<Option<Vec<Guard>>>);

const FUNCTION: [&str; 3] = ["__code__", "__defaults__", "__kwdefaults__"];

#[pymethods]
impl Guards {
    /// Nothing to look at: it holds.
    #[new]
    fn new() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    /// Looks from now on at what `walker.py` watched, as rows: a word for the kind, and the parts. `absent` stands for
    /// no value.
    fn watch(&self, watched: Vec<Bound<'_, PyTuple>>, absent: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut names: HashMap<usize, (Bound<'_, PyDict>, Vec<_>)> = HashMap::new();
        let mut guards = Vec::new();
        for row in watched {
            let kind: String = row.get_item(0)?.extract()?;
            let part = |at: usize| row.get_item(at);
            match kind.as_str() {
                "entry" | "member" => {
                    let dict = if kind == "entry" { part(1)? } else { dict_of_class(&part(1)?)? };
                    let dict = dict.cast_into::<PyDict>().map_err(PyErr::from)?;
                    let value = Some(part(3)?).filter(|value| !value.is(absent)).map(Bound::unbind);
                    let entry = names.entry(dict.as_ptr() as usize).or_insert_with(|| (dict, Vec::new()));
                    entry.1.push((part(2)?.unbind(), value));
                }
                _ => guards.push(guard(&kind, &row)?),
            }
        }
        guards.extend(names.into_values().map(|(dict, names)| Guard::Names {
            version: AtomicU64::new(version(&dict)),
            dict: dict.unbind(),
            names,
        }));
        let former = self.set(Some(guards));
        drop(former);
        Ok(())
    }

    /// Whether everything is as it was.
    pub(crate) fn hold(&self, py: Python<'_>) -> bool {
        // Somebody else who looks (an object's `__eq__` may run while one does) says nothing yet: look the slow way.
        let Ok(guards) = self.0.try_lock() else { return false };
        guards.as_ref().is_some_and(|guards| guards.iter().all(|guard| guard.holds(py).unwrap_or(false)))
    }

    /// Never holds again; returns what is to be looked at instead.
    fn leave(&self) -> Self {
        let former = self.set(None);
        drop(former);
        Self::new()
    }

    fn __len__(&self) -> usize {
        self.0.lock().map_or(0, |guards| guards.as_ref().map_or(0, Vec::len))
    }
}

impl Guards {
    fn set(&self, guards: Option<Vec<Guard>>) -> Option<Vec<Guard>> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), guards)
    }
}

fn guard(kind: &str, row: &Bound<'_, PyTuple>) -> PyResult<Guard> {
    let part = |at: usize| row.get_item(at);
    Ok(match kind {
        "dict" => {
            let dict = part(1)?.cast_into::<PyDict>().map_err(PyErr::from)?;
            let copy = part(2)?.cast_into::<PyDict>().map_err(PyErr::from)?.unbind();
            // From 3.13 on an object can change its attributes beside its dict, and the version stays.
            let tells = !cfg!(Py_3_13);
            Guard::Whole { version: AtomicU64::new(version(&dict)), dict: dict.unbind(), copy, tells }
        }
        "class" => {
            let dict = dict_of_class(&part(1)?)?.cast_into::<PyDict>().map_err(PyErr::from)?;
            let copy = dict.copy()?.unbind();
            Guard::Whole { version: AtomicU64::new(version(&dict)), dict: dict.unbind(), copy, tells: true }
        }
        "function" => {
            let function = part(1)?;
            let held: Vec<_> =
                FUNCTION.iter().map(|name| function.getattr(*name)).collect::<PyResult<_>>()?;
            let parts = [held[0].as_ptr() as usize, held[1].as_ptr() as usize, held[2].as_ptr() as usize];
            let held = held.into_iter().map(Bound::unbind).collect();
            Guard::Function { function: function.unbind(), parts, _held: held }
        }
        "cell" => {
            let name = PyString::new(row.py(), "cell_contents").unbind();
            Guard::Attribute { object: part(1)?.unbind(), name, value: part(2)?.unbind() }
        }
        "attribute" => {
            let name = part(2)?.cast_into().map_err(PyErr::from)?.unbind();
            Guard::Attribute { object: part(1)?.unbind(), name, value: part(3)?.unbind() }
        }
        "list" => {
            let list = part(1)?.cast_into::<PyList>().map_err(PyErr::from)?.unbind();
            Guard::List { list, elements: part(2)?.cast_into().map_err(PyErr::from)?.unbind() }
        }
        "set" => {
            let set = part(1)?.cast_into::<PySet>().map_err(PyErr::from)?.unbind();
            Guard::Set { set, elements: part(2)?.cast_into().map_err(PyErr::from)?.unbind() }
        }
        "asked" => Guard::Asked { ask: part(1)?.unbind(), answer: part(2)?.unbind() },
        "content" => Guard::Content { value: part(1)?.unbind(), digest: part(2)?.extract()? },
        other => return Err(PyValueError::new_err(format!("a guard of an unknown kind: {other}"))),
    })
}

impl Guard {
    fn holds(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(match self {
            Self::Names { dict, version: seen, names } => {
                let dict = dict.bind(py);
                unchanged(dict, seen) || {
                    let now = version(dict);
                    for (name, value) in names {
                        if !same(dict.get_item(name)?.as_ref(), value.as_ref()) {
                            return Ok(false);
                        }
                    }
                    seen.store(now, Ordering::Relaxed);
                    true
                }
            }
            Self::Whole { dict, version: seen, copy, tells } => {
                let (dict, copy) = (dict.bind(py), copy.bind(py));
                *tells && unchanged(dict, seen) || {
                    let now = version(dict);
                    let mut pairs = dict.iter().zip(copy.iter());
                    if dict.len() != copy.len()
                        || !pairs.all(|(now, then)| now.0.is(&then.0) && now.1.is(&then.1))
                    {
                        return Ok(false);
                    }
                    seen.store(now, Ordering::Relaxed);
                    true
                }
            }
            Self::Function { function, parts, .. } => function_parts(function.bind(py)) == *parts,
            Self::Attribute { object, name, value } => object.bind(py).getattr(name.bind(py))?.is(value),
            Self::List { list, elements } => {
                let (list, elements) = (list.bind(py), elements.bind(py));
                list.len() == elements.len()
                    && list.iter().zip(elements.iter_borrowed()).all(|(now, then)| now.is(&*then))
            }
            Self::Set { set, elements } => {
                let (set, elements) = (set.bind(py), elements.bind(py));
                set.len() == elements.len()
                    && set.iter().zip(elements.iter_borrowed()).all(|(now, then)| now.is(&*then))
            }
            Self::Asked { ask, answer } => ask.bind(py).call0()?.eq(answer)?,
            Self::Content { value, digest } => {
                crate::encode::digest("content", value.bind(py))?.as_bytes() == digest
            }
        })
    }
}

fn same(now: Option<&Bound<'_, PyAny>>, then: Option<&Py<PyAny>>) -> bool {
    match (now, then) {
        (Some(now), Some(then)) => now.is(then),
        (None, None) => true,
        _ => false,
    }
}

#[inline]
fn unchanged(dict: &Bound<'_, PyDict>, seen: &AtomicU64) -> bool {
    let now = version(dict);
    now != 0 && now == seen.load(Ordering::Relaxed)
}

/// The dict's version, which is another one after every change (PEP 509); 0 where this Python keeps none.
#[inline]
#[expect(unsafe_code, reason = "the one look at a dict's version")]
fn version(dict: &Bound<'_, PyDict>) -> u64 {
    #[cfg(not(Py_3_14))]
    {
        // SAFETY: the pointer is a live dict's, the interpreter is held, and up to 3.13 the field is kept (PEP 699).
        #[cfg_attr(
            Py_3_12,
            expect(deprecated, reason = "kept up to 3.13, and nothing else tells as cheaply")
        )]
        unsafe {
            (*dict.as_ptr().cast::<pyo3::ffi::PyDictObject>()).ma_version_tag
        }
    }
    #[cfg(Py_3_14)]
    {
        let _ = dict;
        0
    }
}

/// The addresses of a function's code and defaults; `None` counts by its own address.
#[inline]
#[expect(unsafe_code, reason = "three fields, read without taking them in hand")]
fn function_parts(function: &Bound<'_, PyAny>) -> [usize; 3] {
    let none = function.py().None().as_ptr() as usize;
    // SAFETY: `Guards::new` was given a function, whose type has no subclasses; these return borrowed pointers.
    let parts = unsafe {
        [
            pyo3::ffi::PyFunction_GetCode(function.as_ptr()) as usize,
            pyo3::ffi::PyFunction_GetDefaults(function.as_ptr()) as usize,
            pyo3::ffi::PyFunction_GetKwDefaults(function.as_ptr()) as usize,
        ]
    };
    parts.map(|part| if part == 0 { none } else { part })
}

/// The dict behind a class, of which Python shows only a view.
#[expect(unsafe_code, reason = "a class's own dict, whose version tells of every change")]
fn dict_of_class<'py>(class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let class = class.cast::<pyo3::types::PyType>().map_err(PyErr::from)?;
    // SAFETY: the class is live, the interpreter is held; a class made by Python code has a dict of its own.
    let dict = unsafe { Bound::from_borrowed_ptr_or_opt(class.py(), (*class.as_type_ptr()).tp_dict) };
    dict.ok_or_else(|| PyValueError::new_err("a class without a dict"))
}
