//! Opens files for the build that is running, and records them with it.
//!
//! For code below a builder that has no [`Recorder`] at hand. Outside a build these are
//! the plain functions of the standard library. Promises: what is opened here inside a build counts. Refuses:
//! threads that the builder started by itself; carry its [`Context`] there.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use heirloom_core::Recorder;
use heirloom_core::engine::Context;

use crate::surroundings;

/// The recorder of the build that is running on this thread.
pub fn current() -> Option<Recorder> {
    Context::current().map(|context| context.recorder().clone())
}

/// Opens a file for reading; inside a build, its content counts.
///
/// # Errors
/// Those of [`File::open`].
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    current().map_or_else(|| File::open(path.as_ref()), |recorder| recorder.open(path.as_ref()))
}

/// Reads a file whole; inside a build, its content counts.
///
/// # Errors
/// Those of [`std::fs::read`].
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    current().map_or_else(|| std::fs::read(path.as_ref()), |recorder| recorder.read(path.as_ref()))
}

/// Reads a text file whole; inside a build, its content counts.
///
/// # Errors
/// Those of [`std::fs::read_to_string`].
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref();
    current().map_or_else(|| std::fs::read_to_string(path), |recorder| recorder.read_to_string(path))
}

/// The sorted paths in a directory; inside a build, its names count.
///
/// # Errors
/// Those of [`std::fs::read_dir`].
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    if let Some(recorder) = current() {
        return recorder.read_dir(path);
    }
    let mut paths = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// An environment variable; inside a build, its value counts.
pub fn variable(name: &str) -> Option<OsString> {
    current().map_or_else(|| surroundings::variable(name), |recorder| recorder.variable(name))
}
