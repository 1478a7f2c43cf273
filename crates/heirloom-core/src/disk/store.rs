//! The disk tier put together: what the engine may ask of a store.
//!
//! Promises: 1. opening loads no object and reads no list; 2. writers share the sweep lock, the collector holds it
//! alone, so a blob is never unlinked while somebody makes a record for it; 3. a damaged registry is put aside and
//! made anew from the records. Refuses: deciding what is still true.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::blobs::{self, Loaded};
use super::fault::Fault;
use super::layout::Layout;
use super::lease::{Holder, Lease, LeaseWait, Sought, Waiting};
use super::registry::{Adoption, Candidate, EntryRow, FactoryRow, NewEntry, Registry, Touch, TrailRow};
use super::{filesystem, records};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::identity::{Dependency, Fingerprint};
use crate::object::{Payload, Record};
use crate::settings::Verify;

/// Payloads up to this many bytes stand in the registry itself.
const INLINE_MAX: u64 = 16 << 10;
/// Entries whose build took longer get a record file (and a blob) of their own, however small they are.
const WORTH_A_FILE: Duration = Duration::from_millis(10);
/// This many hits wait in memory before they are written down.
const TOUCHES_MAX: usize = 256;

/// An open store.
pub struct Disk {
    layout: Layout,
    registry: Registry,
    network: Option<&'static str>,
    touches: Mutex<Vec<Touch>>,
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

impl Disk {
    /// Opens the store at `root`, making it where there is none.
    ///
    /// # Errors
    /// [`Fault::Unusable`] for a path that is no folder and for a store of a newer format; [`Fault::Io`] or
    /// [`Fault::Registry`] when the file system says no.
    pub fn open(root: &Path) -> Result<Self, Fault> {
        if fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(Fault::Unusable(format!("{} is a file, not a folder for a store", root.display())));
        }
        let layout = Layout::new(root);
        if !layout.staging().is_dir() {
            make_folders(&layout)?;
        }
        let network = filesystem::network_kind(layout.version());
        let registry = match Registry::open(layout.registry(), network.is_some()) {
            Err(fault) if fault.is_damaged_registry() => return Self::recover(layout, network),
            opened => opened?,
        };
        Ok(Self { layout, registry, network, touches: Mutex::default() })
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
        self.registry.candidates(key, fingerprint)
    }

    /// The records of every entry of one key, the youngest first.
    pub fn records(&self, key: &Digest) -> Result<Vec<Record>, Fault> {
        self.registry.records(key)
    }

    /// The record of one entry.
    pub fn record(&self, entry: &Digest) -> Result<Option<Record>, Fault> {
        self.registry.record(entry)
    }

    /// Every entry, or those of one factory.
    pub fn rows(&self, factory: Option<&str>) -> Result<Vec<EntryRow>, Fault> {
        self.registry.rows(factory)
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
        let Loaded { blob, verified } =
            blobs::load(&path, content, candidate.bytes, candidate.seal.as_ref(), verify)?;
        if let Some(seal) = verified {
            // Not remembered means verified again next time: slower, never wrong.
            self.registry.remember_seal(content, &seal).ok();
        }
        Ok(blob)
    }

    /// Keeps an object: blob first, then its record, then the registry's row.
    pub fn keep(&self, keep: &Keep<'_>) -> Result<Digest, Fault> {
        let record = keep.record;
        let entry = record.entry();
        let json = serde_json::to_string(record)
            .map_err(|fault| Fault::Corrupt(format!("the record cannot be written as JSON: {fault}")))?;
        let inline = (record.bytes <= INLINE_MAX).then(|| keep.payload.to_blob());
        let _sharing = self.share_sweep_lock()?;
        let mut seal = None;
        if inline.is_none() || Duration::from_nanos(record.build_nanos) >= WORTH_A_FILE {
            let path = self.layout.blob(&record.content);
            let known = self.candidates(&record.key, &record.fingerprint.digest());
            let known = known.ok().and_then(|all| all.into_iter().find(|one| one.content == record.content));
            let known = known.and_then(|candidate| candidate.seal);
            seal = blobs::write(&self.layout.staging(), &path, keep.payload, known.as_ref())?;
            records::write(&self.layout, &entry, &json)?;
        }
        let new = NewEntry {
            entry,
            record,
            json: &json,
            inline: inline.as_deref(),
            seal: seal.as_ref(),
            pinned: keep.pinned,
        };
        self.registry.insert(&new, &self.take_touches())?;
        Ok(entry)
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
        Lease::seek(&self.layout, name, holder, outer, patience, watch)
    }

    /// Takes entries away: rows first, then records, then the blobs that nothing points to any more.
    pub fn delete(&self, entries: &[Digest], at: Timestamp, by: &str) -> Result<(), Fault> {
        let _alone = self.hold_sweep_lock()?;
        let orphans = self.registry.delete(entries, at, by)?;
        for entry in entries {
            fs::remove_file(self.layout.record(entry)).ok();
        }
        for content in orphans {
            fs::remove_file(self.layout.blob(&content)).ok();
        }
        Ok(())
    }

    /// Puts an entry whose bytes are not what was written aside: its row and record go, its blob is kept for a
    /// look in `quarantine/`.
    pub fn quarantine(&self, candidate: &Candidate, at: Timestamp, what: &str) -> Result<(), Fault> {
        let name = candidate.content.to_string();
        let folder = self.layout.quarantine();
        fs::create_dir_all(&folder).ok();
        fs::rename(self.layout.blob(&candidate.content), folder.join(name)).ok();
        self.delete(&[candidate.entry], at, &format!("quarantine: {what}"))
    }

    /// Replaces the recorded inputs of an entry whose files were touched and not changed.
    pub fn refresh_inputs(&self, entry: &Digest, inputs: &[Dependency]) -> Result<(), Fault> {
        self.registry.refresh_inputs(entry, inputs)
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

    /// Pins or unpins entries; returns how many there were.
    pub fn pin(&self, entries: &[Digest], pinned: bool) -> Result<usize, Fault> {
        self.registry.pin(entries, pinned)
    }

    /// The last trails, the youngest first.
    pub fn trails(&self, factory: Option<&str>, key: Option<&Digest>) -> Result<Vec<TrailRow>, Fault> {
        self.registry.trails(factory, key)
    }

    /// When and by what an entry of this key was taken away last.
    pub fn removal(&self, key: &Digest) -> Result<Option<(Timestamp, String)>, Fault> {
        self.registry.removal(key)
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

    fn share_sweep_lock(&self) -> Result<File, Fault> {
        let path = self.layout.sweep_lock();
        let file = open_lock(&path)?;
        file.lock_shared().map_err(Fault::io("share the lock", &path))?;
        Ok(file)
    }

    pub(super) fn hold_sweep_lock(&self) -> Result<File, Fault> {
        let path = self.layout.sweep_lock();
        let file = open_lock(&path)?;
        file.lock().map_err(Fault::io("hold the lock", &path))?;
        Ok(file)
    }

    /// Puts a damaged registry aside and makes it anew from the records.
    fn recover(layout: Layout, network: Option<&'static str>) -> Result<Self, Fault> {
        let lock = layout.sweep_lock();
        let alone = open_lock(&lock)?;
        alone.lock().map_err(Fault::io("hold the lock", &lock))?;
        let opened = match Registry::open(layout.registry(), network.is_some()) {
            // Somebody else mended it while we waited for the lock.
            Ok(registry) => Self { layout, registry, network, touches: Mutex::default() },
            Err(fault) if fault.is_damaged_registry() => {
                put_aside(&layout)?;
                let registry = Registry::open(layout.registry(), network.is_some())?;
                let disk = Self { layout, registry, network, touches: Mutex::default() };
                disk.index_records();
                disk
            }
            Err(fault) => return Err(fault),
        };
        drop(alone);
        Ok(opened)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.flush();
    }
}

fn make_folders(layout: &Layout) -> Result<(), Fault> {
    let root = layout.root();
    let fresh = !root.exists();
    for folder in [layout.blobs(), layout.records(), layout.locks(), layout.staging()] {
        fs::create_dir_all(&folder).map_err(Fault::io("make the folder", &folder))?;
    }
    if fresh || !root.join("CACHEDIR.TAG").exists() {
        let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# A store of Heirloom: everything in it can be built again.\n";
        fs::write(root.join("CACHEDIR.TAG"), tag).map_err(Fault::io("write into", root))?;
        fs::write(root.join(".gitignore"), "*\n").map_err(Fault::io("write into", root))?;
    }
    Ok(())
}

fn open_lock(path: &Path) -> Result<File, Fault> {
    let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    open()
        .or_else(|_| {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            open()
        })
        .map_err(Fault::io("open the lock", path))
}

/// Moves the registry's files into quarantine.
fn put_aside(layout: &Layout) -> Result<(), Fault> {
    let folder = layout.quarantine();
    fs::create_dir_all(&folder).map_err(Fault::io("make the folder", &folder))?;
    let registry = layout.registry();
    for ending in ["", "-wal", "-shm"] {
        let mut path = registry.clone().into_os_string();
        path.push(ending);
        let path = PathBuf::from(path);
        if let Some(name) = path.file_name() {
            fs::rename(&path, folder.join(name)).ok();
        }
    }
    Ok(())
}
