//! What a Python builder touches, handed to the engine's recorder.
//!
//! `python/heirloom/_recording/` decides what counts; this side looks at files while the interpreter is free. Promises:
//! it
//! never breaks a build, its own faults are written where Python writes what cannot be raised; and what the build wrote
//! itself is not recorded. Refuses: deciding who asked; that is Python's.

use std::fs;
use std::path::{Path, PathBuf};

use heirloom_core::identity::{Dependency, Lifetime, Property};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::building::{Building, concerned, current, in_progress};
use crate::recording_hooks::quietly;
use crate::shelf::Args;

/// The module that decides what counts.
const MODULE: &str = "heirloom._recording";

/// Begins to record a build.
pub(crate) fn begin(building: &Py<Building>, (args, kwargs): Args<'_, '_>) {
    tell(args.py(), "begin", (building, args, kwargs));
}

/// Ends the recording of a build: what can only be told now is recorded.
pub(crate) fn end(py: Python<'_>, building: &Py<Building>) {
    tell(py, "end", (building,));
}

fn tell<'py>(py: Python<'py>, what: &str, args: impl pyo3::call::PyCallArgs<'py>) {
    let told = quietly(|| py.import(MODULE)?.getattr(what)?.call1(args));
    if let Err(error) = told {
        error.write_unraisable(py, None);
    }
}

/// A state of the process, as it is now.
pub(crate) fn ambient(what: &str) -> Option<Vec<u8>> {
    Python::try_attach(|py| {
        let look = || py.import(MODULE)?.getattr("ambient")?.call1((what,))?.extract::<Option<Vec<u8>>>();
        quietly(look).inspect_err(|error| error.clone_ref(py).write_unraisable(py, None)).ok().flatten()
    })
    .flatten()
}

/// Whether what happens now must be recorded.
#[pyfunction]
pub(crate) fn recording() -> bool {
    in_progress() && !crate::recording_hooks::is_quiet()
}

/// The builds that what happens now belongs to.
#[pyfunction]
pub(crate) fn builds(py: Python<'_>) -> PyResult<Vec<Py<Building>>> {
    concerned(py)
}

/// The build of this thread or task.
#[pyfunction]
pub(crate) fn current_build(py: Python<'_>) -> PyResult<Option<Py<Building>>> {
    current(py)
}

#[pymethods]
impl Building {
    /// The builder.
    #[getter]
    fn function(&self, py: Python<'_>) -> Py<PyAny> {
        self.shelf().function.clone_ref(py)
    }

    /// What the builder's decorator was told.
    #[getter]
    fn declaration(&self, py: Python<'_>) -> Py<PyAny> {
        self.shelf().declaration.clone_ref(py)
    }

    /// Takes the code that ran.
    fn take_ran(&self) -> Vec<Py<PyAny>> {
        self.ran().take()
    }

    /// The factory's name.
    #[getter]
    fn name(&self) -> &str {
        self.shelf().registered.name()
    }

    /// What Python's side remembers of this build.
    #[getter(notes)]
    fn remembered(&self, py: Python<'_>) -> Py<PyDict> {
        self.notes.clone_ref(py)
    }

    /// Whether its objects live for a limited time.
    #[getter]
    fn expires(&self) -> bool {
        self.shelf().registered.recipe().lifetime != Lifetime::FOREVER
    }

    /// The folder of the store.
    #[getter]
    fn store(&self) -> Option<String> {
        self.shelf().engine.folder().map(|folder| folder.to_string_lossy().into_owned())
    }

    /// The folder of the project.
    #[getter]
    fn project(&self) -> Option<String> {
        self.shelf().registered.recipe().project.as_ref().map(|folder| folder.to_string_lossy().into_owned())
    }

    /// Makes this the build of the running thread.
    fn adopt_thread(slf: Py<Self>, py: Python<'_>) -> PyResult<()> {
        Self::begin_thread(slf, py)
    }

    /// Records the content of a file, the names of a directory, or that there is nothing.
    fn read(&self, py: Python<'_>, path: PathBuf) {
        py.detach(move || self.look(&path));
    }

    /// Records a file that was replaced after it was loaded: what was used cannot be told any more.
    fn unknown(&self, path: PathBuf) {
        self.recorder().unknown(path);
    }

    /// Records the names in a directory.
    fn listing(&self, py: Python<'_>, path: PathBuf) {
        py.detach(|| {
            if !self.recorder().is_own(&path) {
                // What cannot be listed is recorded as such.
                self.recorder().read_dir(path).ok();
            }
        });
    }

    /// Records what a pattern matches.
    fn pattern(&self, py: Python<'_>, pattern: PathBuf) -> PyResult<()> {
        py.detach(|| self.recorder().pattern(pattern).map(drop))?;
        Ok(())
    }

    /// Records one property of a path: `kind`, `size`, `modified`, `mode` or `link`.
    fn stat(&self, py: Python<'_>, path: PathBuf, property: &str) -> PyResult<()> {
        let property = match property {
            "kind" => Property::Kind,
            "size" => Property::Size,
            "modified" => Property::Modified,
            "mode" => Property::Mode,
            "link" => Property::Link,
            other => return Err(PyValueError::new_err(format!("no property: {other}"))),
        };
        py.detach(|| {
            if !self.recorder().is_own(&path) && !is_machine(&path) {
                self.recorder().property(path, property).ok();
            }
        });
        Ok(())
    }

    /// Records an environment variable.
    fn variable(&self, name: &str) {
        self.recorder().variable(name);
    }

    /// Records a state of the process.
    fn ambient(&self, what: &str, value: &[u8]) {
        self.recorder().ambient(what, value);
    }

    /// Records something that cannot be checked.
    fn unchecked(&self, what: &str, detail: &str) {
        self.recorder().unchecked(what, detail);
    }

    /// Records the working directory.
    fn working_directory(&self) {
        self.recorder().working_directory().ok();
    }

    /// Tells that the build writes a path itself.
    fn wrote(&self, path: PathBuf) {
        self.recorder().wrote(path);
    }

    /// Tells that the builder was given an absolute path.
    fn fixed(&self, path: PathBuf) {
        self.recorder().fixed(path);
    }

    /// Records a file that a database may make and take away: absent and empty are the same.
    fn absent_or_empty(&self, py: Python<'_>, path: PathBuf) {
        py.detach(|| {
            let full = fs::metadata(&path).is_ok_and(|metadata| metadata.len() > 0);
            if full { self.look(&path) } else { self.recorder().absent_or_empty(path) }
        });
    }

    /// Records code that ran in this build; see `heirloom/_closure/ran.py`.
    fn note_code(&self, name: String, state: String, live: bool) {
        self.recorder().note(Dependency::Code { name, state, live });
    }

    /// Everything recorded so far, in words.
    fn recorded(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.recorder().recorded().iter().map(ToString::to_string).collect())
    }

    /// In a forked child: goes on recording for this build, into a journal that the parent takes in.
    fn follow(slf: &Bound<'_, Self>, journal: PathBuf) -> PyResult<()> {
        let journal = fs::File::options().append(true).open(journal)?;
        Self::follow_in_child(slf, journal)
    }

    /// Takes in what children wrote into a journal.
    fn take_in(&self, py: Python<'_>, journal: PathBuf) -> PyResult<()> {
        py.detach(|| self.recorder().take_in(journal))?;
        Ok(())
    }
}

impl Building {
    fn look(&self, path: &Path) {
        let recorder = self.recorder();
        if recorder.is_own(path) {
            return;
        }
        if is_machine(path) {
            return recorder.unchecked("machine", path.display().to_string());
        }
        // What cannot be read is recorded as such.
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => drop(recorder.read_dir(path)),
            Ok(metadata) if !metadata.is_file() => recorder.unchecked("device", path.display().to_string()),
            _ => drop(recorder.file(path)),
        }
    }
}

/// Whether a path shows the machine or the process, and never twice the same.
fn is_machine(path: &Path) -> bool {
    ["/proc", "/sys", "/dev"].iter().any(|root| path.starts_with(root))
}
