//! Looks at every file of a store and at every row, says what does not fit together, and mends it.
//!
//! Promises: 1. looking changes nothing; 2. mending loses no entry whose blob is whole: a row that is missing is
//! made from its record. Refuses: opening payloads; a whole blob is one whose digest is its name.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::blobs;
use super::fault::Fault;
use super::files;
use super::lease::LockOfName;
use super::store::Disk;
use super::{lock_name, quarantine, records};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::object::Record;

/// Files in `staging/` this old belong to nobody who is still writing.
const STAGING_AGE: Duration = Duration::from_hours(1);

/// One thing that does not fit together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "problem")]
pub enum Problem {
    /// A blob's bytes are not what was written.
    CorruptBlob {
        /// The blob.
        content: Digest,
    },
    /// A row points to a blob that is not there.
    MissingBlob {
        /// The entry.
        entry: Digest,
        /// The blob.
        content: Digest,
    },
    /// A record's file cannot be read.
    CorruptRecord {
        /// Its path.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A record stands beside its blob, but the registry does not know it.
    NotInRegistry {
        /// The entry.
        entry: Digest,
    },
    /// A blob that nothing points to.
    OrphanBlob {
        /// The blob.
        content: Digest,
        /// Its length.
        bytes: u64,
    },
    /// A record whose blob is not there.
    OrphanRecord {
        /// The entry.
        entry: Digest,
    },
    /// An entry that was changed after this store's key had signed it.
    Untrusted {
        /// The entry.
        entry: Digest,
        /// Why it is not believed.
        what: String,
    },
    /// A file that a killed writer left in `staging/`.
    LeftOver {
        /// Its path.
        path: PathBuf,
    },
}

/// What a look at the whole store found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Inspection {
    /// Entries in the registry.
    pub entries: usize,
    /// Blobs whose digest was computed.
    pub blobs: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// Everything that does not fit together.
    pub problems: Vec<Problem>,
}

#[expect(
    clippy::missing_errors_doc,
    reason = "each fails when the registry or the file system does, which the first says for all"
)]
impl Disk {
    /// Looks at everything; `progress` is told the bytes read so far and the bytes in all.
    ///
    /// # Errors
    /// When the registry does not answer; so for every method here.
    pub fn inspect(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Inspection, Fault> {
        let rows = self.rows(None)?;
        let mut found = Inspection { entries: rows.len(), ..Inspection::default() };
        let known: HashSet<Digest> = rows.iter().map(|row| row.entry).collect();
        let (read, damaged) = self.read_records();
        found.problems.extend(damaged);
        let mut referred: HashSet<Digest> = rows.iter().map(|row| row.content).collect();
        referred.extend(read.iter().map(|record| record.content));
        let whole = self.inspect_blobs(&referred, &mut found, progress);
        let missing = |content: &Digest| !self.layout().blob(content).exists();
        for row in rows.iter().filter(|row| !row.inline && missing(&row.content)) {
            found.problems.push(Problem::MissingBlob { entry: row.entry, content: row.content });
        }
        for (entry, distrust) in self.registry().distrusted()? {
            found.problems.push(Problem::Untrusted { entry, what: distrust.to_string() });
        }
        for record in read {
            let (entry, content) = (record.entry(), record.content);
            if !known.contains(&entry) && whole.contains(&content) {
                found.problems.push(Problem::NotInRegistry { entry });
            } else if !known.contains(&entry) {
                found.problems.push(Problem::OrphanRecord { entry });
            }
        }
        found.problems.extend(self.staged(Duration::ZERO).map(|path| Problem::LeftOver { path }));
        Ok(found)
    }

    /// Mends what an inspection found; returns how many problems are gone.
    pub fn mend(&self, found: &Inspection, at: Timestamp) -> Result<usize, Fault> {
        let mended = self.hold_sweep_lock().and_then(|_alone| {
            // Rows are made from records before orphans go: a blob may be an orphan only because its row was lost.
            if found.problems.iter().any(|problem| matches!(problem, Problem::NotInRegistry { .. })) {
                self.index_records();
            }
            let mut mended = 0;
            for problem in &found.problems {
                mended += usize::from(self.mend_one(problem, at)?);
            }
            Ok(mended)
        });
        self.mending(mended)
    }

    /// Mends one problem, if it is still there; the caller holds the sweep lock.
    fn mend_one(&self, problem: &Problem, at: Timestamp) -> Result<bool, Fault> {
        let (layout, registry) = (self.layout(), self.registry());
        match problem {
            Problem::CorruptBlob { content } => {
                if layout.blob(content).exists() {
                    self.set_aside(content, at, "verify: its blob was corrupt")?;
                }
            }
            Problem::MissingBlob { entry, content } => {
                let present = registry.present(entry)?.is_some_and(|(present, _)| present == *content);
                if present && !layout.blob(content).exists() {
                    self.delete_alone(&[*entry], at, "verify: its blob is gone")?;
                }
            }
            Problem::CorruptRecord { path, .. } => self.mend_record(path)?,
            Problem::NotInRegistry { entry } => return registry.knows(entry),
            Problem::OrphanBlob { content, .. } => {
                if !registry.refers_to(content)? {
                    self.files().remove(&layout.blob(content))?;
                }
            }
            Problem::OrphanRecord { entry } => {
                if !registry.knows(entry)? {
                    self.files().remove(&layout.record(entry))?;
                }
            }
            Problem::Untrusted { entry, .. } => self.delete_alone(&[*entry], at, "verify: not trusted")?,
            Problem::LeftOver { path } => self.files().remove(path)?,
        }
        Ok(true)
    }

    /// Blobs, records and pins that no row points to, without reading blobs. A record whose blob is there is none of them:
    /// its row was lost, and [`Disk::sweep`] makes it anew.
    pub fn unreferenced(&self) -> Result<Vec<PathBuf>, Fault> {
        let found = self.find_unreferenced();
        self.mending(found)
    }

    fn find_unreferenced(&self) -> Result<Vec<PathBuf>, Fault> {
        let rows = self.registry().rows(None)?;
        let mut contents: HashSet<Digest> = rows.iter().map(|row| row.content).collect();
        let mut entries: HashSet<Digest> = rows.iter().map(|row| row.entry).collect();
        let outside = |folder: PathBuf, known: &HashSet<Digest>| -> Vec<PathBuf> {
            let files = records::files(&folder).into_iter();
            files.filter(|path| records::named(path).is_some_and(|name| !known.contains(&name))).collect()
        };
        let mut found = outside(self.layout().records(), &entries);
        found.retain(|path| match records::read(path) {
            Ok((record, _)) if self.layout().blob(&record.content).exists() => {
                contents.insert(record.content);
                entries.insert(record.entry());
                false
            }
            _ => true,
        });
        found.extend(outside(self.layout().blobs(), &contents));
        found.extend(outside(self.layout().pins(), &entries));
        Ok(found)
    }

    /// Files in `staging/` and unheld locks that are older than `age`: what killed processes left behind; and what was in
    /// quarantine for long enough.
    pub fn left_overs(&self, age: Duration) -> Vec<PathBuf> {
        let locks =
            files::list(&self.layout().locks()).into_iter().filter(|path| is_lock(path) && is_free(path));
        let locks = locks.filter(|path| is_old(path, age));
        self.staged(age).chain(locks).chain(quarantine::overdue(self.layout())).collect()
    }

    /// Files in `staging/` that nobody writes: all of them when nobody writes just now, else those older than `age`
    /// (an hour at least).
    fn staged(&self, age: Duration) -> impl Iterator<Item = PathBuf> {
        let nobody_writes = self.try_sweep_lock().is_some();
        let age = age.max(STAGING_AGE);
        files::list(&self.layout().staging())
            .into_iter()
            .filter(move |path| nobody_writes || is_old(path, age))
    }

    /// Removes those of `paths` that still nothing points to; returns the length of each that went. Entries whose
    /// row was lost are taken into the registry again.
    pub fn sweep<'a>(&self, paths: impl Iterator<Item = &'a Path>) -> Result<Vec<u64>, Fault> {
        let _alone = self.hold_sweep_lock()?;
        self.index_records();
        // Looked at again under the lock: somebody may have made a row for one of them meanwhile. And who holds the
        // lock alone knows that nobody writes what is staged.
        let mut free: HashSet<PathBuf> = self.find_unreferenced()?.into_iter().collect();
        free.extend(files::list(&self.layout().staging()));
        free.extend(quarantine::overdue(self.layout()));
        let removed = paths.filter(|path| is_lock(path) || free.contains(*path)).filter_map(|path| {
            let bytes = fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
            let gone =
                if is_lock(path) { self.sweep_lock_file(path) } else { self.files().remove(path).is_ok() };
            gone.then_some(bytes)
        });
        Ok(removed.collect())
    }

    /// Takes away what processes that were killed left behind, if somebody may; done by each process once, with its first
    /// write.
    pub(super) fn tidy_up(&self) {
        let staged = files::list(&self.layout().staging());
        let alone = if staged.is_empty() { None } else { self.try_sweep_lock() };
        if alone.is_some() {
            for path in staged {
                // What stays is met by the collector.
                self.files().remove(&path).ok();
            }
        }
        drop(alone);
        for path in self.left_overs(STAGING_AGE) {
            if is_lock(&path) {
                self.sweep_lock_file(&path);
            } else {
                self.files().remove(&path).ok();
            }
        }
    }

    /// Removes a lock file that nobody holds.
    fn sweep_lock_file(&self, path: &Path) -> bool {
        lock_name::sweep(&LockOfName::new(self.files(), path.to_owned()))
    }

    fn read_records(&self) -> (Vec<Record>, Vec<Problem>) {
        let (mut whole, mut damaged) = (Vec::new(), Vec::new());
        for path in records::files(&self.layout().records()) {
            match records::read(&path) {
                Ok((record, _)) => whole.push(record),
                Err(fault) => damaged.push(Problem::CorruptRecord { path, what: fault.to_string() }),
            }
        }
        (whole, damaged)
    }

    /// Digests every blob; returns those that are whole.
    fn inspect_blobs(
        &self,
        referred: &HashSet<Digest>,
        found: &mut Inspection,
        progress: &mut dyn FnMut(u64, u64),
    ) -> HashSet<Digest> {
        let files = records::files(&self.layout().blobs());
        let length = |path: &Path| fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
        let total: u64 = files.iter().map(|path| length(path)).sum();
        let mut whole = HashSet::new();
        for path in files {
            let Some(content) = records::named(&path) else { continue };
            let Ok((digest, bytes, _)) = blobs::rehash(&path) else { continue };
            found.blobs += 1;
            found.bytes += bytes;
            progress(found.bytes, total);
            if digest != content {
                found.problems.push(Problem::CorruptBlob { content });
                continue;
            }
            whole.insert(content);
            if !referred.contains(&content) {
                found.problems.push(Problem::OrphanBlob { content, bytes });
            }
        }
        whole
    }

    /// Writes a damaged record again from the registry's row, or takes it away when there is none.
    fn mend_record(&self, path: &Path) -> Result<(), Fault> {
        let entry = records::named(path);
        let record = entry.and_then(|entry| self.registry().record(&entry).ok().flatten());
        match (entry, record) {
            (Some(entry), Some(record)) => {
                let json = serde_json::to_string(&record).unwrap_or_default();
                records::write(self.files(), self.layout(), &entry, &json)
            }
            _ => self.files().remove(path),
        }
    }
}

/// Whether nobody holds this lock; taken and given back to find out.
fn is_free(path: &Path) -> bool {
    files::open_present_lock(path).is_ok_and(|file| file.try_lock().is_ok())
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lock")
}

#[expect(clippy::disallowed_methods, reason = "a file's age is told by the clock that stamped it")]
fn is_old(path: &Path, age: Duration) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|found| found >= age))
}
