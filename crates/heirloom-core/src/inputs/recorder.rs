//! The recorder: handed to a builder, it opens what the builder asks for and remembers it.
//!
//! Promises: 1. an input is recorded as it was when it was read, so an edit during the build is seen later;
//! 2. clones share one list, so a builder's own threads can record too; 3. what could not be read is recorded too, as
//! something that never holds, because the builder may have gone on without it. Refuses: watching what the builder opens
//! behind its back; in Rust only what goes through here (or through a nested cached call) is recorded.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Variables, observe};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::identity::{Dependency, FileState, StoredPath};

/// Records the inputs of one build.
///
/// ```no_run
/// # fn demo(record: &heirloom_core::Recorder) -> std::io::Result<()> {
/// let text = record.read_to_string("data/rates.csv")?;      // this file's content counts from now on
/// let zone = record.variable("TZ");                         // and so does this variable
/// record.unchecked("network", "https://example.org/rates"); // cannot be checked later: `explain` says so
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    place: Arc<Place>,
    seen: Mutex<BTreeMap<(u8, String), Dependency>>,
}

/// Where it all happens; the same for every build of an engine.
struct Place {
    project: Option<PathBuf>,
    variables: Variables,
    clock: Arc<dyn Clock>,
}

impl Recorder {
    /// An empty recorder for a project at `project`.
    pub fn new(project: Option<PathBuf>, variables: Variables, clock: Arc<dyn Clock>) -> Self {
        Self::at(Arc::new(Place { project, variables, clock }))
    }

    /// Another empty recorder at the same place.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self::at(Arc::clone(&self.0.place))
    }

    fn at(place: Arc<Place>) -> Self {
        Self(Arc::new(Inner { place, seen: Mutex::default() }))
    }

    /// Reads a file whole, and records its content; or records its absence.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let path = path.as_ref();
        let (bytes, state) =
            self.looked(path, unknown_file, observe::content(path, self.0.place.clock.now()))?;
        self.note_file(path, state)?;
        Ok(bytes)
    }

    /// Reads a text file whole, and records its content; or records its absence.
    ///
    /// # Errors
    /// Those of reading the file, and [`io::ErrorKind::InvalidData`] when it is not UTF-8.
    pub fn read_to_string(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let bytes = self.read(path)?;
        String::from_utf8(bytes).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))
    }

    /// Opens a file for reading, and records its content as it is now; or records its absence.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.file(path.as_ref())?;
        File::open(path)
    }

    /// Records a file's content without handing it out, for a library that opens it by itself.
    ///
    /// # Errors
    /// Those of reading the file; its absence is then recorded.
    pub fn file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let state = self.looked(path, unknown_file, observe::file(path, self.0.place.clock.now()))?;
        self.note_file(path, state)
    }

    /// The sorted paths in a directory; records their names, not their content.
    ///
    /// # Errors
    /// Those of listing the directory; its absence is then recorded.
    pub fn read_dir(&self, path: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
        let path = path.as_ref();
        let (paths, listing) = self.looked(path, unknown_directory, observe::listing(path))?;
        self.note(Dependency::Directory { path: self.stored(path)?, listing });
        Ok(paths)
    }

    /// The sorted files that a pattern such as `data/*.csv` matches; records which, and the content of each.
    ///
    /// # Errors
    /// A malformed pattern, or those of reading a matching file.
    pub fn glob(&self, pattern: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
        let pattern = absolute(pattern)?;
        let (paths, matches) = observe::matches(&pattern, self.0.place.project.as_deref())?;
        self.note(Dependency::Pattern { path: self.stored(&pattern)?, matches });
        for path in &paths {
            self.file(path)?;
        }
        Ok(paths)
    }

    /// Whether a path exists. Absence is recorded as such; presence records a file's content, a directory's names.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        let looked = if path.is_dir() { self.read_dir(path).map(drop) } else { self.file(path) };
        looked.err().is_none_or(|fault| !observe::is_absence(&fault))
    }

    /// An environment variable; records the digest of its value, never the value.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        let value = (self.0.place.variables)(name);
        let digest = value.as_deref().map(|value| Digest::of(value.as_encoded_bytes()));
        self.note(Dependency::Variable { name: name.to_owned(), value: digest });
        value
    }

    /// Tells of an input that cannot be checked later, such as a network read; `explain` will say so.
    pub fn unchecked(&self, what: impl Into<String>, detail: impl Into<String>) {
        self.note(Dependency::Unchecked { what: what.into(), detail: detail.into() });
    }

    /// Records an input that was observed elsewhere. The first look at an input counts.
    pub fn note(&self, dependency: Dependency) {
        let subject = dependency.subject();
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(subject).or_insert(dependency);
    }

    /// Everything recorded so far, sorted by kind and name.
    pub fn recorded(&self) -> Vec<Dependency> {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.values().cloned().collect()
    }

    fn note_file(&self, path: &Path, state: FileState) -> io::Result<()> {
        self.note(Dependency::File { path: self.stored(path)?, state });
        Ok(())
    }

    /// Records a look that failed: as an absence, or by `unknown` as something that never holds.
    fn looked<T>(
        &self,
        path: &Path,
        unknown: fn(StoredPath) -> Dependency,
        found: io::Result<T>,
    ) -> io::Result<T> {
        if let Err(fault) = &found {
            let path = self.stored(path)?;
            self.note(if observe::is_absence(fault) { Dependency::Absent { path } } else { unknown(path) });
        }
        found
    }

    fn stored(&self, path: &Path) -> io::Result<StoredPath> {
        Ok(StoredPath::new(&absolute(path)?, self.0.place.project.as_deref()))
    }
}

fn unknown_file(path: StoredPath) -> Dependency {
    Dependency::File { path, state: FileState::UNKNOWN }
}

fn unknown_directory(path: StoredPath) -> Dependency {
    Dependency::Directory { path, listing: FileState::UNKNOWN.digest }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.recorded().iter().map(ToString::to_string)).finish()
    }
}
