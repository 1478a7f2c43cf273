//! The engine, opened from Python.
//!
//! Promises: 1. settings come from `heirloom.toml`, what is passed goes before them; 2. after a fork the child can leave
//! the parent's engine behind, untouched. Refuses: the default store; `heirloom/_default.py` has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use heirloom_core::engine::{EngineOptions, Hooks};
use heirloom_core::object::Origin;
use heirloom_core::settings::{Settings, parse_size};
use heirloom_core::trust::{self, MacKey};
use heirloom_core::{Digest, Error, SystemClock, engine};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::failure::exception;
use crate::interrupt::interrupted;
use crate::notices::{tell, warn};
use crate::recipe::Declared;
use crate::shelf::Shelf;
use crate::{building, call, recording};

/// The memory budget where nobody set one.
const MEMORY: u64 = 1 << 30;

/// How long a fork waits for the statements that run.
const FORK_PATIENCE: Duration = Duration::from_secs(10);

/// An open store.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Engine {
    open: Arc<engine::Engine>,
    settings: Settings,
}

/// What `heirloom/_store.py` opens an engine with.
#[derive(FromPyObject)]
struct Opening {
    #[pyo3(attribute("_folder"))]
    folder: Option<PathBuf>,
    memory: Option<Py<PyAny>>,
    disk: Option<Py<PyAny>>,
    settings: Option<PathBuf>,
    key_file: PathBuf,
    patience: Option<Duration>,
    /// Registers the factory of a name that an entry depends on.
    make_known: Py<PyAny>,
    /// Makes a recorded call again.
    renew: Py<PyAny>,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(py: Python<'_>, opening: Opening) -> PyResult<Self> {
        let invalid = |error: Error| exception(py, &error);
        let settings = opening.settings.map_or_else(|| Ok(Settings::default()), |file| Settings::read(&file));
        let settings = settings.map_err(invalid)?;
        let folder = opening.folder.map(std::path::absolute).transpose()?;
        let root = Some(settings.root().to_owned()).filter(|root| !root.as_os_str().is_empty());
        let beside = || folder.as_deref().and_then(|folder| folder.parent()).map(ToOwned::to_owned);
        let (make_known, again) = (opening.make_known, opening.renew);
        let options = EngineOptions {
            memory_bytes: size(py, opening.memory)?.or_else(|| settings.memory()).unwrap_or(MEMORY),
            disk_bytes: size(py, opening.disk)?.or_else(|| settings.disk()),
            project: root.or_else(beside),
            key: folder.is_some().then(|| key(&opening.key_file, &settings)).flatten(),
            lenient: true,
            folder,
            patience: opening.patience,
            origin: origin(py)?,
            hooks: Hooks {
                clock: Arc::new(SystemClock),
                variables: Arc::new(variable),
                ambient: Arc::new(recording::ambient),
                notify: Arc::new(tell),
                interrupted: Arc::new(interrupted),
                code: Arc::new(code_now),
                make_known: Arc::new(move |_, name, _| {
                    Python::try_attach(|py| {
                        if let Err(error) = make_known.call1(py, (name,)) {
                            error.write_unraisable(py, None);
                        }
                    });
                }),
                renew: Arc::new(move |_, name, key, call| renew(&again, name, key, call)),
                ..Hooks::default()
            },
        };
        let open = py.detach(|| engine::Engine::open(options)).map_err(invalid)?;
        Ok(Self { open, settings })
    }

    /// The shelf of a declared factory.
    fn shelf(&self, py: Python<'_>, declaration: &Bound<'_, PyAny>) -> PyResult<Shelf> {
        let declared: Declared = declaration.extract()?;
        let recipe = declared.recipe(py, &self.settings)?;
        let registered = py.detach(|| self.open.register(recipe)).map_err(|error| exception(py, &error))?;
        Shelf::new(declaration, Arc::clone(&self.open), registered, declared)
    }

    /// The folder of the store.
    #[getter]
    fn folder(&self) -> Option<PathBuf> {
        self.open.folder().map(ToOwned::to_owned)
    }

    /// Removes everything from memory and folder; returns how many entries were kept.
    fn clear(&self, py: Python<'_>) -> PyResult<usize> {
        py.detach(|| self.open.clear(None)).map_err(|error| exception(py, &error))
    }

    /// The memory tier in numbers.
    fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = py.detach(|| self.open.memory_stats());
        let told = PyDict::new(py);
        told.set_item("bytes", stats.bytes)?;
        told.set_item("budget", stats.budget)?;
        told.set_item("evictions", stats.evictions)?;
        Ok(told)
    }

    /// Before a fork: the store comes to rest. The interpreter is held, so nobody begins anything new.
    fn pause(&self) {
        self.open.pause_for_fork(FORK_PATIENCE);
    }

    /// Before the process ends: the store is left so that the next process opens it quickly.
    fn rest(&self, py: Python<'_>) {
        py.detach(|| self.open.rest());
    }

    /// After a fork, in the parent.
    fn resume(&self) {
        self.open.resume_after_fork();
    }

    /// In a forked child: keeps the parent's engine from ever being touched or torn down here.
    fn abandon(&self) {
        std::mem::forget(Arc::clone(&self.open));
        building::forget_all();
        call::next_generation();
    }
}

/// The key that signs what is kept: the user's own, made on first use, or the one that the settings name.
///
/// Without one, objects live in memory only: what could be opened, nobody could believe.
fn key(own: &Path, settings: &Settings) -> Option<MacKey> {
    let key = match settings.key() {
        None => trust::read_or_make(own),
        Some(name) => trust::read_named(own, name),
    };
    key.inspect_err(|error| warn(&format!("{error}; until it can, this process keeps nothing on disk"))).ok()
}

/// A size: a number of bytes, or a text such as `"4 GiB"`.
fn size(py: Python<'_>, size: Option<Py<PyAny>>) -> PyResult<Option<u64>> {
    let Some(size) = size else { return Ok(None) };
    let size = size.bind(py);
    if let Ok(text) = size.extract::<String>() {
        return parse_size(&text).map(Some).map_err(|error| exception(py, &error));
    }
    let wrong = |_| PyTypeError::new_err("a size is a text such as \"4 GiB\", or a number of bytes");
    size.extract().map(Some).map_err(wrong)
}

#[expect(clippy::disallowed_methods, reason = "the one home of the environment in this crate")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// Has `heirloom/_closure` look again at code that ran in a build.
fn code_now(name: &str, state: &str) -> Option<String> {
    static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let looked = Python::try_attach(|py| {
        let check = CHECK.import(py, "heirloom._closure.recheck", "changed")?;
        check.call1((name, state))?.extract::<Option<String>>()
    });
    match looked {
        Some(Ok(now)) => now,
        Some(Err(error)) => Some(format!("cannot be looked at: {error}")),
        None => Some("cannot be looked at: the interpreter is going down".to_owned()),
    }
}

/// Has `heirloom/_store.py` make a recorded call again, as a part of no build; whatever it raises, the object did not come.
fn renew(again: &Py<PyAny>, name: &str, key: &Digest, call: &str) -> bool {
    Python::try_attach(|py| {
        building::apart(py, || again.call1(py, (name, key.as_bytes(), call))?.extract(py))
    })
    .is_some_and(|renewed| renewed.unwrap_or(false))
}

/// Who builds here.
fn origin(py: Python<'_>) -> PyResult<Origin> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let program =
        py.import("sys")?.getattr("argv")?.get_item(0).and_then(|program| program.extract::<PathBuf>());
    let program = program.ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    Ok(Origin { host, pid: std::process::id(), program: program.unwrap_or_default() })
}

/// The folder of the store that a `heirloom.toml` names.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "arguments from Python are handed over")]
pub(crate) fn store_folder(py: Python<'_>, settings: PathBuf) -> PyResult<std::ffi::OsString> {
    let settings = Settings::read(&settings).map_err(|error| exception(py, &error))?;
    let folder = settings.store().map_or_else(|| settings.root().join(".heirloom"), ToOwned::to_owned);
    Ok(folder.into_os_string())
}
