//! A lease: single flight among processes, by one lock file a thing, which the kernel releases when its holder
//! dies.
//!
//! The file's text says who builds, since when, and what that build itself waits for, so that a waiter can tell its
//! user, and so that a circle of waits through several processes is found.
//!
//! Promises: 1. at most one holder at any instant; 2. a dead holder frees its waiters within a poll (25 ms);
//! 3. no lock file is left behind by a release (that of a killed holder goes with the next one); 4. in a circle of
//! waits at least one is told, and the note of a dead holder makes no circle; 5. a forked child does not hold what its
//! parent does, and does not keep it when the parent dies. Refuses: network file systems' word;
//! there a lease may be shared, which costs a second build and never a wrong object.

use std::fs::{self, TryLockError};
use std::io::Read;
use std::ops::Deref;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::files::{self, Files};
use super::frozen::Frozen;
use super::layout::Layout;
use super::lock_file::LockFile;
use super::lock_name::{self, LockName};
use crate::clock::Timestamp;
use crate::digest::Digest;

const POLL_FIRST: Duration = Duration::from_millis(1);
const POLL_LAST: Duration = Duration::from_millis(25);
const HOPS_MAX: usize = 64;
/// A circle counts when it is seen at this many polls in a row: the notes are not read at one instant.
const CYCLE_SIGHTINGS: u32 = 4;

/// Who holds a lease, as its file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The object being built, for people.
    pub name: String,
    /// The holder's machine.
    pub host: String,
    /// The holder's process.
    pub pid: u32,
    /// Since when it builds.
    pub since: Timestamp,
    /// How long such a build usually takes, in nanoseconds, when that is known.
    pub usual_nanos: Option<u64>,
    /// The leases that this build waits for itself.
    #[serde(default)]
    pub waits_for: Vec<Digest>,
}

/// A held lease; dropping it releases the lock and takes its file away.
#[derive(Debug)]
pub struct Lease {
    lock: LockOfName,
    name: Digest,
    note: Mutex<Note>,
}

/// The name of a lock's file.
#[derive(Debug)]
pub(super) struct LockOfName {
    files: Files,
    path: PathBuf,
}

/// The lock's file, and what is written in it.
#[derive(Debug)]
struct Note {
    file: LockFile,
    holder: Holder,
    /// How many bytes of it are there.
    written: u64,
}

/// What a waiter learns at each poll.
#[derive(Clone, Debug)]
pub struct LeaseWait {
    /// Who holds the lease, when its file could be read.
    pub holder: Option<Holder>,
    /// How long this waiter has waited.
    pub waited: Duration,
}

/// What seeking a lease came to.
#[derive(Debug)]
pub enum Sought {
    /// Got it at once: nobody was building.
    Free(Lease),
    /// Got it after waiting; the entry must be looked for again.
    Waited(Lease),
    /// The time for waiting ran out.
    TimedOut(Option<Holder>),
    /// Its holder is stopped, and nobody knows for how long.
    Frozen(Holder),
    /// Waiting would never end: the names of the builds in the circle.
    Cycle(Vec<String>),
    /// The watcher stopped it.
    Stopped,
}

/// Whether a waiter goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Until the lease is free.
    Goes,
    /// No longer.
    Stop,
}

impl Lease {
    /// Seeks the lease `name`; `outer` are the leases of the builds that this request is made from, the innermost
    /// first.
    ///
    /// `watch` is called at each poll while waiting, and may stop it. Waits for at most `patience`, and not for a holder that
    /// is frozen.
    pub(super) fn seek(
        files: &Files,
        layout: &Layout,
        name: Digest,
        holder: &Holder,
        outer: &[&Lease],
        patience: Option<Duration>,
        watch: &mut dyn FnMut(&LeaseWait) -> Waiting,
    ) -> Result<Sought, Fault> {
        if let Some(lease) = Self::try_take(files, layout, name, holder)? {
            return Ok(Sought::Free(lease));
        }
        // Every build above waits with this one; so a circle is found wherever it enters another process's stack.
        let _notes: Vec<_> = outer.iter().map(|lease| lease.waiting_for(name)).collect();
        let begun = Instant::now();
        let (mut pause, mut sightings, mut frozen) = (POLL_FIRST, 0, Frozen::default());
        loop {
            if let Some(lease) = Self::try_take(files, layout, name, holder)? {
                return Ok(Sought::Waited(lease));
            }
            match cycle(layout, name, outer) {
                Some(cycle) if sightings + 1 == CYCLE_SIGHTINGS => return Ok(Sought::Cycle(cycle)),
                Some(_) => sightings += 1,
                None => sightings = 0,
            }
            let wait = LeaseWait { holder: read_holder(layout, &name), waited: begun.elapsed() };
            if patience.is_some_and(|patience| wait.waited >= patience) {
                return Ok(Sought::TimedOut(wait.holder));
            }
            if let Some(stopped) = wait.holder.as_ref().filter(|found| frozen.is(found, &holder.host)) {
                return Ok(Sought::Frozen(stopped.clone()));
            }
            if watch(&wait) == Waiting::Stop {
                return Ok(Sought::Stopped);
            }
            let left = patience.map_or(pause, |patience| patience.saturating_sub(wait.waited));
            sleep(pause.min(left));
            pause = (pause * 2).min(POLL_LAST);
        }
    }

    /// The lease's name: the digest of key and fingerprint.
    pub fn name(&self) -> Digest {
        self.name
    }

    /// Notes in the lease's file that this build waits for another, until the note is dropped.
    pub fn waiting_for(&self, other: Digest) -> WaitNote<&Self> {
        WaitNote::new(self, other)
    }

    fn try_take(
        files: &Files,
        layout: &Layout,
        name: Digest,
        holder: &Holder,
    ) -> Result<Option<Self>, Fault> {
        let lock = LockOfName::new(files, layout.lock(&name));
        let Some(file) = lock_name::take(&lock)? else { return Ok(None) };
        let written = file.metadata().map_or(u64::MAX, |metadata| metadata.len());
        let note = Mutex::new(Note { file, holder: holder.clone(), written });
        let lease = Self { lock, name, note };
        lease.rewrite(|_| ());
        Ok(Some(lease))
    }

    /// Changes the holder's note. A note that cannot be written only makes waiters less informed.
    fn rewrite(&self, change: impl FnOnce(&mut Holder)) {
        let mut guard = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        let Note { file, holder, written } = &mut *guard;
        change(holder);
        let text = serde_json::to_vec(holder).unwrap_or_default();
        let length = text.len() as u64;
        if file.write_all_at(&text, 0).is_ok() && std::mem::replace(written, length) > length {
            file.set_len(length).ok();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let file = &self.note.get_mut().unwrap_or_else(PoisonError::into_inner).file;
        // The name goes while the lock is held: whoever opens it later opens another file. In a forked child it is not ours,
        // and does not look as if it were.
        lock_name::give_back(&self.lock, file);
    }
}

/// While it lives, the lease's file says that its build waits for another.
#[derive(Debug)]
pub struct WaitNote<L: Deref<Target = Lease>> {
    lease: L,
    other: Digest,
}

impl<L: Deref<Target = Lease>> WaitNote<L> {
    /// Notes in the file of `lease` that its build waits for another.
    pub fn new(lease: L, other: Digest) -> Self {
        lease.rewrite(|holder| holder.waits_for.push(other));
        Self { lease, other }
    }
}

impl<L: Deref<Target = Lease>> Drop for WaitNote<L> {
    fn drop(&mut self) {
        self.lease.rewrite(|holder| {
            if let Some(at) = holder.waits_for.iter().position(|name| *name == self.other) {
                holder.waits_for.swap_remove(at);
            }
        });
    }
}

impl LockOfName {
    pub(super) fn new(files: &Files, path: PathBuf) -> Self {
        Self { files: files.clone(), path }
    }
}

impl LockName for LockOfName {
    type File = LockFile;
    type Fault = Fault;

    fn open(&self) -> Result<LockFile, Fault> {
        self.files.open_lock(&self.path)
    }

    fn open_existing(&self) -> Option<LockFile> {
        files::open_present_lock(&self.path).ok()
    }

    fn try_lock(&self, file: &LockFile) -> Result<bool, Fault> {
        match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(fault)) => Err(Fault::io("lock", &self.path)(fault)),
        }
    }

    fn is_still(&self, file: &LockFile) -> bool {
        match (file.metadata(), fs::symlink_metadata(&self.path)) {
            (Ok(held), Ok(named)) => held.dev() == named.dev() && held.ino() == named.ino(),
            _ => false,
        }
    }

    fn unlink(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}

fn read_holder(layout: &Layout, name: &Digest) -> Option<Holder> {
    let mut text = Vec::new();
    files::open(&layout.lock(name)).ok()?.take(1 << 16).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Whether somebody holds the lease. A killed holder leaves its file and its note, but not its lock.
fn is_held(layout: &Layout, name: &Digest) -> bool {
    let file = files::open_present_lock(&layout.lock(name));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Follows the notes in the lock files from `start`; a way back to one of `outer` is a circle. The names go round
/// once, the first one last again.
fn cycle(layout: &Layout, start: Digest, outer: &[&Lease]) -> Option<Vec<String>> {
    outer.first()?;
    let mut ahead = vec![(start, Vec::new())];
    let mut seen = Vec::new();
    while let Some((name, path)) = ahead.pop() {
        if seen.contains(&name) || seen.len() > HOPS_MAX {
            continue;
        }
        seen.push(name);
        let Some(holder) = read_holder(layout, &name).filter(|_| is_held(layout, &name)) else { continue };
        let mut path: Vec<String> = path;
        path.push(holder.name.clone());
        if outer.iter().any(|lease| lease.name == name) {
            path.extend(path.first().cloned());
            return Some(path);
        }
        ahead.extend(holder.waits_for.iter().map(|next| (*next, path.clone())));
    }
    None
}
