//! `WeakCore`: what `heirloom.reuse.WeakValueCache` does at every use; flyweight classes stand on it too.
//!
//! Promises: 1. a dead entry takes itself out, by the address of its reference, and nothing ever walks the table to find
//! it; 2. no step runs code of anybody's. Refuses: bounds; a holder that never lets go keeps its object.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{
    PyGenericAlias, PyIterator, PyList, PyTuple, PyType, PyWeakrefMethods, PyWeakrefReference,
};

use super::flights::{self, Flight, Flights, Seat};
use super::guarded::Guarded;
use super::key::{Has, Key, Sought, refused};
use super::undertaker::{Buries, Undertaker, refer};
use crate::table::Table;

/// The compiled part of a `WeakValueCache`.
#[pyclass(frozen, subclass, mapping, module = "heirloom._heirloom")]
pub(crate) struct WeakCore {
    state: Arc<Guarded<Living>>,
    undertaker: Guarded<Option<Py<Undertaker>>>,
    /// Whether `1` and `1.0` are two keys.
    typed: AtomicBool,
}

#[derive(Default)]
struct Living {
    table: Table<Key, Entry>,
    /// Places by the address of the reference.
    places: HashMap<usize, usize>,
    flights: Flights,
    hits: u64,
    misses: u64,
    waited: u64,
    builds: u64,
}

struct Entry {
    reference: Py<PyWeakrefReference>,
    uses: u64,
}

impl Has<Key, Entry> for Living {
    fn table(&mut self) -> &mut Table<Key, Entry> {
        &mut self.table
    }
}

impl Has<Key, Flight> for Living {
    fn table(&mut self) -> &mut Table<Key, Flight> {
        &mut self.flights.table
    }
}

impl Buries for Guarded<Living> {
    fn bury(&self, py: Python<'_>, reference: usize) {
        let buried = self.try_step(py, |living| {
            let at = living.places.remove(&reference)?;
            living.table.remove(at)
        });
        drop(buried);
    }
}

impl Living {
    /// The value at a place, if it lives; this is a use.
    #[inline]
    fn used<'py>(&mut self, at: usize, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let entry = self.table.get_mut(at)?;
        let value = entry.reference.bind(py).upgrade()?;
        entry.uses += 1;
        Some(value)
    }

    fn live<'py>(&self, at: usize, py: Python<'py>) -> Option<(u64, Bound<'py, PyAny>)> {
        let (_, entry) = self.table.get(at)?;
        Some((entry.uses, entry.reference.bind(py).upgrade()?))
    }

    fn remove(&mut self, at: usize) -> Option<(Key, Entry)> {
        let (key, entry) = self.table.remove(at)?;
        self.places.remove(&(entry.reference.as_ptr() as usize));
        Some((key, entry))
    }

    /// Puts an entry in, in the place of `old` if there is one, which comes back.
    fn insert(
        &mut self,
        key: &Sought<'_, '_>,
        old: Option<usize>,
        reference: Py<PyWeakrefReference>,
    ) -> Option<(Key, Entry)> {
        let old = old.and_then(|at| self.remove(at));
        let address = reference.as_ptr() as usize;
        let at = self.table.insert(key.hash, key.keep(), Entry { reference, uses: 0 });
        self.places.insert(address, at);
        old
    }
}

#[pymethods]
impl WeakCore {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> Self {
        Self { state: Arc::default(), undertaker: Guarded::default(), typed: AtomicBool::new(false) }
    }

    /// Takes the settings.
    fn _settle(&self, typed: bool) {
        self.typed.store(typed, Ordering::Relaxed);
    }

    fn __getitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        Self::request(slf, key)?.ok_or_else(|| missing(key))
    }

    fn __setitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let (py, this) = (key.py(), slf.get());
        let sought = Self::sought(slf, key)?;
        let mut reference = Some(Self::refer(slf, value)?);
        loop {
            let (in_air, changes) = this.in_air(&sought)?;
            let at = sought.find::<Living, Key, Entry>(&this.state)?;
            let left = this.state.step(py, |living| {
                if living.flights.table.changes != changes {
                    return None;
                }
                let left = in_air.and_then(|at| living.flights.remove(at));
                Some((left, living.insert(&sought, at, reference.take()?)))
            });
            if left.is_some() {
                return Ok(());
            }
        }
    }

    fn __delitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::take_out(slf, key)?.map(drop).ok_or_else(|| missing(key))
    }

    /// Take a key out and return its living value, or ``default``, or raise `KeyError`.
    #[pyo3(signature = (key, *default))]
    fn pop(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        default: &Bound<'_, PyTuple>,
    ) -> PyResult<Py<PyAny>> {
        match Self::take_out(slf, key)? {
            Some(value) => Ok(value),
            None => default.get_item(0).map(Bound::unbind).map_err(|_| missing(key)),
        }
    }

    fn __contains__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(Self::living(slf, key)?.is_some())
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.state.step(py, |living| living.table.len())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.keys(py))?.try_iter()
    }

    /// Return the living value of a key, which counts as a use, or ``default``.
    #[pyo3(signature = (key, /, default=None))]
    fn get(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        default: Option<Py<PyAny>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        Ok(Self::request(slf, key)?.or(default))
    }

    /// Return the living value of a key, or ``default``; neither counts nor touches.
    #[pyo3(signature = (key, default=None))]
    fn peek(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        default: Option<Py<PyAny>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        Ok(Self::living(slf, key)?.map(|(_, value)| value.unbind()).or(default))
    }

    /// The pairs that live at this moment, in the order of iteration; no uses.
    fn _pairs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let pairs: Vec<(Py<PyAny>, Py<PyAny>)> = self.state.step(py, |living| {
            let pair = |(key, entry): &(Key, Entry)| {
                Some((key.object.clone_ref(py), entry.reference.bind(py).upgrade()?.unbind()))
            };
            living.table.in_order().filter_map(pair).collect()
        });
        PyList::new(py, pairs)
    }

    /// Take everything out; who holds a value keeps it.
    fn clear(&self, py: Python<'_>) {
        let left = self.state.step(py, |living| {
            living.places.clear();
            (living.table.take(), living.flights.take())
        });
        drop(left);
    }

    /// Return how often the living value of a key was handed out again.
    fn uses(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<u64> {
        Self::living(slf, key)?.map(|(uses, _)| uses).ok_or_else(|| missing(key))
    }

    /// Return the value of a key; of all who ask for it at once, one runs ``create``.
    fn get_or_create(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        create: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        match Self::hit(slf, key)? {
            Some(value) => Ok(value),
            None => slf.call_method1(pyo3::intern!(key.py(), "_build"), (key, create)).map(Bound::unbind),
        }
    }

    /// Find the living value of a key, and count a hit; a miss does not count.
    #[pyo3(signature = (key, default=None))]
    fn _hit(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        default: Option<Py<PyAny>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        Ok(Self::hit(slf, key)?.or(default))
    }

    /// Find the value of a key, or its flight and whether it is mine to build.
    fn _seat(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>, again: bool) -> PyResult<Seat> {
        let (py, this) = (key.py(), slf.get());
        let sought = Self::sought(slf, key)?;
        let flight = flights::new(py)?;
        loop {
            let in_air = sought.find::<Living, Key, Flight>(&this.state)?;
            let changes = this.state.step(py, |living| living.flights.table.changes);
            let at = sought.find::<Living, Key, Entry>(&this.state)?;
            let mut stale = None;
            let answer = this.state.step(py, |living| {
                if living.flights.table.changes != changes {
                    return None;
                }
                let counted = u64::from(!again);
                if let Some(value) = at.and_then(|at| living.used(at, py)) {
                    living.hits += counted;
                    return Some((None, false, Some(value.unbind())));
                }
                living.misses += counted;
                if let Some(other) = in_air.and_then(|at| living.flights.at(at, py)) {
                    living.waited += 1;
                    return Some((Some(other), false, None));
                }
                stale = in_air.and_then(|at| living.flights.remove(at));
                living.flights.begin(&sought, &flight);
                Some((Some(flight.clone().unbind()), true, None))
            });
            drop(stale);
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }

    /// Keep what was built, unless somebody put, removed or cleared meanwhile; and land.
    fn _keep(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        _seconds: f64,
        flight: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (py, this) = (key.py(), slf.get());
        let sought = Self::sought(slf, key)?;
        let mut reference = Some(Self::refer(slf, value)?);
        let at = sought.find::<Living, Key, Entry>(&this.state)?;
        let left = this.state.step(py, |living| {
            living.builds += 1;
            let landed = living.flights.remove(living.flights.place(flight)?);
            Some((landed, living.insert(&sought, at, reference.take()?)))
        });
        drop((left, reference));
        flight.call_method1(pyo3::intern!(py, "land"), (value,)).map(drop)
    }

    /// Take a flight out, if it is still listed.
    fn _leave_flight(&self, flight: &Bound<'_, PyAny>) {
        let left =
            self.state.step(flight.py(), |living| living.flights.remove(living.flights.place(flight)?));
        drop(left);
    }

    /// The keys whose values live.
    #[getter]
    fn _table<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.keys(py))
    }

    /// What `stats` tells, in its order.
    fn _counts(&self, py: Python<'_>) -> (u64, u64, u64, u64, usize) {
        self.state
            .step(py, |living| (living.hits, living.misses, living.waited, living.builds, living.table.len()))
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyGenericAlias>> {
        PyGenericAlias::new(cls.py(), cls.as_any(), item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let state = self.state.look(|living| {
            for (_, (key, entry)) in living.table.iter() {
                visit.call(&key.object)?;
                visit.call(&entry.reference)?;
            }
            living.flights.objects().try_for_each(|object| visit.call(object))
        });
        let undertaker = self.undertaker.look(|undertaker| visit.call(undertaker));
        state.unwrap_or(Ok(())).and(undertaker.unwrap_or(Ok(())))
    }

    fn __clear__(&self) {
        drop((self.state.take(), self.undertaker.take()));
    }
}

impl WeakCore {
    fn keys(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.state.step(py, |living| {
            let alive = |entry: &Entry| entry.reference.bind(py).upgrade().is_some();
            let entries = living.table.in_order().filter(|(_, entry)| alive(entry));
            entries.map(|(key, _)| key.object.clone_ref(py)).collect()
        })
    }

    #[inline]
    fn sought<'a, 'py>(slf: &Bound<'py, Self>, key: &'a Bound<'py, PyAny>) -> PyResult<Sought<'a, 'py>> {
        let sought = Sought::typed(key, slf.get().typed.load(Ordering::Relaxed));
        sought.map_err(|error| refused(&format!("a {}", named(slf)), key, error))
    }

    #[inline]
    fn hit(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let (py, this) = (key.py(), slf.get());
        let sought = Self::sought(slf, key)?;
        let Some(at) = sought.find::<Living, Key, Entry>(&this.state)? else { return Ok(None) };
        Ok(this.state.step(py, |living| {
            let value = living.used(at, py)?;
            living.hits += 1;
            Some(value.unbind())
        }))
    }

    fn request(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let found = Self::hit(slf, key)?;
        if found.is_none() {
            slf.get().state.step(key.py(), |living| living.misses += 1);
        }
        Ok(found)
    }

    fn living<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(u64, Bound<'py, PyAny>)>> {
        let this = slf.get();
        let sought = Self::sought(slf, key)?;
        let Some(at) = sought.find::<Living, Key, Entry>(&this.state)? else { return Ok(None) };
        Ok(this.state.step(key.py(), |living| living.live(at, key.py())))
    }

    /// Takes a key out, and its flight; the living value comes back.
    fn take_out(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let (py, this) = (key.py(), slf.get());
        let sought = Self::sought(slf, key)?;
        loop {
            let (in_air, changes) = this.in_air(&sought)?;
            let at = sought.find::<Living, Key, Entry>(&this.state)?;
            let left = this.state.step(py, |living| {
                if living.flights.table.changes != changes {
                    return None;
                }
                let left = in_air.and_then(|at| living.flights.remove(at));
                let live = at.and_then(|at| living.live(at, py)).map(|(_, value)| value.unbind());
                Some((left, at.and_then(|at| living.remove(at)), live))
            });
            let Some((_, _, live)) = left else { continue };
            return Ok(live);
        }
    }

    fn in_air(&self, sought: &Sought<'_, '_>) -> PyResult<(Option<usize>, u64)> {
        let py = sought.object.py();
        let at = sought.find::<Living, Key, Flight>(&self.state)?;
        Ok((at, self.state.step(py, |living| living.flights.table.changes)))
    }

    /// Refers weakly to a value, or says why that cannot be.
    fn refer(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<Py<PyWeakrefReference>> {
        let (py, this) = (value.py(), slf.get());
        let mut undertaker = this.undertaker.step(py, |one| one.as_ref().map(|one| one.clone_ref(py)));
        let reference = refer(value, &mut undertaker, &this.state);
        let old = this.undertaker.step(py, |one| std::mem::replace(one, undertaker));
        drop(old);
        reference.map_err(|error| {
            if !error.is_instance_of::<PyTypeError>(py) {
                return error;
            }
            let said = || -> PyResult<String> {
                let bounds = py.import("heirloom.reuse._bounds")?;
                bounds.call_method1("no_reference", (named(slf), value))?.extract()
            };
            said().map_or_else(|error| error, PyTypeError::new_err)
        })
    }
}

fn named(slf: &Bound<'_, WeakCore>) -> String {
    slf.get_type().name().map_or_else(|_| "WeakValueCache".to_owned(), |name| name.to_string())
}

fn missing(key: &Bound<'_, PyAny>) -> PyErr {
    PyKeyError::new_err((key.clone().unbind(),))
}
