//! One step of a task on the road: it is there, somebody builds it, or this task may build it.
//!
//! `heirloom/_tasks.py` drives it. Promises: 1. waiting for a build of this process occupies no thread: the landing
//! calls the loop; 2. a step that is dropped, by a cancelled task, frees everybody who waits. Refuses: a loop of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::time::Instant;

use heirloom_core::engine::{Approach, Lead, Request, Served, Wait, arrive};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::building::{Building, Entered, current, within};
use crate::failure::exception;
use crate::front::Spelt;
use crate::recording;
use crate::road::{Built, finish, id, serve, walk};
use crate::shelf::{Args, Shelf};

/// Where a task's request has come to.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Step {
    shelf: Py<Shelf>,
    args: Py<PyTuple>,
    kwargs: Option<Py<PyDict>>,
    request: Request,
    spelt: Mutex<Option<Spelt>>,
    outer: Option<Py<Building>>,
    place: Mutex<Place>,
}

/// The place on the road.
enum Place {
    /// The builder asks for itself: it computes.
    Inside,
    Served(Box<Served>),
    /// Built, and for this task alone.
    Once(Py<PyAny>),
    Wait(Wait),
    Build(Box<Lead>),
    Building(Box<Lead>, Entered, Instant),
    Gone,
}

impl Step {
    pub(crate) fn new(
        shelf: &Bound<'_, Shelf>,
        call: Args<'_, '_>,
        (request, spelt): (Request, Option<Spelt>),
    ) -> PyResult<Self> {
        let py = shelf.py();
        let outer = current(py)?;
        let place = if outer.as_ref().is_some_and(|outer| outer.get().holds(&id(&request))) {
            Place::Inside
        } else {
            match walk(py, shelf.get(), &request, outer.as_ref())? {
                Approach::Served(served) => Place::Served(Box::new(served)),
                Approach::Wait(waiter) => Place::Wait(waiter),
                Approach::Build(lead) => Place::Build(Box::new(lead)),
            }
        };
        let (args, kwargs) = (call.0.clone().unbind(), call.1.map(|kwargs| kwargs.clone().unbind()));
        let (spelt, place) = (Mutex::new(spelt), Mutex::new(place));
        Ok(Self { shelf: shelf.clone().unbind(), args, kwargs, request, spelt, outer, place })
    }

    fn replace(&self, place: Place) -> Place {
        std::mem::replace(&mut *self.place.lock().unwrap_or_else(PoisonError::into_inner), place)
    }

    fn serve(&self, py: Python<'_>, served: Served) -> PyResult<Option<Py<PyAny>>> {
        let mut spelt = self.spelt.lock().unwrap_or_else(PoisonError::into_inner).take();
        serve(py, self.shelf.get(), (&self.request, &mut spelt), served)
    }
}

#[pymethods]
impl Step {
    /// The word for the place: `inside`, `served`, `wait`, `build`.
    #[getter]
    fn place(&self) -> &'static str {
        match &*self.place.lock().unwrap_or_else(PoisonError::into_inner) {
            Place::Inside => "inside",
            Place::Served(_) | Place::Once(_) => "served",
            Place::Wait(_) => "wait",
            Place::Build(_) | Place::Building(..) => "build",
            Place::Gone => "gone",
        }
    }

    /// Whether the object is there, and its object, once; not there when a client had changed it.
    fn object(&self, py: Python<'_>) -> PyResult<(bool, Option<Py<PyAny>>)> {
        match self.replace(Place::Gone) {
            Place::Served(served) => self.serve(py, *served).map(|object| (object.is_some(), object)),
            Place::Once(value) => Ok((true, Some(value))),
            _ => Err(misused()),
        }
    }

    /// Calls `wake` (from whatever thread) when the build that is waited for has landed; at once when it has.
    fn notify(&self, wake: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let Place::Wait(waiter) = &mut *place else { return Err(misused()) };
        let waker = Waker::from(Arc::new(Call(wake.clone().unbind())));
        let landed = Pin::new(waiter).poll(&mut TaskContext::from_waker(&waker)).is_ready();
        drop(place);
        if landed {
            wake.call0()?;
        }
        Ok(())
    }

    /// After a wait: whether the object is there now; otherwise the road must be walked again.
    fn arrived(&self, py: Python<'_>) -> PyResult<bool> {
        let Place::Wait(mut waiter) = self.replace(Place::Gone) else { return Err(misused()) };
        let landed = Pin::new(&mut waiter).poll(&mut TaskContext::from_waker(Waker::noop()));
        let Poll::Ready(landing) = landed else { return Err(misused()) };
        let shelf = self.shelf.get();
        let served = within(py, self.outer.as_ref(), || arrive(&shelf.engine, &self.request, landing));
        let served = served.map_err(|error| exception(py, &error))?;
        let arrived = served.is_some();
        self.replace(served.map_or(Place::Gone, |served| Place::Served(Box::new(served))));
        Ok(arrived)
    }

    /// Begins the build in the running task.
    fn begin(&self, py: Python<'_>) -> PyResult<()> {
        let Place::Build(lead) = self.replace(Place::Gone) else { return Err(misused()) };
        let context = within(py, self.outer.as_ref(), || lead.begin());
        let above = self.outer.as_ref().map(|outer| outer.clone_ref(py));
        let building = Building::new(self.shelf.bind(py), id(&self.request), context, above);
        let building = Py::new(py, building)?;
        recording::begin(&building, (self.args.bind(py), self.kwargs.as_ref().map(|kwargs| kwargs.bind(py))));
        let entered = Building::enter(building, py)?;
        self.replace(Place::Building(lead, entered, Instant::now()));
        Ok(())
    }

    /// Ends the build with what the builder returned, or with what it raised.
    #[pyo3(signature = (value, error))]
    fn end(&self, py: Python<'_>, value: &Bound<'_, PyAny>, error: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let Place::Building(lead, entered, begun) = self.replace(Place::Gone) else { return Err(misused()) };
        entered.leave(py);
        let built = error.map_or_else(|| Ok(value.clone()), |error| Err(PyErr::from_value(error)));
        let within = (begun.elapsed(), self.outer.as_ref());
        self.replace(match finish(py, self.shelf.get(), &self.request, *lead, built, within)? {
            Built::Shared(served) => Place::Served(Box::new(served)),
            Built::Once(value) => Place::Once(value),
        });
        Ok(())
    }
}

/// Wakes a task by calling a Python function.
struct Call(Py<PyAny>);

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        Python::try_attach(|py| {
            // A loop that is closed already has nobody to wake.
            self.0.call0(py).ok();
        });
    }
}

fn misused() -> PyErr {
    PyRuntimeError::new_err("a step was taken out of order")
}
