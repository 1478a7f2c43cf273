//! Entries by the hash of their key, in the order of their last use: one table for every cache of this crate.
//!
//! `lru/` keeps calls in it, `reuse/` keys of any kind. Promises: 1. the least recently used entry goes first; 2. no code of
//! anybody's runs while the table is being changed: what is let go comes back to the caller, and an entry leaves by its
//! place, without a comparison. Refuses: comparing what only `__eq__` can tell apart; whoever looks does, because that may
//! run code, and `changes` says whether the place still stands.

use hashbrown::HashTable;

const NONE: usize = usize::MAX;

/// Every kept entry.
pub(crate) struct Table<K, V> {
    by_hash: HashTable<usize>,
    entries: Vec<Entry<K, V>>,
    free: Vec<usize>,
    newest: usize,
    oldest: usize,
    /// Raised by every change, so that whoever compared meanwhile looks again.
    pub(crate) changes: u64,
}

struct Entry<K, V> {
    hash: u64,
    kept: Option<(K, V)>,
    newer: usize,
    older: usize,
}

/// Whether two keys are one.
pub(crate) enum Alike {
    Yes,
    No,
    /// Only their own `__eq__` can tell.
    Ask,
}

/// What a look at the table came to.
pub(crate) enum Looked {
    At(usize),
    Absent,
    /// The entry may be the one; only `__eq__` can tell.
    Ask(usize),
}

impl<K, V> Default for Table<K, V> {
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

impl<K, V> Table<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Looks for a key, leaving out the first `skip` entries that had to be asked.
    #[inline]
    pub(crate) fn look(&self, hash: u64, skip: usize, alike: impl Fn(&K) -> Alike) -> Looked {
        let mut asked = 0;
        for &at in self.by_hash.iter_hash(hash) {
            let entry = &self.entries[at];
            let (true, Some((key, _))) = (entry.hash == hash, &entry.kept) else { continue };
            match alike(key) {
                Alike::Yes => return Looked::At(at),
                Alike::No => {}
                Alike::Ask if asked == skip => return Looked::Ask(at),
                Alike::Ask => asked += 1,
            }
        }
        Looked::Absent
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&(K, V)> {
        self.entries.get(at)?.kept.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut V> {
        self.entries.get_mut(at)?.kept.as_mut().map(|(_, value)| value)
    }

    /// The place of the least recently used entry.
    pub(crate) fn oldest(&self) -> Option<usize> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// The value of an entry, which is the newest from now on.
    #[inline]
    pub(crate) fn used(&mut self, at: usize) -> Option<&mut V> {
        if self.newest != at {
            self.unlink(at);
            self.link(at);
        }
        self.get_mut(at)
    }

    /// Takes an entry in as the newest, and says where it stands.
    pub(crate) fn insert(&mut self, hash: u64, key: K, value: V) -> usize {
        self.changes += 1;
        let entry = Entry { hash, kept: Some((key, value)), newer: NONE, older: NONE };
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
        at
    }

    /// Takes the oldest entry out.
    pub(crate) fn evict(&mut self) -> Option<(K, V)> {
        self.remove(self.oldest()?)
    }

    /// Takes an entry out by its place.
    pub(crate) fn remove(&mut self, at: usize) -> Option<(K, V)> {
        let kept = self.entries.get_mut(at)?.kept.take()?;
        self.changes += 1;
        self.unlink(at);
        if let Ok(found) = self.by_hash.find_entry(self.entries[at].hash, |&other| other == at) {
            found.remove();
        }
        self.free.push(at);
        Some(kept)
    }

    /// Takes everything out.
    pub(crate) fn take(&mut self) -> Self {
        let changes = self.changes + 1;
        std::mem::replace(self, Self { changes, ..Self::default() })
    }

    /// Every entry, with its place, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &(K, V))> {
        self.entries.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.kept.as_ref()?)))
    }

    /// Every entry, the least recently used first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &(K, V)> {
        let newer = |at: &usize| Some(self.entries.get(*at)?.newer).filter(|next| *next != NONE);
        std::iter::successors(self.oldest(), newer).filter_map(|at| self.get(at))
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
