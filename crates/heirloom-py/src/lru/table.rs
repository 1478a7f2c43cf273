//! The calls of one function, in the order of their last use.
//!
//! Promises: 1. the least recently used call goes first; 2. no code of anybody's runs while the table is being
//! changed: what is let go comes back to the caller. Refuses: comparing; `wrapper.rs` does, because that may run code.

use hashbrown::HashTable;
use pyo3::ffi;

use super::spelling::{Alike, Spelling, Spoken};
use crate::hand_made::Own;

const NONE: usize = usize::MAX;

/// Every kept call.
pub(super) struct Table {
    by_hash: HashTable<usize>,
    entries: Vec<Entry>,
    free: Vec<usize>,
    newest: usize,
    oldest: usize,
    /// Raised by every change, so that whoever compared meanwhile looks again.
    pub(super) changes: u64,
}

struct Entry {
    hash: u64,
    kept: Option<(Spelling, Own)>,
    newer: usize,
    older: usize,
}

/// What a look at the table came to.
pub(super) enum Looked {
    At(usize),
    Absent,
    /// The entry may be the one; only `__eq__` can tell.
    Ask(usize),
}

impl Default for Table {
    fn default() -> Self {
        Self {
            by_hash: HashTable::new(),
            entries: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            changes: 0,
        }
    }
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Looks for a call, leaving out the first `skip` entries that had to be asked.
    #[inline]
    pub(super) fn look(&self, call: &Spoken<'_>, skip: usize) -> Looked {
        let mut asked = 0;
        for &at in self.by_hash.iter_hash(call.hash) {
            let entry = &self.entries[at];
            let (true, Some((spelling, _))) = (entry.hash == call.hash, &entry.kept) else { continue };
            match call.alike(spelling) {
                Alike::Yes => return Looked::At(at),
                Alike::No => {}
                Alike::Ask if asked == skip => return Looked::Ask(at),
                Alike::Ask => asked += 1,
            }
        }
        Looked::Absent
    }

    pub(super) fn spelling(&self, at: usize) -> Option<&Spelling> {
        self.entries[at].kept.as_ref().map(|(spelling, _)| spelling)
    }

    /// The value of an entry, which is the newest from now on.
    #[inline]
    pub(super) fn used(&mut self, at: usize) -> Option<*mut ffi::PyObject> {
        if self.newest != at {
            self.unlink(at);
            self.link(at);
        }
        self.entries[at].kept.as_ref().map(|(_, value)| value.as_ptr())
    }

    /// Takes a call in as the newest.
    pub(super) fn insert(&mut self, hash: u64, spelling: Spelling, value: Own) {
        self.changes += 1;
        let entry = Entry { hash, kept: Some((spelling, value)), newer: NONE, older: NONE };
        let at = match self.free.pop() {
            Some(at) => {
                self.entries[at] = entry;
                at
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        };
        self.link(at);
        let entries = &self.entries;
        self.by_hash.insert_unique(hash, at, |&at| entries[at].hash);
    }

    /// Exchanges the value of an entry; the old one comes back.
    pub(super) fn exchange(&mut self, at: usize, value: Own) -> Option<Own> {
        let (_, old) = self.entries[at].kept.as_mut()?;
        Some(std::mem::replace(old, value))
    }

    /// Takes the oldest call out.
    pub(super) fn evict(&mut self) -> Option<(Spelling, Own)> {
        let at = self.oldest;
        if at == NONE {
            return None;
        }
        self.changes += 1;
        self.unlink(at);
        if let Ok(found) = self.by_hash.find_entry(self.entries[at].hash, |&other| other == at) {
            found.remove();
        }
        self.free.push(at);
        self.entries[at].kept.take()
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> Self {
        let changes = self.changes + 1;
        std::mem::replace(self, Self { changes, ..Self::default() })
    }

    /// Every object that is held.
    pub(super) fn objects(&self) -> impl Iterator<Item = *mut ffi::PyObject> {
        let kept = self.entries.iter().filter_map(|entry| entry.kept.as_ref());
        kept.flat_map(|(spelling, value)| spelling.objects().chain([value.as_ptr()]))
    }

    #[inline]
    fn unlink(&mut self, at: usize) {
        let Entry { newer, older, .. } = self.entries[at];
        match newer {
            NONE => self.newest = older,
            newer => self.entries[newer].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.entries[older].newer = newer,
        }
    }

    #[inline]
    fn link(&mut self, at: usize) {
        let older = self.newest;
        self.entries[at].newer = NONE;
        self.entries[at].older = older;
        match older {
            NONE => self.oldest = at,
            older => self.entries[older].newer = at,
        }
        self.newest = at;
    }
}
