//! The disk tier put together: what the engine may ask of a store.
//!
//! Promises: 1. opening loads no object and reads no list; 2. writers share the sweep lock, the collector holds it
//! alone, so a blob is never unlinked while somebody makes a record for it; 3. a damaged registry is put aside and
//! made anew from the records (`recovery`). Refuses: deciding what is still true.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::blobs::{self, Loaded};
use super::fault::Fault;
use super::files::{Files, Gate, Hold, Open};
use super::layout::Layout;
use super::lease::{Holder, Lease, LeaseWait, Sought, Waiting};
use super::lock_file::LockFile;
use super::recovery::make_folders;
use super::registry::{
    Adoption, Candidate, EntryRow, FactoryRow, NewEntry, PendingAdoption, Registry, Touch, TrailRow,
};
use super::{filesystem, pins, records};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::identity::{Dependency, Fingerprint};
use crate::object::{Payload, Record};
use crate::settings::Verify;
use crate::trust::{Distrust, MacKey};

/// Payloads up to this many bytes stand in the registry itself.
pub(super) const INLINE_MAX: u64 = 16 << 10;
/// Entries whose build took longer get a record file (and a blob) of their own, however small they are.
const WORTH_A_FILE: Duration = Duration::from_millis(10);
/// This many hits wait in memory before they are written down.
const TOUCHES_MAX: usize = 256;
/// How long a writer waits for a collector, and a collector for writers: somebody who was stopped holds a lock for ever.
const SHARING_PATIENCE: Duration = Duration::from_secs(10);
const HOLDING_PATIENCE: Duration = Duration::from_mins(1);
/// How long a request waits to put a corrupt entry away.
const REQUEST_PATIENCE: Duration = Duration::from_secs(1);

/// Whether an entry whose build took so long has files of its own, also when it stands in the registry.
pub(super) fn is_worth_a_file(build_nanos: u64) -> bool {
    Duration::from_nanos(build_nanos) >= WORTH_A_FILE
}

/// An open store.
pub struct Disk {
    layout: Layout,
    files: Files,
    key: Option<MacKey>,
    registry: Registry,
    network: Option<&'static str>,
    touches: Mutex<Vec<Touch>>,
    /// Whether this process has looked for what others left behind.
    tidied: AtomicBool,
}

/// An object to be kept.
pub struct Keep<'a> {
    /// Everything that is known of it; `content` and `bytes` are those of the payload's blob.
    pub record: &'a Record,
    /// Its frames.
    pub payload: &'a Payload,
    /// Whether the entry is kept from every eviction.
    pub pinned: bool,
}

#[expect(
    clippy::missing_errors_doc,
    reason = "each fails when the registry or the file system does, which the first says for all"
)]
impl Disk {
    /// Opens the store at `root`, making it where there is none: on the real disk, without a key.
    ///
    /// # Errors
    /// [`Fault::Unusable`] for a path that is no folder, [`Fault::Newer`] for a store of a newer format; [`Fault::Io`] or
    /// [`Fault::Registry`] when the file system says no.
    pub fn open(root: &Path) -> Result<Self, Fault> {
        let disk = Self::at(root, None, Arc::new(Open));
        disk.make_ready()?;
        Ok(disk)
    }

    /// The store at `root`, which [`Disk::make_ready`] must open; `key` makes and checks MACs, `gate` is asked before
    /// each step that changes something.
    pub fn at(root: &Path, key: Option<MacKey>, gate: Arc<dyn Gate>) -> Self {
        let (layout, files) = (Layout::new(root), Files::new(gate));
        let network =
            filesystem::network_kind(root.ancestors().find(|folder| folder.exists()).unwrap_or(root));
        let registry = Registry::new(layout.registry(), network.is_some(), key.clone(), files.clone());
        Self {
            layout,
            files,
            key,
            registry,
            network,
            touches: Mutex::default(),
            tidied: AtomicBool::new(false),
        }
    }

    /// Makes what the store lacks: folders, registry.
    ///
    /// A request that finds it lacking does the same again, so a fault that is over needs nobody's help.
    ///
    /// # Errors
    /// As [`Disk::open`].
    pub fn make_ready(&self) -> Result<(), Fault> {
        let root = self.layout.root();
        if fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(Fault::Unusable(format!("{} is a file, not a folder for a store", root.display())));
        }
        if !self.layout.staging().is_dir() {
            make_folders(&self.layout, &self.files)?;
        }
        self.prepare()
    }

    /// Before a fork: see [`Disk::resume`], which the parent must call after it.
    ///
    /// Nothing of SQLite may be at work while a process forks: the child inherits its locks and not their holders.
    /// Waits for at most `limit`; returns whether all is calm.
    pub fn pause(&self, limit: Duration) -> bool {
        self.registry.pause(limit)
    }

    /// Closes what is open, so that the log goes into the registry if nobody else has it open.
    pub fn rest(&self) {
        self.registry.close();
    }

    /// After a fork, in the parent: lets statements begin again.
    pub fn resume(&self) {
        self.registry.resume();
    }

    /// Whether MACs are made and checked here.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The store's folder, when users can write to it who do not have its key.
    pub fn exposed(&self) -> Option<PathBuf> {
        let shared = self.key.as_ref().is_some_and(MacKey::is_team);
        let strangers = if shared { 0o002 } else { 0o022 };
        let is_open = |folder: &Path| fs::metadata(folder).is_ok_and(|found| found.mode() & strangers != 0);
        let (root, version) = (self.layout.root(), self.layout.version());
        // What lies in a folder that nobody else can enter is out of reach, whatever its own mode.
        let entered = fs::metadata(root).is_ok_and(|found| found.mode() & 0o011 != 0);
        [root, version].into_iter().find(|folder| entered && is_open(folder)).map(ToOwned::to_owned)
    }

    /// Puts the MAC of this store's key onto a record, when there is a key.
    pub fn sign(&self, record: &mut Record) {
        record.mac = self.key.as_ref().map(|key| key.sign(&record.statement()));
    }

    /// Whether a record's own MAC holds.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn check(&self, record: &Record) -> Result<(), Distrust> {
        self.key
            .as_ref()
            .map_or(Err(Distrust::NoKey), |key| key.check(&record.statement(), record.mac.as_ref()))
    }

    /// The paths of this store.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The kind of network file system that the store lies on, if it does.
    pub fn network(&self) -> Option<&'static str> {
        self.network
    }

    /// The entries of one key and fingerprint, the youngest first.
    ///
    /// # Errors
    /// When the registry does not answer; so for every method below.
    pub fn candidates(&self, key: &Digest, fingerprint: &Digest) -> Result<Vec<Candidate>, Fault> {
        self.mending(self.registry.candidates(key, fingerprint))
    }

    /// The records of every entry of one key, the youngest first.
    pub fn records(&self, key: &Digest) -> Result<Vec<Record>, Fault> {
        self.mending(self.registry.records(key))
    }

    /// The record of one entry.
    pub fn record(&self, entry: &Digest) -> Result<Option<Record>, Fault> {
        self.mending(self.registry.record(entry))
    }

    /// Every entry, or those of one factory.
    pub fn rows(&self, factory: Option<&str>) -> Result<Vec<EntryRow>, Fault> {
        self.mending(self.registry.rows(factory))
    }

    /// The entries of one key.
    pub fn entries_of(&self, key: &Digest) -> Result<Vec<Digest>, Fault> {
        self.mending(self.registry.entries_of_key(key))
    }

    /// Whether an entry is kept from every eviction.
    pub fn is_pinned(&self, entry: &Digest) -> Result<bool, Fault> {
        self.mending(self.registry.is_pinned(entry))
    }

    /// Opens a candidate's blob, verified unless it is trusted.
    pub fn load(&self, candidate: &Candidate, verify: Verify) -> Result<Bytes, Fault> {
        if let Some(inline) = &candidate.inline {
            return match verify {
                Verify::Never => Ok(inline.clone()),
                _ if Digest::of(inline) == candidate.content => Ok(inline.clone()),
                _ => Err(Fault::Corrupt("its bytes in the registry are not what was written".into())),
            };
        }
        let (content, path) = (&candidate.content, self.layout.blob(&candidate.content));
        // Not known means verified: slower, never wrong.
        let seal = self.registry.seal(content).ok().flatten();
        let Loaded { blob, verified } = blobs::load(&path, content, candidate.bytes, seal.as_ref(), verify)?;
        if let Some(seal) = verified {
            // Not remembered means verified again next time: slower, never wrong.
            self.registry.remember_seal(content, &seal).ok();
        }
        Ok(blob)
    }

    /// Keeps an object: blob first, then its record, then the registry's row.
    pub fn keep(&self, keep: &Keep<'_>) -> Result<Digest, Fault> {
        let entry = keep.record.entry();
        let written = self.share_sweep_lock().and_then(|_sharing| self.write(keep, entry));
        if let Some(replaced) = self.mending(written)? {
            self.unlink_if_free(&replaced);
        }
        if !self.tidied.swap(true, Ordering::Relaxed) {
            self.tidy_up();
        }
        Ok(entry)
    }

    /// Writes an entry, and returns the blob that it had before when nothing points to that any more; the caller
    /// shares the sweep lock.
    fn write(&self, keep: &Keep<'_>, entry: Digest) -> Result<Option<Digest>, Fault> {
        let record = keep.record;
        let json = serde_json::to_string(record)
            .map_err(|fault| Fault::Corrupt(format!("the record cannot be written as JSON: {fault}")))?;
        let inline = (record.bytes <= INLINE_MAX).then(|| keep.payload.to_blob());
        let mut seal = None;
        if inline.is_none() || is_worth_a_file(record.build_nanos) {
            let path = self.layout.blob(&record.content);
            let known = || self.registry.seal(&record.content).ok().flatten();
            seal = blobs::write(&self.files, &self.layout.staging(), &path, keep.payload, known)?;
            records::write(&self.files, &self.layout, &entry, &json)?;
            if keep.pinned {
                pins::mark(&self.files, &self.layout, &entry)?;
            }
        } else {
            // The record of an earlier build must not bring that build back.
            self.files.remove(&self.layout.record(&entry))?;
        }
        let new = NewEntry {
            entry,
            record,
            json: &json,
            inline: inline.as_deref(),
            seal: seal.as_ref(),
            pinned: keep.pinned,
        };
        self.registry.insert(&new, &self.take_touches())
    }

    /// Notes a hit; written down later, with the next write.
    pub fn touch(&self, touch: Touch) {
        let mut touches = self.touches.lock().unwrap_or_else(PoisonError::into_inner);
        touches.push(touch);
        let full = touches.len() >= TOUCHES_MAX;
        drop(touches);
        if full {
            self.flush();
        }
    }

    /// Writes down the hits that are waiting. Lost hits only make the collector less informed.
    pub fn flush(&self) {
        let touches = self.take_touches();
        if !touches.is_empty() {
            self.registry.flush(&touches).ok();
        }
    }

    /// Seeks the lease of a thing to be built.
    pub fn lease(
        &self,
        name: Digest,
        holder: &Holder,
        outer: &[&Lease],
        patience: Option<Duration>,
        watch: &mut dyn FnMut(&LeaseWait) -> Waiting,
    ) -> Result<Sought, Fault> {
        Lease::seek(&self.files, &self.layout, name, holder, outer, patience, watch)
    }

    /// Replaces the recorded inputs of a candidate of `key` whose files were touched and not changed.
    pub fn refresh_inputs(&self, key: &Digest, seen: &Candidate, inputs: &[Dependency]) -> Result<(), Fault> {
        self.registry.refresh_inputs(key, seen, inputs)
    }

    /// Notes how a factory looks now.
    pub fn see_factory(&self, name: &str, now: &Fingerprint, at: Timestamp) -> Result<(), Fault> {
        self.registry.see_factory(name, now, at)
    }

    /// Every factory that was ever seen.
    pub fn factories(&self) -> Result<Vec<FactoryRow>, Fault> {
        self.registry.factories()
    }

    /// The usual time of a factory's builds, in nanoseconds.
    pub fn usual_nanos(&self, factory: &str) -> Result<Option<u64>, Fault> {
        self.registry.usual_nanos(factory)
    }

    /// Vouches for entries of `factory` built by `old` codes; `new` is bound at its next request when `None`.
    pub fn adopt(
        &self,
        factory: &str,
        old: &[Digest],
        new: Option<Digest>,
        at: Timestamp,
    ) -> Result<(), Fault> {
        self.registry.adopt(factory, old, new, at)
    }

    /// The vouches that stand for the code `new` of `factory`.
    pub fn adoptions(&self, factory: &str, new: &Digest) -> Result<Vec<Adoption>, Fault> {
        self.registry.adoptions(factory, new)
    }

    /// The vouches that no code has taken yet, the youngest first.
    pub fn pending_adoptions(&self, factory: Option<&str>) -> Result<Vec<PendingAdoption>, Fault> {
        self.registry.pending_adoptions(factory)
    }

    /// The last trails, the youngest first.
    pub fn trails(&self, factory: Option<&str>, key: Option<&Digest>) -> Result<Vec<TrailRow>, Fault> {
        self.registry.trails(factory, key)
    }

    /// When and by what an entry of this key was taken away last.
    pub fn removal(&self, key: &Digest) -> Result<Option<(Timestamp, String)>, Fault> {
        self.registry.removal(key)
    }

    /// Whether every one of these parts of code has a text.
    pub fn has_texts(&self, parts: &[Digest]) -> Result<bool, Fault> {
        self.registry.has_texts(parts)
    }

    /// What a part of code read like, by its digest.
    pub fn text(&self, part: &Digest) -> Result<Option<String>, Fault> {
        self.mending(self.registry.text(part))
    }

    /// Keeps what parts of code read like; a text that is there stays as it is.
    pub fn keep_texts(&self, texts: &[(Digest, &str)]) -> Result<(), Fault> {
        self.registry.keep_texts(texts)
    }

    /// Takes out the texts that no entry and no factory refers to.
    pub fn forget_texts(&self) -> Result<(), Fault> {
        self.registry.forget_texts()
    }

    /// The bytes of all distinct blobs.
    pub fn bytes(&self) -> Result<u64, Fault> {
        self.registry.bytes()
    }

    fn take_touches(&self) -> Vec<Touch> {
        std::mem::take(&mut *self.touches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    pub(super) fn share_sweep_lock(&self) -> Result<LockFile, Fault> {
        self.files.lock(&self.layout.sweep_lock(), Hold::Shared, SHARING_PATIENCE)
    }

    /// Holds the sweep lock alone, for somebody who asked for it and can wait.
    pub(super) fn hold_sweep_lock(&self) -> Result<LockFile, Fault> {
        self.files.lock(&self.layout.sweep_lock(), Hold::Alone, HOLDING_PATIENCE)
    }

    /// Holds the sweep lock alone on the road of a request: what is not done now is done by the next one.
    pub(super) fn hold_sweep_lock_briefly(&self) -> Result<LockFile, Fault> {
        self.files.lock(&self.layout.sweep_lock(), Hold::Alone, REQUEST_PATIENCE)
    }

    pub(super) fn try_sweep_lock(&self) -> Option<LockFile> {
        self.files.lock(&self.layout.sweep_lock(), Hold::Alone, Duration::ZERO).ok()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.flush();
    }
}
