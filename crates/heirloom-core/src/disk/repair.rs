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
use super::records;
use super::registry::NewEntry;
use super::store::Disk;
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::object::Record;

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

impl Disk {
    /// Looks at everything; `progress` is told the bytes read so far and the bytes in all.
    pub fn inspect(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Inspection, Fault> {
        let rows = self.rows(None)?;
        let mut found = Inspection { entries: rows.len(), ..Inspection::default() };
        let referred: HashSet<Digest> = rows.iter().map(|row| row.content).collect();
        let known: HashSet<Digest> = rows.iter().map(|row| row.entry).collect();
        let blobs = self.inspect_blobs(&referred, &mut found, progress);
        for row in rows.iter().filter(|row| !row.inline && !blobs.contains(&row.content)) {
            found.problems.push(Problem::MissingBlob { entry: row.entry, content: row.content });
        }
        for path in records::files(&self.layout().records()) {
            match records::read(&path) {
                Err(fault) => found.problems.push(Problem::CorruptRecord { path, what: fault.to_string() }),
                Ok((record, _)) if known.contains(&record.entry()) => {}
                Ok((record, _)) if blobs.contains(&record.content) => {
                    found.problems.push(Problem::NotInRegistry { entry: record.entry() });
                }
                Ok((record, _)) => found.problems.push(Problem::OrphanRecord { entry: record.entry() }),
            }
        }
        let left = fs::read_dir(self.layout().staging()).into_iter().flatten().filter_map(Result::ok);
        found.problems.extend(left.map(|entry| Problem::LeftOver { path: entry.path() }));
        Ok(found)
    }

    /// Mends what an inspection found; returns how many problems are gone.
    pub fn mend(&self, found: &Inspection, at: Timestamp) -> Result<usize, Fault> {
        let unknown = found.problems.iter().any(|problem| matches!(problem, Problem::NotInRegistry { .. }));
        // Rows are made from records before orphans go: a blob may be an orphan only because its row was lost.
        if unknown {
            let _alone = self.hold_sweep_lock()?;
            self.index_records();
        }
        let mut mended = 0;
        for problem in &found.problems {
            match problem {
                Problem::CorruptBlob { content } => self.put_blob_aside(content, at)?,
                Problem::MissingBlob { entry, .. } => {
                    self.delete(&[*entry], at, "verify: its blob is gone")?;
                }
                Problem::CorruptRecord { path, .. } => self.mend_record(path)?,
                Problem::NotInRegistry { .. } => {}
                Problem::OrphanBlob { content, .. } => self.remove_orphan(content)?,
                Problem::OrphanRecord { entry } => remove(&self.layout().record(entry))?,
                Problem::LeftOver { path } => remove(path)?,
            }
            mended += 1;
        }
        Ok(mended)
    }

    /// Blobs and records that no row points to, without reading them.
    pub fn unreferenced(&self) -> Result<Vec<PathBuf>, Fault> {
        let rows = self.rows(None)?;
        let contents: HashSet<Digest> = rows.iter().map(|row| row.content).collect();
        let entries: HashSet<Digest> = rows.iter().map(|row| row.entry).collect();
        let outside = |folder: PathBuf, known: &HashSet<Digest>| {
            let files = records::files(&folder).into_iter();
            files.filter(|path| records::named(path).is_some_and(|name| !known.contains(&name))).collect()
        };
        let mut found: Vec<PathBuf> = outside(self.layout().blobs(), &contents);
        found.extend::<Vec<PathBuf>>(outside(self.layout().records(), &entries));
        Ok(found)
    }

    /// Files in `staging/` and unheld locks that are older than `age`: what killed processes left behind.
    pub fn left_overs(&self, age: Duration) -> Vec<PathBuf> {
        let list = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let staged = list(self.layout().staging()).map(|entry| entry.path());
        let locks = list(self.layout().locks()).map(|entry| entry.path());
        let locks = locks.filter(|path| is_lock(path) && is_free(path));
        staged.chain(locks).filter(|path| is_old(path, age)).collect()
    }

    /// Removes those of `paths` that still nothing points to; returns the length of each that went.
    pub fn sweep<'a>(&self, paths: impl Iterator<Item = &'a Path>) -> Result<Vec<u64>, Fault> {
        let _alone = self.hold_sweep_lock()?;
        // Looked at again under the lock: somebody may have made a row for one of them meanwhile.
        let mut free: HashSet<PathBuf> = self.unreferenced()?.into_iter().collect();
        free.extend(self.left_overs(Duration::ZERO));
        let removed = paths.filter(|path| free.contains(*path)).filter_map(|path| {
            let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
            let gone = if is_lock(path) { remove_free_lock(path) } else { fs::remove_file(path).is_ok() };
            gone.then_some(bytes)
        });
        Ok(removed.collect())
    }

    /// Makes a row of every record whose blob is there and that the registry does not know; the caller holds the
    /// sweep lock. What cannot be read stays for `verify`.
    pub(super) fn index_records(&self) {
        for path in records::files(&self.layout().records()) {
            let Ok((record, json)) = records::read(&path) else { continue };
            let entry = record.entry();
            let known = matches!(self.record(&entry), Ok(Some(_)));
            if !known && self.layout().blob(&record.content).is_file() {
                self.index(&record, &entry, &json);
            }
        }
    }

    fn index(&self, record: &Record, entry: &Digest, json: &str) {
        let new = NewEntry { entry: *entry, record, json, inline: None, seal: None, pinned: false };
        self.registry().insert(&new, &[]).ok();
    }

    fn inspect_blobs(
        &self,
        referred: &HashSet<Digest>,
        found: &mut Inspection,
        progress: &mut dyn FnMut(u64, u64),
    ) -> HashSet<Digest> {
        let files = records::files(&self.layout().blobs());
        let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let total: u64 = files.iter().map(|path| length(path)).sum();
        let described: HashSet<Digest> = records::files(&self.layout().records())
            .iter()
            .filter_map(|path| records::read(path).ok())
            .map(|(record, _)| record.content)
            .collect();
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
            if !referred.contains(&content) && !described.contains(&content) {
                found.problems.push(Problem::OrphanBlob { content, bytes });
            }
        }
        whole
    }

    fn put_blob_aside(&self, content: &Digest, at: Timestamp) -> Result<(), Fault> {
        let folder = self.layout().quarantine();
        fs::create_dir_all(&folder).map_err(Fault::io("make the folder", &folder))?;
        fs::rename(self.layout().blob(content), folder.join(content.to_string())).ok();
        let rows = self.rows(None)?;
        let lost: Vec<Digest> =
            rows.iter().filter(|row| row.content == *content && !row.inline).map(|row| row.entry).collect();
        self.delete(&lost, at, "verify: its blob was corrupt")
    }

    /// Writes a damaged record again from the registry's row, or takes it away when there is none.
    fn mend_record(&self, path: &Path) -> Result<(), Fault> {
        let entry = records::named(path);
        let record = entry.and_then(|entry| self.record(&entry).ok().flatten());
        match (entry, record) {
            (Some(entry), Some(record)) => {
                let json = serde_json::to_string(&record).unwrap_or_default();
                records::write(self.layout(), &entry, &json)
            }
            _ => remove(path),
        }
    }

    fn remove_orphan(&self, content: &Digest) -> Result<(), Fault> {
        let _alone = self.hold_sweep_lock()?;
        // Looked at again under the lock: somebody may have made a record for it meanwhile.
        let referred = self.rows(None)?.iter().any(|row| row.content == *content);
        if referred { Ok(()) } else { remove(&self.layout().blob(content)) }
    }
}

/// Whether nobody holds this lock; taken and given back to find out.
fn is_free(path: &Path) -> bool {
    fs::File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Removes a lock file that nobody holds, while holding it: whoever opens it later opens another file.
fn remove_free_lock(path: &Path) -> bool {
    fs::File::open(path).is_ok_and(|file| file.try_lock().is_ok() && fs::remove_file(path).is_ok())
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lock")
}

#[expect(clippy::disallowed_methods, reason = "a file's age is told by the clock that stamped it")]
fn is_old(path: &Path, age: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|found| found >= age))
}

fn remove(path: &Path) -> Result<(), Fault> {
    fs::remove_file(path).map_err(Fault::io("remove", path))
}
