//! `CacheCore`: what `heirloom.reuse.Cache` does at every use.
//!
//! Each use has three parts: ask (hash, compare, weigh, read the clock: code of anybody's may run), step (`policy.rs`, where
//! none runs), and tell (the listener and the destructors of what left). Promises: what was asked still stands in the step,
//! or it is asked again. Refuses: checking settings and building values; Python does.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::{PyException, PyKeyError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyGenericAlias, PyIterator, PyList, PyTuple, PyType};

use super::clock::{self, Timer};
use super::flights::{self, Flight, Seat};
use super::guarded::Guarded;
use super::key::{Key, Sought, refused};
use super::policy::{Cause, Entry, Gone, Kept};

/// The compiled part of a `Cache`.
#[pyclass(frozen, subclass, mapping, module = "heirloom._heirloom")]
#[derive(Default)]
pub(crate) struct CacheCore {
    kept: Guarded<Kept>,
    asks: Guarded<Asks>,
    /// Whether `1` and `1.0` are two keys.
    typed: AtomicBool,
}

/// What is asked of others.
#[derive(Default)]
struct Asks {
    weigh: Weigh,
    timed: bool,
    timer: Timer,
    expire_after: Option<Py<PyAny>>,
    on_leave: Option<Py<PyAny>>,
    /// The members of `Cause`.
    causes: Option<Py<PyTuple>>,
}

/// Who says how large a value is.
#[derive(Default)]
enum Weigh {
    #[default]
    One,
    Function(Py<PyAny>),
    /// The method of a subclass.
    Method,
}

#[pymethods]
impl CacheCore {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> Self {
        Self::default()
    }

    /// Takes the settings, which were checked. `getsizeof`: a function, True for the method, or None.
    #[expect(clippy::too_many_arguments, reason = "one setting each")]
    fn _settle(
        &self,
        py: Python<'_>,
        maxsize: f64,
        max_entries: f64,
        getsizeof: Option<Py<PyAny>>,
        ttl: Option<f64>,
        idle: Option<f64>,
        expire_after: Option<Py<PyAny>>,
        cost_aware: bool,
        on_leave: Option<Py<PyAny>>,
        timer: Option<Py<PyAny>>,
        causes: Py<PyTuple>,
        typed: bool,
    ) {
        self.typed.store(typed, Ordering::Relaxed);
        let endless = f64::INFINITY;
        let timed = ttl.is_some() || idle.is_some() || expire_after.is_some();
        let kept =
            Kept::new(maxsize, max_entries, ttl.unwrap_or(endless), idle.unwrap_or(endless), cost_aware);
        let weigh = match getsizeof {
            None => Weigh::One,
            Some(one) if one.bind(py).is(pyo3::types::PyBool::new(py, true)) => Weigh::Method,
            Some(function) => Weigh::Function(function),
        };
        let asks = Asks { weigh, timed, timer: Timer(timer), expire_after, on_leave, causes: Some(causes) };
        let old = self.kept.step(py, |state| std::mem::replace(state, kept));
        let old_asks = self.asks.step(py, |state| std::mem::replace(state, asks));
        drop((old, old_asks));
    }

    fn __getitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        match slf.get().request(key)? {
            Some(value) => Ok(value),
            None => slf.call_method1("__missing__", (key,)).map(Bound::unbind),
        }
    }

    /// Say what a key has that is not there; a subclass may do better than raise `KeyError`.
    fn __missing__(_slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        Err(missing(key))
    }

    fn __setitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>, value: Py<PyAny>) -> PyResult<()> {
        Self::put(slf, key, value, 0.0)
    }

    fn __delitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        self.take_out(key)?.map(drop).ok_or_else(|| missing(key))
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.seen(key)?.is_some())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.purge(py)?;
        Ok(self.kept.step(py, |kept| kept.table.len()))
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.purge(py)?;
        let keys: Vec<Py<PyAny>> = self
            .kept
            .step(py, |kept| kept.table.in_order().map(|(key, _)| key.object.clone_ref(py)).collect());
        PyList::new(py, keys)?.try_iter()
    }

    /// The pairs of this moment, in the order of iteration; no uses.
    fn _pairs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.purge(py)?;
        let pairs: Vec<(Py<PyAny>, Py<PyAny>)> = self.kept.step(py, |kept| {
            let pair = |(key, entry): &(Key, Entry)| (key.object.clone_ref(py), entry.value.clone_ref(py));
            kept.table.in_order().map(pair).collect()
        });
        PyList::new(py, pairs)
    }

    /// Return the value of a key, which counts as a use, or ``default``.
    #[pyo3(signature = (key, /, default=None))]
    fn get(&self, key: &Bound<'_, PyAny>, default: Option<Py<PyAny>>) -> PyResult<Option<Py<PyAny>>> {
        Ok(self.request(key)?.or(default))
    }

    /// Return the value of a key, or ``default``; neither counts nor touches.
    #[pyo3(signature = (key, default=None))]
    fn peek(&self, key: &Bound<'_, PyAny>, default: Option<Py<PyAny>>) -> PyResult<Option<Py<PyAny>>> {
        Ok(self.seen(key)?.or(default))
    }

    /// Put a value in; ``cost`` is what it took to build, in seconds, for a cost-aware cache.
    #[pyo3(signature = (key, value, *, cost=0.0))]
    fn put(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>, value: Py<PyAny>, cost: f64) -> PyResult<()> {
        let this = slf.get();
        let sought = this.sought(key)?;
        let entry = Self::weighed(slf, key, value, cost)?;
        let mut gone = Gone::new();
        let left = this.put_in(&sought, entry, &mut gone)?;
        drop(left);
        this.tell(key.py(), gone)
    }

    /// Take a key out and return its value, or ``default``, or raise `KeyError`.
    #[pyo3(signature = (key, *default))]
    fn pop(&self, key: &Bound<'_, PyAny>, default: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        match self.take_out(key)? {
            Some(value) => Ok(value),
            None => default.get_item(0).map(Bound::unbind).map_err(|_| missing(key)),
        }
    }

    /// Take out the entry that would be evicted next.
    fn popitem(&self, py: Python<'_>) -> PyResult<(Py<PyAny>, Py<PyAny>)> {
        self.purge(py)?;
        let mut gone = Gone::new();
        let found = self.kept.step(py, |kept| {
            let at = kept.first()?;
            kept.leave(at, Cause::Removed, &mut gone);
            gone.last().map(|(key, entry, _)| (key.object.clone_ref(py), entry.value.clone_ref(py)))
        });
        self.tell(py, gone)?;
        found.ok_or_else(|| PyKeyError::new_err("the cache is empty"))
    }

    /// Take everything out. Builds in the air still reach who waits for them, and are not kept.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        let mut gone = Gone::new();
        let flights = self.kept.step(py, |kept| kept.clear(&mut gone));
        drop(flights);
        self.tell(py, gone)
    }

    /// Free everything whose time is over, now.
    fn purge(&self, py: Python<'_>) -> PyResult<()> {
        if !self.asks.step(py, |asks| asks.timed) {
            return Ok(());
        }
        let now = self.now(py)?;
        let mut gone = Gone::new();
        self.kept.step(py, |kept| kept.expire(now, usize::MAX, &mut gone));
        self.tell(py, gone)
    }

    /// Return the value of a key; of all who ask for it at once, one runs ``create``.
    fn get_or_create(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        create: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        match slf.get().hit(key)? {
            Some(value) => Ok(value),
            None => slf.call_method1(pyo3::intern!(key.py(), "_build"), (key, create)).map(Bound::unbind),
        }
    }

    /// Find the value of a key, and count a hit; None when there is none, which does not count.
    #[pyo3(signature = (key, default=None))]
    fn _hit(&self, key: &Bound<'_, PyAny>, default: Option<Py<PyAny>>) -> PyResult<Option<Py<PyAny>>> {
        Ok(self.hit(key)?.or(default))
    }

    /// Find the value of a key, or its flight and whether it is mine to build.
    fn _seat(&self, key: &Bound<'_, PyAny>, again: bool) -> PyResult<Seat> {
        let py = key.py();
        let sought = self.sought(key)?;
        let now = self.now(py)?;
        let flight = flights::new(py)?;
        loop {
            let in_air = sought.find::<Kept, Key, Flight>(&self.kept)?;
            let changes = self.kept.step(py, |kept| kept.flights.table.changes);
            let at = sought.find::<Kept, Key, Entry>(&self.kept)?;
            let (mut gone, mut stale) = (Gone::new(), None);
            let answer = self.kept.step(py, |kept| {
                if kept.flights.table.changes != changes {
                    return None;
                }
                // One request counts once, however often it has to look.
                let counted = u64::from(!again);
                if let Some(value) = at.and_then(|at| Some(kept.used(at, now)?.clone_ref(py))) {
                    kept.counts.hits += counted;
                    return Some((None, false, Some(value)));
                }
                kept.counts.misses += counted;
                kept.expire_some(now, &mut gone);
                if let Some(other) = in_air.and_then(|at| kept.flights.at(at, py)) {
                    kept.counts.waited += 1;
                    return Some((Some(other), false, None));
                }
                stale = in_air.and_then(|at| kept.flights.remove(at));
                kept.flights.begin(&sought, &flight);
                Some((Some(flight.clone().unbind()), true, None))
            });
            drop(stale);
            if let Err(error) = self.tell(py, gone) {
                if let Some((Some(mine), true, _)) = answer {
                    // Nobody would ever land it.
                    self.strike_off(mine.bind(py));
                    mine.bind(py).call_method0(pyo3::intern!(py, "crash"))?;
                }
                return Err(error);
            }
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }

    /// Keep what was built, unless somebody put, removed or cleared meanwhile, who has the last word; and land.
    fn _keep(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        value: Py<PyAny>,
        seconds: f64,
        flight: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (py, this) = (key.py(), slf.get());
        let sought = this.sought(key)?;
        let entry = Self::weighed(slf, key, value.clone_ref(py), seconds)?;
        let (mut gone, mut entry) = (Gone::new(), Some(entry));
        let at = sought.find::<Kept, Key, Entry>(&this.kept)?;
        let landed = this.kept.step(py, |kept| {
            kept.counts.builds += 1;
            let landed = kept.flights.remove(kept.flights.place(flight)?);
            if let Some(entry) = entry.take() {
                kept.insert(&sought, at, entry, &mut gone);
            }
            landed
        });
        drop((landed, entry));
        flight.call_method1(pyo3::intern!(py, "land"), (value,))?;
        this.tell(py, gone)
    }

    /// Take a flight out, if it is still listed.
    fn _leave_flight(&self, flight: &Bound<'_, PyAny>) {
        self.strike_off(flight);
    }

    /// Sum of sizes, as a whole number when it is one.
    fn _size(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        number(py, self.kept.step(py, |kept| kept.size))
    }

    /// What `stats` tells, in its order.
    fn _counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (counts, entries, size) = self.kept.step(py, |kept| (kept.counts, kept.table.len(), kept.size));
        let size = number(py, size)?;
        let counted = (counts.hits, counts.misses, counts.waited, counts.builds, counts.evicted);
        let (hits, misses, waited, builds, evicted) = counted;
        (hits, misses, waited, builds, evicted, counts.expired, counts.refused, entries, size)
            .into_pyobject(py)
    }

    /// How many deadlines are noted, those of entries that left included.
    #[getter]
    fn _deadlines(&self, py: Python<'_>) -> usize {
        self.kept.step(py, |kept| kept.deadlines())
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyGenericAlias>> {
        PyGenericAlias::new(cls.py(), cls.as_any(), item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let kept = self.kept.look(|kept| {
            for (_, (key, entry)) in kept.table.iter() {
                visit.call(&key.object)?;
                visit.call(&entry.value)?;
            }
            kept.flights.objects().try_for_each(|object| visit.call(object))
        });
        let asks = self.asks.look(|asks| {
            if let Weigh::Function(weigh) = &asks.weigh {
                visit.call(weigh)?;
            }
            visit.call(&asks.timer.0)?;
            visit.call(&asks.expire_after)?;
            visit.call(&asks.on_leave)?;
            visit.call(&asks.causes)
        });
        kept.unwrap_or(Ok(())).and(asks.unwrap_or(Ok(())))
    }

    fn __clear__(&self) {
        drop((self.kept.take(), self.asks.take()));
    }
}

impl CacheCore {
    #[inline]
    fn sought<'a, 'py>(&self, key: &'a Bound<'py, PyAny>) -> PyResult<Sought<'a, 'py>> {
        let sought = Sought::typed(key, self.typed.load(Ordering::Relaxed));
        sought.map_err(|error| refused("a cache", key, error))
    }

    fn strike_off(&self, flight: &Bound<'_, PyAny>) {
        let left = self.kept.step(flight.py(), |kept| kept.flights.remove(kept.flights.place(flight)?));
        drop(left);
    }

    /// Finds a value, and counts the hit.
    #[inline]
    pub(super) fn hit(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = key.py();
        let sought = self.sought(key)?;
        let now = self.now(py)?;
        let Some(at) = sought.find::<Kept, Key, Entry>(&self.kept)? else { return Ok(None) };
        let mut gone = Gone::new();
        let found = self.kept.step(py, |kept| {
            let value = kept.used(at, now)?.clone_ref(py);
            kept.counts.hits += 1;
            kept.expire_some(now, &mut gone);
            Some(value)
        });
        self.tell(py, gone)?;
        Ok(found)
    }

    /// Finds a value, and counts the hit or the miss.
    #[inline]
    fn request(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        match self.hit(key)? {
            Some(value) => Ok(Some(value)),
            None => self.missed(key.py()).map(|()| None),
        }
    }

    #[cold]
    fn missed(&self, py: Python<'_>) -> PyResult<()> {
        let now = self.now(py)?;
        let mut gone = Gone::new();
        self.kept.step(py, |kept| {
            kept.counts.misses += 1;
            kept.expire_some(now, &mut gone);
        });
        self.tell(py, gone)
    }

    /// Finds a value without a trace.
    fn seen(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = key.py();
        let sought = self.sought(key)?;
        let now = self.now(py)?;
        let Some(at) = sought.find::<Kept, Key, Entry>(&self.kept)? else { return Ok(None) };
        Ok(self.kept.step(py, |kept| kept.peek(at, now).map(|value| value.clone_ref(py))))
    }

    #[inline]
    fn now(&self, py: Python<'_>) -> PyResult<f64> {
        let told = self.asks.step(py, |asks| if asks.timed { asks.timer.tell(py) } else { Ok(0.0) });
        clock::asked(py, told)
    }

    /// Makes an entry: asks for its size and its own end.
    fn weighed(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        value: Py<PyAny>,
        cost: f64,
    ) -> PyResult<Entry> {
        let (py, this) = (key.py(), slf.get());
        let weigh = this.asks.step(py, |asks| match &asks.weigh {
            Weigh::One => None,
            Weigh::Function(function) => Some(Some(function.clone_ref(py))),
            Weigh::Method => Some(None),
        });
        let given = match weigh {
            None => None,
            Some(Some(function)) => Some(function.bind(py).call1((&value,))?),
            Some(None) => Some(slf.call_method1("getsizeof", (&value,))?),
        };
        let size: f64 = match &given {
            None => 1.0,
            Some(given) => told("getsizeof", given, value.bind(py), 0.0, "a size is at least 0")?,
        };
        let (timed, own) =
            this.asks.step(py, |asks| (asks.timed, asks.expire_after.as_ref().map(|one| one.clone_ref(py))));
        if !timed {
            return Ok(Entry::new(value, size, cost, f64::INFINITY, 0.0));
        }
        let own = own.map(|function| function.bind(py).call1((key, &value))).transpose()?;
        let own = own.filter(|given| !given.is_none());
        let way_out = "give seconds, or None for no end of its own";
        let own: Option<f64> = own
            .map(|given| told("expire_after", &given, value.bind(py), f64::NEG_INFINITY, way_out))
            .transpose()?;
        let now = this.now(py)?;
        let ttl = this.kept.step(py, |kept| kept.ttl);
        Ok(Entry::new(value, size, cost, now + own.map_or(ttl, |own| own.min(ttl)), now))
    }

    /// Puts an entry in; a flight of its key comes back, which is not kept when it lands.
    fn put_in(
        &self,
        sought: &Sought<'_, '_>,
        entry: Entry,
        gone: &mut Gone,
    ) -> PyResult<Option<(Key, Flight)>> {
        let py = sought.object.py();
        let mut entry = Some(entry);
        loop {
            let (in_air, changes) = self.in_air(sought)?;
            let at = sought.find::<Kept, Key, Entry>(&self.kept)?;
            let done = self.kept.step(py, |kept| {
                if kept.flights.table.changes != changes {
                    return None;
                }
                let entry = entry.take()?;
                let left = in_air.and_then(|at| kept.flights.remove(at));
                kept.insert(sought, at, entry, gone);
                Some(left)
            });
            if let Some(left) = done {
                return Ok(left);
            }
        }
    }

    /// The place of a key's flight, and what counts the changes of flights.
    fn in_air(&self, sought: &Sought<'_, '_>) -> PyResult<(Option<usize>, u64)> {
        let py = sought.object.py();
        let (none, changes) =
            self.kept.step(py, |kept| (kept.flights.is_empty(), kept.flights.table.changes));
        if none {
            return Ok((None, changes));
        }
        let at = sought.find::<Kept, Key, Flight>(&self.kept)?;
        Ok((at, self.kept.step(py, |kept| kept.flights.table.changes)))
    }

    /// Takes a key out, and its flight.
    fn take_out(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = key.py();
        let sought = self.sought(key)?;
        let now = self.now(py)?;
        loop {
            let (in_air, changes) = self.in_air(&sought)?;
            let at = sought.find::<Kept, Key, Entry>(&self.kept)?;
            let mut gone = Gone::new();
            let done = self.kept.step(py, |kept| {
                if kept.flights.table.changes != changes {
                    return None;
                }
                let left = in_air.and_then(|at| kept.flights.remove(at));
                let value = at.and_then(|at| Some((at, kept.peek(at, now)?.clone_ref(py))));
                let value = value.map(|(at, value)| {
                    kept.leave(at, Cause::Removed, &mut gone);
                    value
                });
                Some((left, value))
            });
            let Some((left, value)) = done else { continue };
            drop(left);
            self.tell(py, gone)?;
            return Ok(value);
        }
    }

    /// Tells the listener of each that left; what it raises first comes out when all are told.
    fn tell(&self, py: Python<'_>, gone: Gone) -> PyResult<()> {
        if gone.is_empty() {
            return Ok(());
        }
        let (listener, causes) = self.asks.step(py, |asks| {
            (
                asks.on_leave.as_ref().map(|one| one.clone_ref(py)),
                asks.causes.as_ref().map(|one| one.clone_ref(py)),
            )
        });
        let (Some(listener), Some(causes)) = (listener, causes) else { return Ok(()) };
        let mut raised = None;
        for (key, entry, cause) in gone {
            let cause = causes.bind(py).get_item(cause as usize)?;
            match listener.bind(py).call1((key.object, entry.value, cause)) {
                Ok(_) => {}
                Err(error) if error.is_instance_of::<PyException>(py) => raised = raised.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        raised.map_or(Ok(()), Err)
    }
}

/// The number that a function of the client's says of a value.
fn told(
    who: &str,
    given: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    least: f64,
    way_out: &str,
) -> PyResult<f64> {
    let number = given.extract::<f64>();
    if let Some(number) = number.as_ref().ok().filter(|number| **number >= least) {
        return Ok(*number);
    }
    let short = given.py().import("heirloom.reuse._bounds")?.getattr("short")?;
    let said = format!("`{who}` gives {} for {}; {way_out}", short.call1((given,))?, short.call1((value,))?);
    Err(if number.is_ok() { PyValueError::new_err(said) } else { PyTypeError::new_err(said) })
}

fn missing(key: &Bound<'_, PyAny>) -> PyErr {
    PyKeyError::new_err((key.clone().unbind(),))
}

/// A number as Python writes it: whole ones without a point.
#[expect(clippy::cast_possible_truncation, reason = "whole and small enough was just asked")]
fn number(py: Python<'_>, number: f64) -> PyResult<Py<PyAny>> {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Ok((number as i64).into_pyobject(py)?.into_any().unbind());
    }
    Ok(number.into_pyobject(py)?.into_any().unbind())
}
