//! Whether a client changed an object that all clients share.
//!
//! Python cannot freeze a list. So the parts of an object that can be changed are remembered when it is first handed
//! out, and compared, by identity, before it is handed out again. Promises: 1. a changed list, dict, set, bytearray,
//! attribute, slot or table column is seen; 2. what is immutable costs nothing at a hit; 3. arrays are made read-only,
//! those of objects too. Refuses: to see into extension types that show nothing of themselves.

use std::collections::HashSet;

use heirloom_core::Digest;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyComplex, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString,
    PyTuple,
};

/// What can be changed of one object, as it was.
#[derive(Default)]
pub(crate) struct Watch(Vec<Seen>);

enum Seen {
    List(Py<PyList>, Vec<Py<PyAny>>),
    Dict(Py<PyDict>, Vec<(Py<PyAny>, Py<PyAny>)>),
    /// The `__dict__` of an object of this class.
    Attributes(Py<PyDict>, Vec<(Py<PyAny>, Py<PyAny>)>, Py<PyAny>),
    /// Any other collection, by what it yields.
    Items(Py<PyAny>, Vec<Py<PyAny>>),
    Bytes(Py<PyByteArray>, Digest),
    /// An attribute outside of a `__dict__`.
    Attribute(Py<PyAny>, Py<PyString>, Option<Py<PyAny>>),
}

impl Watch {
    /// Looks at everything that hangs on `value`.
    pub(crate) fn over(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut walk = Walk { seen: Vec::new(), met: HashSet::new(), ahead: Vec::new() };
        walk.meet(value.clone());
        while let Some(next) = walk.ahead.pop() {
            walk.visit(&next)?;
        }
        Ok(Self(walk.seen))
    }

    /// Whether nothing can be changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether everything is as it was.
    pub(crate) fn holds(&self, py: Python<'_>) -> bool {
        self.0.iter().all(|seen| seen.holds(py).unwrap_or(false))
    }
}

impl Seen {
    fn holds(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(match self {
            Self::List(list, was) => {
                let list = list.bind(py);
                list.len() == was.len() && list.iter().zip(was).all(|(is, was)| is.is(was))
            }
            Self::Dict(dict, was) => same_pairs(dict.bind(py), was) == Some(0),
            Self::Attributes(dict, was, class) => {
                let dict = dict.bind(py);
                match same_pairs(dict, was) {
                    None => false,
                    Some(0) => true,
                    // What came on top is no change when it is a cached property, computed since.
                    Some(_) => {
                        dict.keys().iter().skip(was.len()).all(|name| is_computed(class.bind(py), &name))
                    }
                }
            }
            Self::Items(items, was) => {
                let mut is = items.bind(py).try_iter()?;
                for was in was {
                    if !is.next().transpose()?.is_some_and(|is| is.is(was)) {
                        return Ok(false);
                    }
                }
                is.next().is_none()
            }
            Self::Bytes(bytes, was) => digest(bytes.bind(py)) == *was,
            Self::Attribute(object, name, was) => {
                let is = object.bind(py).getattr_opt(name.bind(py))?;
                match (is, was) {
                    (Some(is), Some(was)) => is.is(was),
                    (is, was) => is.is_none() && was.is_none(),
                }
            }
        })
    }
}

/// How many pairs came on top of those that were there, if those are as they were.
fn same_pairs(dict: &Bound<'_, PyDict>, was: &[(Py<PyAny>, Py<PyAny>)]) -> Option<usize> {
    let more = dict.len().checked_sub(was.len())?;
    let mut pairs = dict.iter().zip(was);
    pairs.all(|((name, is), (key, was))| name.is(key) && is.is(was)).then_some(more)
}

fn is_computed(class: &Bound<'_, PyAny>, name: &Bound<'_, PyAny>) -> bool {
    static COMPUTED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let of = || {
        let computed = COMPUTED.import(class.py(), "functools", "cached_property")?;
        class.getattr(name.cast::<PyString>()?)?.is_instance(computed)
    };
    of().unwrap_or(false)
}

fn digest(bytes: &Bound<'_, PyByteArray>) -> Digest {
    Digest::of(&bytes.to_vec())
}

struct Walk<'py> {
    seen: Vec<Seen>,
    met: HashSet<usize>,
    ahead: Vec<Bound<'py, PyAny>>,
}

impl<'py> Walk<'py> {
    fn meet(&mut self, value: Bound<'py, PyAny>) {
        if is_atom(&value) {
            return;
        }
        if let Ok(tuple) = value.cast_exact::<PyTuple>()
            && tuple.iter_borrowed().all(|item| is_atom(&item))
        {
            return;
        }
        if self.met.insert(value.as_ptr() as usize) {
            self.ahead.push(value);
        }
    }

    fn meet_all(&mut self, values: impl Iterator<Item = Bound<'py, PyAny>>) -> Vec<Py<PyAny>> {
        values
            .map(|value| {
                self.meet(value.clone());
                value.unbind()
            })
            .collect()
    }

    fn pairs(&mut self, dict: &Bound<'py, PyDict>) -> Vec<(Py<PyAny>, Py<PyAny>)> {
        let mut pairs = Vec::with_capacity(dict.len());
        for (name, value) in dict.iter() {
            self.meet(name.clone());
            self.meet(value.clone());
            pairs.push((name.unbind(), value.unbind()));
        }
        pairs
    }

    fn visit(&mut self, value: &Bound<'py, PyAny>) -> PyResult<()> {
        if let Ok(list) = value.cast::<PyList>() {
            let items = self.meet_all(list.iter());
            self.seen.push(Seen::List(list.clone().unbind(), items));
        } else if let Ok(dict) = value.cast::<PyDict>() {
            let pairs = self.pairs(dict);
            self.seen.push(Seen::Dict(dict.clone().unbind(), pairs));
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            self.meet_all(tuple.iter());
        } else if let Ok(set) = value.cast::<PySet>() {
            let items = self.meet_all(set.iter());
            self.seen.push(Seen::Items(value.clone().unbind(), items));
        } else if let Ok(set) = value.cast::<PyFrozenSet>() {
            self.meet_all(set.iter());
        } else if let Ok(bytes) = value.cast::<PyByteArray>() {
            self.seen.push(Seen::Bytes(bytes.clone().unbind(), digest(bytes)));
        }
        self.known(value)
    }

    /// Asks Python's half for what a class is known to keep, and for its attributes.
    fn known(&mut self, value: &Bound<'py, PyAny>) -> PyResult<()> {
        static KNOWN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        type Parts<'py> =
            (Option<Bound<'py, PyDict>>, Vec<(Bound<'py, PyAny>, Bound<'py, PyString>)>, Bound<'py, PyAny>);
        if has_only_items(value) {
            return Ok(());
        }
        let py = value.py();
        let known = KNOWN.import(py, "heirloom._sharing", "changeable")?;
        let (attributes, places, within): Parts<'py> = known.call1((value,))?.extract()?;
        if let Some(attributes) = attributes {
            let pairs = self.pairs(&attributes);
            let class = value.get_type().into_any().unbind();
            self.seen.push(Seen::Attributes(attributes.unbind(), pairs, class));
        }
        for (object, name) in places {
            let is = object.getattr_opt(&name)?;
            if let Some(is) = &is {
                self.meet(is.clone());
            }
            self.seen.push(Seen::Attribute(object.unbind(), name.unbind(), is.map(Bound::unbind)));
        }
        if within.is_none() {
            return Ok(());
        }
        let items = within.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let items = self.meet_all(items.into_iter());
        if within.is(value) {
            self.seen.push(Seen::Items(within.unbind(), items));
        }
        Ok(())
    }
}

/// A built-in collection itself, not a subclass, has nothing but its items.
fn has_only_items(value: &Bound<'_, PyAny>) -> bool {
    value.cast_exact::<PyList>().is_ok()
        || value.cast_exact::<PyDict>().is_ok()
        || value.cast_exact::<PyTuple>().is_ok()
        || value.cast_exact::<PySet>().is_ok()
        || value.cast_exact::<PyFrozenSet>().is_ok()
        || value.cast_exact::<PyByteArray>().is_ok()
}

fn is_atom(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_none()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyBytes>()
        || value.is_exact_instance_of::<PyComplex>()
}
