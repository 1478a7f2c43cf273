//! The mark of a pinned entry: an empty file, so that a registry that is made anew knows what must stay.
//!
//! Promises: 1. a pin is marked before the registry's row says so, and unmarked after it, so a kill in between keeps
//! rather too much; 2. an entry that goes takes its mark along. Refuses: being read on the road of a request; the row
//! says the same.

use std::fs;

use super::fault::Fault;
use super::files::{self, Files};
use super::layout::Layout;
use super::store::Disk;
use crate::digest::Digest;

/// Marks an entry as pinned.
pub(super) fn mark(files: &Files, layout: &Layout, entry: &Digest) -> Result<(), Fault> {
    if is_marked(layout, entry) {
        return Ok(());
    }
    files.stage(&layout.staging(), &layout.pin(entry), &[])
}

/// Takes the marks of these entries away, where there are any.
pub(super) fn unmark(files: &Files, layout: &Layout, entries: &[Digest]) -> Result<(), Fault> {
    // Most stores have no pins, and then nothing is asked for by name.
    if !files::is_folder(&layout.pins()) {
        return Ok(());
    }
    entries.iter().try_for_each(|entry| files.remove(&layout.pin(entry)))
}

/// Whether an entry is marked as pinned.
pub(super) fn is_marked(layout: &Layout, entry: &Digest) -> bool {
    fs::symlink_metadata(layout.pin(entry)).is_ok_and(|found| found.is_file())
}

impl Disk {
    /// Pins or unpins entries; returns how many there were.
    ///
    /// # Errors
    /// When the registry or the file system does not answer.
    pub fn pin(&self, entries: &[Digest], pinned: bool) -> Result<usize, Fault> {
        // Shared, so that no entry goes between its mark and its row.
        let _sharing = self.share_sweep_lock()?;
        if pinned {
            for entry in entries {
                if self.registry().knows(entry)? {
                    mark(self.files(), self.layout(), entry)?;
                }
            }
        }
        let changed = self.registry().pin(entries, pinned)?;
        if !pinned {
            unmark(self.files(), self.layout(), entries)?;
        }
        Ok(changed)
    }
}
