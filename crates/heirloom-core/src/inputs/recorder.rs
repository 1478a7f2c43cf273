//! The recorder: handed to a builder, it opens what the builder asks for and remembers it.
//!
//! Promises: 1. an input is recorded as it was when it was first looked at, so an edit during the build is seen later;
//! 2. clones share one list, so a builder's own threads can record too; 3. what could not be read is recorded too, as
//! something that never holds, because the builder may have gone on without it. Refuses: watching what the builder opens
//! behind its back; in Rust only what goes through here (or through a nested cached call) is recorded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::settle::{Looks, settle};
use super::{Memo, Variables, observe};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::identity::{Dependency, FileState, Property, StoredPath};

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
    /// The working directory when the build began; `None` inside where that was not asked, or cannot be told.
    began_in: OnceLock<Option<PathBuf>>,
    /// Made when there is something to note: most builds record nothing.
    notes: OnceLock<Notes>,
    /// Where a child process writes what it records, one line each, at once: it may be killed when it is done.
    journal: Option<File>,
}

/// What was noted.
#[derive(Default)]
struct Notes {
    /// Folders that the builder was told by their absolute names.
    fixed: Mutex<Vec<PathBuf>>,
    seen: Mutex<BTreeMap<(u8, String), Dependency>>,
    looks: Mutex<Looks>,
}

/// Where it all happens; the same for every build of an engine.
struct Place {
    project: Option<PathBuf>,
    variables: Variables,
    clock: Arc<dyn Clock>,
    memo: Arc<Memo>,
}

/// A line of a journal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Noted(Dependency),
    Wrote(PathBuf),
}

impl Recorder {
    /// An empty recorder for a project at `project`.
    pub fn new(project: Option<PathBuf>, variables: Variables, clock: Arc<dyn Clock>) -> Self {
        let memo = Arc::default();
        Self::at(Arc::new(Place { project, variables, clock, memo }), None)
    }

    /// Another empty recorder at the same place.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self::at(Arc::clone(&self.0.place), None)
    }

    /// The folder that paths are stored relative to.
    pub fn project(&self) -> Option<&Path> {
        self.0.place.project.as_deref()
    }

    /// What is remembered of large files.
    pub fn memo(&self) -> &Memo {
        &self.0.place.memo
    }

    /// Another empty recorder, for another project.
    #[must_use]
    pub fn afresh_in(&self, project: PathBuf) -> Self {
        let Place { variables, clock, memo, .. } = &*self.0.place;
        let (variables, clock, memo) = (Arc::clone(variables), Arc::clone(clock), Arc::clone(memo));
        Self::at(Arc::new(Place { project: Some(project), variables, clock, memo }), None)
    }

    /// The recorder of a child process, for the same project: it also writes into `journal`, for [`Self::take_in`].
    #[must_use]
    pub fn for_child(&self, journal: File) -> Self {
        Self::at(Arc::clone(&self.0.place), Some(journal))
    }

    fn at(place: Arc<Place>, journal: Option<File>) -> Self {
        let (began_in, notes) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { place, began_in, notes, journal }))
    }

    fn notes(&self) -> &Notes {
        self.0.notes.get_or_init(Notes::default)
    }

    /// Takes in what a child process wrote into its journal.
    ///
    /// # Errors
    /// Those of reading the journal. A line that was cut short by a killed child is recorded as unchecked.
    pub fn take_in(&self, journal: impl AsRef<Path>) -> io::Result<()> {
        for line in std::fs::read(journal)?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(Told::Noted(dependency)) => self.note(dependency),
                Ok(Told::Wrote(path)) => self.wrote(path),
                Err(_) => self.unchecked("child process", "was killed while it recorded"),
            }
        }
        Ok(())
    }

    /// One write for each line, so that lines of several children never mix.
    fn tell(&self, told: impl FnOnce() -> Told) {
        if let Some(mut journal) = self.0.journal.as_ref()
            && let Ok(line) = serde_json::to_string(&told())
        {
            // A child that cannot tell has lost its parent, or the disk is full; the parent records that it had a child.
            journal.write_all((line + "\n").as_bytes()).ok();
        }
    }

    /// Remembers the working directory in which a build begins: relative paths mean what they mean there.
    pub fn begin(&self) -> Option<&Path> {
        self.0.began_in.get_or_init(|| absolute(".").ok()).as_deref()
    }

    /// Lets a build begin wherever it is, without asking where: whatever relative path it asks for is recorded by its absolute
    /// name, and together with the working directory in which it was asked for. Sound as well, only stricter.
    pub fn begin_anywhere(&self) {
        self.0.began_in.get_or_init(|| None);
    }

    /// Tells that the builder was given `path` by its absolute name, by an argument or a constant: what lies there is
    /// stored by that name, since a project in another place would still be told the same.
    pub fn fixed(&self, path: impl Into<PathBuf>) {
        locked(&self.notes().fixed).push(path.into());
    }

    /// Tells that the build made, wrote or took away `path` itself: from now on it is no input.
    pub fn wrote(&self, path: impl AsRef<Path>) {
        if let Ok(path) = absolute(path) {
            self.tell(|| Told::Wrote(path.clone()));
            locked(&self.notes().looks).written.insert(path);
        }
    }

    /// Whether the build wrote `path` itself, or made a folder above it.
    pub fn is_own(&self, path: impl AsRef<Path>) -> bool {
        let Ok(path) = absolute(path) else { return false };
        let looks = locked(&self.notes().looks);
        !looks.written.is_empty() && path.ancestors().any(|above| looks.written.contains(above))
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
        if self.knows(0, path)? {
            return Ok(());
        }
        let state = self.looked(path, unknown_file, self.memo().file(path, self.0.place.clock.now()))?;
        self.note_file(path, state)
    }

    /// Records a file whose content as it was used cannot be told any more: it never holds.
    pub fn unknown(&self, path: impl AsRef<Path>) {
        if let Ok(path) = self.stored(path.as_ref()) {
            self.note(unknown_file(path));
        }
    }

    /// The sorted paths in a directory; records their names, not their content.
    ///
    /// # Errors
    /// Those of listing the directory; its absence is then recorded.
    pub fn read_dir(&self, path: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
        let path = path.as_ref();
        let names = self.looked(path, unknown_directory, observe::listing(path))?;
        let stored = self.stored(path)?;
        let listing = observe::listing_digest(&names, &[]);
        self.note(Dependency::Directory { path: stored.clone(), listing, written: Vec::new() });
        let paths = names.iter().map(|(name, _)| path.join(name)).collect();
        locked(&self.notes().looks).listings.entry(stored).or_insert(names);
        Ok(paths)
    }

    /// The sorted files that a pattern such as `data/*.csv` matches; records which, and the content of each.
    ///
    /// # Errors
    /// A malformed pattern, or those of reading a matching file.
    pub fn glob(&self, pattern: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
        let mut paths = self.pattern(pattern)?;
        paths.retain(|path| path.is_file());
        for path in &paths {
            self.file(path)?;
        }
        Ok(paths)
    }

    /// The sorted paths that a pattern matches; records which, not their content.
    ///
    /// # Errors
    /// A malformed pattern.
    pub fn pattern(&self, pattern: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
        let project = self.0.place.project.as_deref();
        let stored = self.stored(pattern.as_ref())?;
        let paths = observe::matches(&stored.resolve(project), project)?;
        let matches = observe::matches_digest(&paths, project, &[]);
        self.note(Dependency::Pattern { path: stored.clone(), matches, written: Vec::new() });
        locked(&self.notes().looks).matches.entry(stored).or_insert_with(|| paths.clone());
        Ok(paths)
    }

    /// One property of a path, recorded alone; or its absence.
    ///
    /// # Errors
    /// Those of looking at the path.
    pub fn property(&self, path: impl AsRef<Path>, property: Property) -> io::Result<String> {
        let path = path.as_ref();
        let value = self.looked(path, unknown_file, observe::property(path, property))?;
        self.note(Dependency::Stat { path: self.stored(path)?, property, value: value.clone() });
        Ok(value)
    }

    /// Records the working directory.
    ///
    /// # Errors
    /// Those of asking for it.
    pub fn working_directory(&self) -> io::Result<PathBuf> {
        let here = absolute(".")?;
        let path = StoredPath::new(&here, self.0.place.project.as_deref());
        self.note(Dependency::WorkingDirectory { path });
        Ok(here)
    }

    /// Records a path that is absent or empty, which is the same to whoever asks: the log of a database.
    pub fn absent_or_empty(&self, path: impl AsRef<Path>) {
        let state = FileState { digest: Digest::of(b""), ..FileState::UNKNOWN };
        if let Ok(path) = self.stored(path.as_ref()) {
            self.note(Dependency::Made { path, state: Some(state) });
        }
    }

    /// Records a state of the process that the face looked at.
    pub fn ambient(&self, what: impl Into<String>, value: &[u8]) {
        self.note(Dependency::Ambient { what: what.into(), value: Digest::of(value) });
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
        if let Entry::Vacant(place) = locked(&self.notes().seen).entry(subject) {
            self.tell(|| Told::Noted(dependency.clone()));
            place.insert(dependency);
        }
    }

    /// Everything recorded so far, sorted by kind and name, without what the build wrote itself.
    pub fn recorded(&self) -> Vec<Dependency> {
        let Some(notes) = self.0.notes.get() else { return Vec::new() };
        let seen: Vec<Dependency> = locked(&notes.seen).values().cloned().collect();
        let looks = locked(&notes.looks);
        settle(&seen, &looks, self.0.place.project.as_deref(), self.0.place.clock.now())
    }

    /// Whether an input of this kind was recorded for the path: the first look counts, so a second is not needed.
    fn knows(&self, kind: u8, path: &Path) -> io::Result<bool> {
        let subject = (kind, self.stored(path)?.to_string());
        Ok(locked(&self.notes().seen).contains_key(&subject))
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
        let place = absolute(path)?;
        let here = self.begin();
        if path.is_relative() && here.is_some() && absolute(".").ok().as_deref() == here {
            return Ok(StoredPath::in_working_directory(path));
        }
        if path.is_relative() && here.is_none() {
            self.working_directory()?;
        }
        let fixed = locked(&self.notes().fixed).iter().any(|fixed| place.starts_with(fixed));
        Ok(StoredPath::new(&place, self.0.place.project.as_deref().filter(|_| !fixed)))
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unknown_file(path: StoredPath) -> Dependency {
    Dependency::File { path, state: FileState::UNKNOWN }
}

fn unknown_directory(path: StoredPath) -> Dependency {
    Dependency::Directory { path, listing: FileState::UNKNOWN.digest, written: Vec::new() }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.recorded().iter().map(ToString::to_string)).finish()
    }
}
