//! `InternerCore`: makes equal values one object.
//!
//! Strings go to the interpreter's own table. What Python can refer to weakly vanishes with its last holder. The rest (bytes,
//! tuples) is held, and swept when only the table still holds it, which its reference count tells. Promises: 1. equal means
//! of the same type all the way down; 2. of values that nobody holds, never more than of living ones (and 256 besides) are
//! kept; 3. adding takes constant time on average. Refuses: unhashable values, and objects that can change.

#![expect(unsafe_code, reason = "strings are interned, and references counted, by raw pointer")]

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyGenericAlias, PyList, PyTuple, PyType, PyWeakrefMethods, PyWeakrefReference};

use super::guarded::Guarded;
use super::key::{Comparable, Has, Sought};
use super::strict;
use super::undertaker::{Buries, Undertaker, refer};
use crate::table::{Alike, Looked, Table};

const SWEEP_MIN: usize = 256;

/// The compiled part of an `Interner`.
#[pyclass(frozen, subclass, module = "heirloom._heirloom")]
pub(crate) struct InternerCore {
    state: Arc<Guarded<Ones>>,
    undertaker: Guarded<Option<Py<Undertaker>>>,
}

#[derive(Default)]
struct Ones {
    table: Table<One, ()>,
    /// Places by the address of the reference.
    places: HashMap<usize, usize>,
    sweep_at: usize,
    requests: u64,
    shared: u64,
}

/// The one object of its value.
enum One {
    Held(Py<PyAny>),
    Referred(Py<PyWeakrefReference>),
}

impl Comparable for One {
    #[inline]
    fn alike(&self, sought: &Sought<'_, '_>) -> Alike {
        match self {
            Self::Held(one) => strict::alike(one.as_ptr(), sought.object.as_ptr(), 0),
            Self::Referred(reference) => {
                let one = reference.bind(sought.object.py()).upgrade();
                if one.is_some_and(|one| one.is(sought.object)) { Alike::Yes } else { Alike::Ask }
            }
        }
    }

    fn object<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match self {
            Self::Held(one) => Some(one.bind(py).clone()),
            Self::Referred(reference) => reference.bind(py).upgrade(),
        }
    }
}

impl Has<One, ()> for Ones {
    fn table(&mut self) -> &mut Table<One, ()> {
        &mut self.table
    }
}

impl Buries for Guarded<Ones> {
    fn bury(&self, py: Python<'_>, reference: usize) {
        let buried = self.try_step(py, |ones| {
            let at = ones.places.remove(&reference)?;
            ones.table.remove(at)
        });
        drop(buried);
    }
}

impl Ones {
    fn held(&self) -> usize {
        self.table.len() - self.places.len()
    }

    /// Takes out what nobody else holds: nobody can get hold of it meanwhile but through this table.
    fn sweep(&mut self) -> Vec<One> {
        let alone = |one: &One| match one {
            // SAFETY: a living object; the count is read while the interpreter is held.
            One::Held(one) => unsafe { ffi::Py_REFCNT(one.as_ptr()) == 1 },
            One::Referred(_) => false,
        };
        let places: Vec<usize> =
            self.table.iter().filter(|(_, (one, ()))| alone(one)).map(|(at, _)| at).collect();
        let swept = places.into_iter().filter_map(|at| self.table.remove(at)).map(|(one, ())| one).collect();
        self.sweep_at = SWEEP_MIN.max(2 * self.held());
        swept
    }
}

#[pymethods]
impl InternerCore {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> Self {
        let ones = Ones { sweep_at: SWEEP_MIN, ..Ones::default() };
        let state = Arc::<Guarded<Ones>>::default();
        Python::attach(|py| state.step(py, |state| *state = ones));
        Self { state, undertaker: Guarded::default() }
    }

    /// Return the one object that is equal to ``value``: an earlier one, or ``value`` itself from now on.
    ///
    /// >>> from heirloom.reuse import intern
    /// >>> intern(b"oak" * 2) is intern(b"oakoak")
    /// True
    fn intern<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        // SAFETY: a living object of exactly this type; the reference that is handed in comes back, to the one object.
        let one = unsafe {
            if ffi::PyUnicode_CheckExact(value.as_ptr()) != 0 {
                let mut raw = value.clone().into_ptr();
                ffi::PyUnicode_InternInPlace(&raw mut raw);
                Bound::from_owned_ptr(py, raw)
            } else {
                self.one(value)?
            }
        };
        let shared = u64::from(!one.is(value));
        self.state.step(py, |ones| {
            ones.requests += 1;
            ones.shared += shared;
        });
        Ok(one)
    }

    /// Drop the values that nobody else holds, now; return how many. It is done by itself from time to time.
    fn sweep(&self, py: Python<'_>) -> usize {
        let swept = self.state.step(py, Ones::sweep);
        swept.len()
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.sweep(py);
        self.state.step(py, |ones| ones.table.len())
    }

    /// The values that are held and counted.
    #[getter]
    fn _counted<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let held: Vec<Py<PyAny>> = self.state.step(py, |ones| {
            let held = ones.table.iter().filter_map(|(_, (one, ()))| match one {
                One::Held(one) => Some(one.clone_ref(py)),
                One::Referred(_) => None,
            });
            held.collect()
        });
        PyList::new(py, held)
    }

    /// Requests, and those that were answered with another object than they brought.
    fn _counts(&self, py: Python<'_>) -> (u64, u64) {
        self.state.step(py, |ones| (ones.requests, ones.shared))
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyGenericAlias>> {
        PyGenericAlias::new(cls.py(), cls.as_any(), item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let state = self.state.look(|ones| {
            ones.table.iter().try_for_each(|(_, (one, ()))| match one {
                One::Held(one) => visit.call(one),
                One::Referred(reference) => visit.call(reference),
            })
        });
        let undertaker = self.undertaker.look(|undertaker| visit.call(undertaker));
        state.unwrap_or(Ok(())).and(undertaker.unwrap_or(Ok(())))
    }

    fn __clear__(&self) {
        drop((self.state.take(), self.undertaker.take()));
    }
}

impl InternerCore {
    fn one<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        let refused = |error| refused(value, error);
        let sought = Sought::strictly(value).map_err(refused)?;
        // Nearly always the first look finds it, without asking anybody.
        let at_once =
            self.state.step(py, |ones| match ones.table.look(sought.hash, 0, |one| one.alike(&sought)) {
                Looked::At(at) => ones.table.get(at)?.0.object(py),
                Looked::Absent | Looked::Ask(_) => None,
            });
        if let Some(one) = at_once {
            return Ok(one);
        }
        let mut new = None;
        loop {
            let found = sought.find::<Ones, One, ()>(&self.state).map_err(refused)?;
            let one = found.and_then(|at| self.state.step(py, |ones| ones.table.get(at)?.0.object(py)));
            if let Some(one) = one {
                return Ok(one);
            }
            if new.is_none() && !is_counted(value) {
                // Making the reference may run code, so the table is looked at again.
                new = Some(self.referred(value)?);
                continue;
            }
            let swept = self.state.step(py, |ones| {
                let one = new.take().unwrap_or_else(|| One::Held(value.clone().unbind()));
                let address = match &one {
                    One::Held(_) => None,
                    One::Referred(reference) => Some(reference.as_ptr() as usize),
                };
                let at = ones.table.insert(sought.hash, one, ());
                if let Some(address) = address {
                    ones.places.insert(address, at);
                }
                if ones.held() >= ones.sweep_at { ones.sweep() } else { Vec::new() }
            });
            drop(swept);
            return Ok(value.clone());
        }
    }

    fn referred(&self, value: &Bound<'_, PyAny>) -> PyResult<One> {
        let py = value.py();
        let mut undertaker = self.undertaker.step(py, |one| one.as_ref().map(|one| one.clone_ref(py)));
        let reference = refer(value, &mut undertaker, &self.state);
        let old = self.undertaker.step(py, |one| std::mem::replace(one, undertaker));
        drop(old);
        match reference {
            Ok(reference) => Ok(One::Referred(reference)),
            Err(error) if error.is_instance_of::<PyTypeError>(py) => Ok(One::Held(value.clone().unbind())),
            Err(error) => Err(error),
        }
    }
}

/// Whether Python never refers weakly to such a value.
fn is_counted(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyTuple>() || value.is_exact_instance_of::<PyBytes>()
}

fn refused(value: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = value.py();
    if !error.is_instance_of::<PyTypeError>(py) {
        return error;
    }
    let said = || -> PyResult<String> {
        let short = py.import("heirloom.reuse._bounds")?.call_method1("short", (value,))?;
        Ok(format!("{short} cannot be interned: {}", error.value(py)))
    };
    said().map_or_else(|error| error, PyTypeError::new_err)
}
