//! `PoolCore`: what `heirloom.reuse.Pool` does at every use; and `Loan`, an object for the length of a block.
//!
//! Promises: taking an idle object and giving it back makes no Python frame, but for those of `reset` and the timer.
//! Refuses: waiting, checking and making, which are Python's (`_pool.py`), on the same state.

#![expect(unsafe_code, reason = "the frame of the caller is read by raw pointer")]

use std::sync::Arc;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyGenericAlias, PyList, PyType};

use super::clock::{self, Timer};
use super::guarded::Guarded;
use super::pool_state::{Back, Count, Holds, Lease, Place, Stock};
use super::undertaker::{Undertaker, refer};

/// The compiled part of a `Pool`.
#[pyclass(frozen, subclass, module = "heirloom._heirloom")]
#[derive(Default)]
pub(crate) struct PoolCore {
    stock: Arc<Guarded<Stock>>,
    asks: Guarded<Asks>,
    undertaker: Guarded<Option<Py<Undertaker>>>,
}

/// What is asked of others.
#[derive(Default)]
struct Asks {
    reset: Option<Py<PyAny>>,
    /// Whether idle objects are checked before they are lent: then Python lends.
    checks: bool,
    discards: bool,
    timer: Timer,
}

/// Who acquires: code and line.
struct Caller(Py<PyAny>, i32);

#[pymethods]
impl PoolCore {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyAny>, _kwargs: Option<&Bound<'_, PyAny>>) -> Self {
        Self::default()
    }

    /// Takes the settings, which were checked.
    #[expect(clippy::too_many_arguments, reason = "one setting each")]
    fn _settle(
        &self,
        py: Python<'_>,
        max_size: f64,
        max_idle: f64,
        min_warm: usize,
        idle_time: Option<f64>,
        lost_after: Option<f64>,
        reset: Option<Py<PyAny>>,
        checks: bool,
        discards: bool,
        timer: Option<Py<PyAny>>,
    ) {
        let mut stock = Stock::default();
        (stock.max_size, stock.max_idle, stock.min_warm) = (max_size, max_idle, min_warm);
        (stock.idle_time, stock.lost_after) = (idle_time, lost_after);
        let asks = Asks { reset, checks, discards, timer: Timer(timer) };
        let old = self.stock.step(py, |state| std::mem::replace(state, stock));
        let old_asks = self.asks.step(py, |state| std::mem::replace(state, asks));
        drop((old, old_asks));
    }

    /// Take an object; wait for one at most ``timeout`` seconds when all are out. Give it to `release` afterwards.
    #[pyo3(signature = (timeout=None))]
    fn acquire(slf: &Bound<'_, Self>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        Self::taken(slf, timeout, Caller::here(slf.py())?)
    }

    /// Take an object for a ``with`` or an ``async with`` block.
    #[pyo3(signature = (timeout=None))]
    fn lend(slf: &Bound<'_, Self>, timeout: Option<Py<PyAny>>) -> PyResult<Loan> {
        let Caller(code, line) = Caller::here(slf.py())?;
        let state = Guarded::default();
        state.step(slf.py(), |loan| *loan = Some(Borrowed { timeout, code, line, object: None }));
        Ok(Loan { pool: slf.clone().unbind(), state })
    }

    /// Give an object back. When its reset raises, it is thrown away, and that is told as `PoolError`.
    fn release(slf: &Bound<'_, Self>, obj: &Bound<'_, PyAny>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let Some(lease) = this.stock.step(py, |stock| stock.end_lease(obj)) else {
            return slf.call_method1("_refuse", (obj,)).map(drop);
        };
        if let Some(reset) = this.asks.step(py, |asks| asks.reset.as_ref().map(|one| one.clone_ref(py)))
            && let Err(error) = reset.bind(py).call1((obj,))
        {
            return slf.call_method1("_reset_failed", (obj, error)).map(drop);
        }
        let reference = match lease.holds {
            Holds::Weakly(reference) => Some(reference),
            Holds::Strongly(_) => None,
        };
        Self::back(slf, obj, reference)?;
        let now = this.now(py)?;
        if this.stock.step(py, |stock| stock.is_calm(now)) {
            return Ok(());
        }
        slf.call_method0("purge").map(drop)
    }

    /// Lend an object that was granted or made; ``at`` is who acquired it, its code and line.
    fn _lend(slf: &Bound<'_, Self>, obj: &Bound<'_, PyAny>, code: Py<PyAny>, line: i32) -> PyResult<()> {
        let now = slf.get().now(slf.py())?;
        Self::lent(slf, obj, None, Caller(code, line), now)
    }

    /// End the lease of an object; whether it had one.
    fn _end_lease(&self, obj: &Bound<'_, PyAny>) -> bool {
        let lease = self.stock.step(obj.py(), |stock| stock.end_lease(obj));
        lease.is_some()
    }

    /// Take an object back: for the first in the line, to the idle ones, or away.
    fn _put_back(slf: &Bound<'_, Self>, obj: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::back(slf, obj, None)
    }

    /// Free a place: for the first in the line, if anybody waits.
    fn _free_place(slf: &Bound<'_, Self>) -> PyResult<()> {
        let turn = slf.get().stock.step(slf.py(), |stock| {
            let turn = stock.next_turn();
            stock.size -= usize::from(turn.is_none() && stock.size > 0);
            turn
        });
        turn.map_or(Ok(()), |turn| grant(turn.bind(slf.py()), None))
    }

    /// Ask for an object: an idle one, or a place to make one in, or a place in the line.
    fn _ask(slf: &Bound<'_, Self>, turn: &Bound<'_, PyAny>) -> PyResult<()> {
        let granted = slf.get().stock.step(slf.py(), |stock| {
            if let Some(place) = stock.idle.pop_back() {
                return Some(Some(place.object));
            }
            if stock.has_room() {
                stock.size += 1;
                return Some(None);
            }
            stock.count(Count::Waited);
            stock.line.push_back((turn.clone().unbind(), std::process::id()));
            None
        });
        match granted {
            Some(object) => grant(turn, object),
            None => Ok(()),
        }
    }

    /// Leave the line; whether the turn stood in it.
    fn _leave_line(&self, turn: &Bound<'_, PyAny>) -> bool {
        let left = self.stock.step(turn.py(), |stock| {
            let at = stock.line.iter().position(|(other, _)| other.is(turn))?;
            stock.line.remove(at)
        });
        left.is_some()
    }

    /// Give up the place of an object that was no good, for an idle one; None when there is none.
    fn _another(&self, py: Python<'_>) -> Option<(Py<PyAny>,)> {
        self.stock.step(py, |stock| {
            stock.count(Count::Invalid);
            let place = stock.idle.pop_back()?;
            stock.size -= 1;
            Some((place.object,))
        })
    }

    /// Take in an object that was made beforehand.
    fn _warm(&self, py: Python<'_>, obj: Py<PyAny>) -> PyResult<()> {
        let since = self.now(py)?;
        self.stock.step(py, |stock| {
            stock.count(Count::Made);
            stock.size += 1;
            stock.idle.push_back(Place { object: obj, reference: None, since });
        });
        Ok(())
    }

    /// Count one event, by its name in `PoolStats`.
    fn _count(&self, py: Python<'_>, what: &str) -> PyResult<()> {
        let what = match what {
            "made" => Count::Made,
            "reused" => Count::Reused,
            "timed_out" => Count::TimedOut,
            "discarded" => Count::Discarded,
            "reset_failed" => Count::ResetFailed,
            _ => return Err(PyKeyError::new_err(what.to_owned())),
        };
        self.stock.step(py, |stock| stock.count(what));
        Ok(())
    }

    /// Whether an object is idle here.
    fn _is_idle(&self, obj: &Bound<'_, PyAny>) -> bool {
        self.stock.step(obj.py(), |stock| stock.idle.iter().any(|place| place.object.is(obj)))
    }

    /// Take out what was idle too long, and what was lost: where it was acquired, seconds since, whether it died.
    #[expect(clippy::type_complexity, reason = "two lists of tuples")]
    fn _overdue<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyList>, Vec<(Py<PyAny>, i32, f64, bool)>)>> {
        let now = self.now(py)?;
        let found = self.stock.step(py, |stock| {
            if stock.is_calm(now) { None } else { Some((stock.idle_too_long(now), stock.lost(now))) }
        });
        let Some((over, lost)) = found else { return Ok(None) };
        let over = PyList::new(py, over.into_iter().map(|place| place.object))?;
        let told = |(lease, died): (Lease, bool)| (lease.code, lease.line, now - lease.since, died);
        Ok(Some((over, lost.into_iter().map(told).collect())))
    }

    /// How many leases are noted by their time, those that ended included.
    #[getter]
    fn _noted(&self, py: Python<'_>) -> usize {
        self.stock.step(py, |stock| stock.lent.len())
    }

    /// What `stats` tells, in its order.
    fn _counts(&self, py: Python<'_>) -> Vec<u64> {
        self.stock.step(py, |stock| {
            let now = [stock.idle.len() as u64, stock.size as u64];
            stock.counts.iter().copied().chain(now).collect()
        })
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyGenericAlias>> {
        PyGenericAlias::new(cls.py(), cls.as_any(), item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let stock = self.stock.look(|stock| stock.objects().try_for_each(|object| visit.call(object)));
        let asks = self.asks.look(|asks| {
            visit.call(&asks.reset)?;
            visit.call(&asks.timer.0)
        });
        let undertaker = self.undertaker.look(|one| visit.call(one));
        stock.unwrap_or(Ok(())).and(asks.unwrap_or(Ok(()))).and(undertaker.unwrap_or(Ok(())))
    }

    fn __clear__(&self) {
        drop((self.stock.take(), self.asks.take(), self.undertaker.take()));
    }
}

impl PoolCore {
    #[inline]
    fn now(&self, py: Python<'_>) -> PyResult<f64> {
        let told = self.asks.step(py, |asks| asks.timer.tell(py));
        clock::asked(py, told)
    }

    fn taken(
        slf: &Bound<'_, Self>,
        timeout: Option<&Bound<'_, PyAny>>,
        caller: Caller,
    ) -> PyResult<Py<PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        if timeout.is_none() && !this.asks.step(py, |asks| asks.checks) {
            let now = this.now(py)?;
            let place = this.stock.step(py, |stock| {
                let place = if stock.is_calm(now) { stock.idle.pop_back() } else { None };
                if place.is_some() {
                    stock.count(Count::Reused);
                }
                place
            });
            if let Some(place) = place {
                let object = place.object.into_bound(py);
                Self::lent(slf, &object, place.reference, caller, now)?;
                return Ok(object.unbind());
            }
        }
        slf.call_method1("_acquire", (timeout, caller.0, caller.1)).map(Bound::unbind)
    }

    /// Notes that an object is out.
    fn lent(
        slf: &Bound<'_, Self>,
        object: &Bound<'_, PyAny>,
        reference: Option<Py<pyo3::types::PyWeakrefReference>>,
        caller: Caller,
        since: f64,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let holds = match reference {
            Some(reference) => Holds::Weakly(reference),
            None => match this.referred(object) {
                Ok(reference) => Holds::Weakly(reference),
                Err(error) if error.is_instance_of::<PyTypeError>(py) => {
                    Holds::Strongly(object.clone().unbind())
                }
                Err(error) => return Err(error),
            },
        };
        let Caller(code, line) = caller;
        let lease = Lease { holds, since, code, line };
        let old = this.stock.step(py, |stock| stock.lend(object.as_ptr() as usize, lease));
        drop(old);
        Ok(())
    }

    fn referred(&self, object: &Bound<'_, PyAny>) -> PyResult<Py<pyo3::types::PyWeakrefReference>> {
        let py = object.py();
        let mut undertaker = self.undertaker.step(py, |one| one.as_ref().map(|one| one.clone_ref(py)));
        let reference = refer(object, &mut undertaker, &self.stock);
        let old = self.undertaker.step(py, |one| std::mem::replace(one, undertaker));
        drop(old);
        reference
    }

    fn back(
        slf: &Bound<'_, Self>,
        object: &Bound<'_, PyAny>,
        reference: Option<Py<pyo3::types::PyWeakrefReference>>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let since = this.now(py)?;
        let mut place = Some(Place { object: object.clone().unbind(), reference, since });
        let back = this.stock.step(py, |stock| stock.put_back(&mut place));
        drop(place);
        match back {
            Back::Kept => Ok(()),
            Back::Serve(turn) => grant(turn.bind(py), Some(object.clone().unbind())),
            Back::TooMany => slf.call_method1("_throw_away", (object,)).map(drop),
        }
    }
}

/// Gives a turn what was waited for: an object, or without one a place. What is granted is seen by who waits, before
/// anything else can happen, and then told.
fn grant(turn: &Bound<'_, PyAny>, object: Option<Py<PyAny>>) -> PyResult<()> {
    let py = turn.py();
    if let Some(object) = object {
        turn.setattr(pyo3::intern!(py, "object"), object)?;
        turn.setattr(pyo3::intern!(py, "has_object"), true)?;
    }
    turn.setattr(pyo3::intern!(py, "is_granted"), true)?;
    turn.getattr(pyo3::intern!(py, "signal"))?.call_method0(pyo3::intern!(py, "give")).map(drop)
}

impl Caller {
    fn here(py: Python<'_>) -> PyResult<Self> {
        // SAFETY: attached; the frame is the running one, borrowed for the two questions.
        unsafe {
            let frame = ffi::PyEval_GetFrame();
            if frame.is_null() {
                return Ok(Self(py.None(), 0));
            }
            let code = Bound::from_owned_ptr_or_err(py, ffi::PyFrame_GetCode(frame).cast())?;
            Ok(Self(code.unbind(), ffi::PyFrame_GetLineNumber(frame)))
        }
    }
}

/// An object for the length of a block, sync or async; it goes back at the end.
#[pyclass(frozen, module = "heirloom.reuse")]
pub(crate) struct Loan {
    pool: Py<PoolCore>,
    state: Guarded<Option<Borrowed>>,
}

struct Borrowed {
    timeout: Option<Py<PyAny>>,
    code: Py<PyAny>,
    line: i32,
    object: Option<Py<PyAny>>,
}

#[pymethods]
impl Loan {
    fn __enter__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (timeout, code, line) = self.asked(py);
        let caller = Caller(code.unwrap_or_else(|| py.None()), line);
        let object = PoolCore::taken(self.pool.bind(py), timeout.as_ref().map(|one| one.bind(py)), caller)?;
        self.hold(py, object.clone_ref(py));
        Ok(object)
    }

    fn __exit__(
        &self,
        kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _trace: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = kind.py();
        let Some(object) = self.state.step(py, |loan| loan.as_mut()?.object.take()) else { return Ok(()) };
        let pool = self.pool.bind(py);
        let discards = !kind.is_none() && pool.get().asks.step(py, |asks| asks.discards);
        let how = if discards { pyo3::intern!(py, "discard") } else { pyo3::intern!(py, "release") };
        pool.call_method1(how, (object,)).map(drop)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().pool.bind(slf.py()).call_method1("_enter_later", (slf,))
    }

    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        kind: &Bound<'py, PyAny>,
        _error: &Bound<'py, PyAny>,
        _trace: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.get().pool.bind(slf.py()).call_method1("_leave_later", (slf, kind))
    }

    /// Timeout, code and line of who asked.
    fn _asked(&self, py: Python<'_>) -> (Option<Py<PyAny>>, Option<Py<PyAny>>, i32) {
        self.asked(py)
    }

    /// Hold the object until the end of the block.
    fn _hold(&self, py: Python<'_>, object: Py<PyAny>) {
        self.hold(py, object);
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyGenericAlias>> {
        PyGenericAlias::new(cls.py(), cls.as_any(), item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.pool)?;
        let state = self.state.look(|loan| {
            let Some(loan) = loan else { return Ok(()) };
            visit.call(&loan.timeout)?;
            visit.call(&loan.code)?;
            visit.call(&loan.object)
        });
        state.unwrap_or(Ok(()))
    }

    fn __clear__(&self) {
        drop(self.state.take());
    }
}

impl Loan {
    fn asked(&self, py: Python<'_>) -> (Option<Py<PyAny>>, Option<Py<PyAny>>, i32) {
        self.state.step(py, |loan| match loan {
            None => (None, None, 0),
            Some(loan) => {
                (loan.timeout.as_ref().map(|one| one.clone_ref(py)), Some(loan.code.clone_ref(py)), loan.line)
            }
        })
    }

    fn hold(&self, py: Python<'_>, object: Py<PyAny>) {
        let old = self.state.step(py, |loan| loan.as_mut()?.object.replace(object));
        drop(old);
    }
}
