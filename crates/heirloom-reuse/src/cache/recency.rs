//! Slots from the least to the most recently used: a doubly linked list over two columns of numbers.
//!
//! Promises: every step takes constant time. Refuses: the entries themselves; it orders slot numbers.

const NONE: u32 = u32::MAX;

/// The order of use.
#[derive(Debug)]
pub(super) struct Recency {
    /// Towards the less and the more recently used, by slot.
    links: Vec<(u32, u32)>,
    oldest: u32,
    newest: u32,
}

impl Recency {
    pub(super) fn new() -> Self {
        Self { links: Vec::new(), oldest: NONE, newest: NONE }
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// Puts in a slot that is not in the list, as the most recently used.
    pub(super) fn push(&mut self, slot: u32) {
        let at = slot as usize;
        if at >= self.links.len() {
            self.links.resize(at + 1, (NONE, NONE));
        }
        self.links[at] = (self.newest, NONE);
        match self.newest {
            NONE => self.oldest = slot,
            newest => self.links[newest as usize].1 = slot,
        }
        self.newest = slot;
    }

    pub(super) fn remove(&mut self, slot: u32) {
        let (older, newer) = self.links[slot as usize];
        match older {
            NONE => self.oldest = newer,
            older => self.links[older as usize].1 = newer,
        }
        match newer {
            NONE => self.newest = older,
            newer => self.links[newer as usize].0 = older,
        }
    }

    pub(super) fn touch(&mut self, slot: u32) {
        if self.newest != slot {
            self.remove(slot);
            self.push(slot);
        }
    }
}
