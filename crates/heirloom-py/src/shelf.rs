//! A shelf: one Python function's factory in one store.
//!
//! On the road: the front table, then `road.rs`. Promises: questions (`state`, `explain`, `forget`, `stats`) walk the
//! engine's own road. Refuses: choosing the store; that is Python's.

use std::sync::Arc;

use heirloom_core::engine::{Engine, Factory, Mode, Request, State};
use heirloom_core::identity::{Key, Traits};
use heirloom_core::settings::CodeLevel;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::building::{current, within};
use crate::encode::{Inside, counting_code, key, write};
use crate::explained::told;
use crate::failure::exception;
use crate::front::{Front, Ignored, Spelt};
use crate::guards::Guards;
use crate::parameters::Parameters;
use crate::recipe::{Declared, traits};
use crate::road;
use crate::step::Step;

/// How clients share an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// All have the same one, as long as nobody changes it.
    Watched,
    /// The same, and each time it is sealed again to see whether it was changed, with a warning if so.
    Checked,
    /// All have the same one, whatever they do with it.
    Trusted,
    /// Each has one of its own.
    Copied,
}

/// One factory of one store.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Shelf {
    pub(crate) engine: Arc<Engine>,
    pub(crate) registered: Arc<Factory>,
    pub(crate) function: Py<PyAny>,
    pub(crate) traits: Option<Py<PyAny>>,
    pub(crate) front: Front,
    pub(crate) sharing: Sharing,
    /// What the decorator was told.
    pub(crate) declaration: Py<PyAny>,
    guards: Py<Guards>,
    parameters: Parameters,
    key: Option<Py<PyAny>>,
}

/// The arguments of a call, as Python hands them over.
pub(crate) type Args<'a, 'py> = (&'a Bound<'py, PyTuple>, Option<&'a Bound<'py, PyDict>>);

impl Shelf {
    pub(crate) fn new(
        declaration: &Bound<'_, PyAny>,
        engine: Arc<Engine>,
        registered: Arc<Factory>,
        declared: Declared,
    ) -> PyResult<Self> {
        let Declared { function, traits, parameters, key, sharing, guards, .. } = declared;
        let sharing = match sharing.as_str() {
            "check" => Sharing::Checked,
            "trust" => Sharing::Trusted,
            "copy" => Sharing::Copied,
            _ => Sharing::Watched,
        };
        let py = declaration.py();
        let parameters = Parameters::new(py, parameters)?;
        let ignored = if key.is_some() { Ignored::default() } else { parameters.ignored(py) };
        let front = Front::new(ignored, registered.recipe().fingerprint.code.level != CodeLevel::Manual);
        let declaration = declaration.clone().unbind();
        Ok(Self {
            engine,
            registered,
            function,
            traits,
            front,
            sharing,
            declaration,
            guards,
            parameters,
            key,
        })
    }

    /// Whether the code that this shelf was made for is what it was.
    #[inline]
    pub(crate) fn code_holds(&self, py: Python<'_>) -> bool {
        self.guards.get().hold(py)
    }

    /// The engine's request for a call.
    pub(crate) fn request(
        &self,
        (args, kwargs): Args<'_, '_>,
        mode: &str,
        expect: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Request> {
        let mode = match mode {
            "get" => Mode::Get,
            "refresh" => Mode::Refresh,
            "bypass" => Mode::Bypass,
            off => Mode::Off(off.to_owned()),
        };
        let expect: Option<Traits> = expect.map(traits).transpose()?;
        let (factory, key) = (Arc::clone(&self.registered), self.key(args, kwargs)?);
        let call = self.call(args, kwargs)?;
        Ok(Request { factory, key, expect: expect.map(Arc::new), mode, call })
    }

    /// The engine's request for a call, and how the call is spelt, if the front table can keep that.
    ///
    /// Spelt before the key is made and compared after it, so that both speak of the arguments in one and the same state.
    fn spelt(
        &self,
        (args, kwargs): Args<'_, '_>,
        mode: &str,
        expect: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(Request, Option<Spelt>)> {
        let spelt = self.front.spell(args, kwargs)?;
        let request = self.request((args, kwargs), mode, expect)?;
        Ok((request, spelt.filter(|spelt| self.front.is_still(spelt, args, kwargs))))
    }

    /// How a call inside of a build can be made again; `None` outside of one, and where arguments are left out of the key:
    /// those may be secrets, and are never written down.
    fn call(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<Arc<str>>> {
        static TELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = args.py();
        if self.key.is_some() || self.parameters.leaves_out() || current(py)?.is_none() {
            return Ok(None);
        }
        let told = TELL.import(py, "heirloom._renewal", "told")?.call1((args, kwargs))?;
        Ok(told.extract::<Option<String>>()?.map(Into::into))
    }

    fn key(&self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Key> {
        let (py, name) = (args.py(), self.registered.name());
        if let Some(choose) = &self.key {
            let chosen = choose.bind(py).call(args, kwargs)?;
            let made = key(name, |writer| write(&chosen, writer, &Inside::top(0)));
            return made.map_err(|refusal| refusal.for_argument(py, name, "key"));
        }
        let code = self.registered.recipe().fingerprint.code.level != CodeLevel::Manual;
        if let Some(key) = counting_code(code, || self.parameters.key(name, args, kwargs))? {
            return Ok(key);
        }
        // The call does not fit the function; its own words say how.
        self.function.bind(py).call(args, kwargs)?;
        Err(PyRuntimeError::new_err(format!("{name}: the call fits the function, but not its parameters")))
    }
}

#[pymethods]
impl Shelf {
    /// The object of a call: live, opened or built.
    #[pyo3(signature = (args, kwargs, mode, expect))]
    fn get<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
        mode: &str,
        expect: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (request, spelt) = slf.get().spelt((args, kwargs), mode, expect)?;
        road::get(slf, (args, kwargs), (&request, spelt))
    }

    /// One step on the road, for a task; blocks while another process builds.
    #[pyo3(signature = (args, kwargs, mode, expect))]
    fn step<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
        mode: &str,
        expect: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Step> {
        let asked = slf.get().spelt((args, kwargs), mode, expect)?;
        Step::new(slf, (args, kwargs), asked)
    }

    /// Whether a call's key has this digest.
    #[pyo3(signature = (args, kwargs, digest))]
    fn has_key(&self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>, digest: &[u8]) -> bool {
        self.key(args, kwargs).is_ok_and(|now| now.digest().as_bytes() == digest)
    }

    /// Where the object of a call is: `absent`, `on_disk` or `in_memory`.
    #[pyo3(signature = (args, kwargs, mode))]
    fn state(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        mode: &str,
    ) -> PyResult<&'static str> {
        let request = self.request((args, kwargs), mode, None)?;
        Ok(match within(args.py(), None, || self.engine.state(&request)) {
            State::Absent => "absent",
            State::OnDisk => "on_disk",
            State::InMemory => "in_memory",
        })
    }

    /// What a call would come to now, as JSON and in sentences.
    #[pyo3(signature = (args, kwargs, mode, expect))]
    fn explain(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        mode: &str,
        expect: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(String, String)> {
        let request = self.request((args, kwargs), mode, expect)?;
        Ok(args.py().detach(|| told(&self.engine.explain(&request))))
    }

    /// Forgets every kept version of a call's object; returns how many there were.
    #[pyo3(signature = (args, kwargs))]
    fn forget(&self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<usize> {
        let (py, request) = (args.py(), self.request((args, kwargs), "get", None)?);
        py.detach(|| self.engine.forget(&request)).map_err(|error| exception(py, &error))
    }

    /// Removes everything of this factory; returns how many entries were kept.
    fn clear(&self, py: Python<'_>) -> PyResult<usize> {
        self.front.clear(py);
        let cleared = py.detach(|| self.engine.clear(Some(self.registered.name())));
        cleared.map_err(|error| exception(py, &error))
    }

    /// Lets go of every live object; what is kept on disk stays.
    fn let_go(&self, py: Python<'_>) {
        self.front.clear(py);
        py.detach(|| self.engine.let_go_of_memory(&self.registered));
    }

    /// The counters of this process.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (stats, live) =
            py.detach(|| (self.engine.stats(&self.registered), self.engine.live_objects(&self.registered)));
        let told = PyDict::new(py);
        told.set_item("memory_hits", stats.memory_hits)?;
        told.set_item("disk_hits", stats.disk_hits)?;
        told.set_item("waits", stats.waits)?;
        told.set_item("builds", stats.builds)?;
        told.set_item("errors", stats.errors)?;
        told.set_item("faults", stats.faults)?;
        told.set_item("build_nanos", stats.build_nanos)?;
        told.set_item("saved_nanos", stats.saved_nanos)?;
        told.set_item("live_objects", live)?;
        Ok(told)
    }

    /// The undecorated function.
    #[getter]
    fn function(&self, py: Python<'_>) -> Py<PyAny> {
        self.function.clone_ref(py)
    }

    /// The factory's name.
    #[getter]
    fn name(&self) -> &str {
        self.registered.name()
    }
}
