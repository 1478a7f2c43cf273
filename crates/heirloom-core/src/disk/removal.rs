//! Takes entries and blobs away, alone in the store: nobody writes a record for a blob that is being unlinked.
//!
//! Promises: 1. records and pins first, then rows, then blobs, so a kill in between leaves nothing that a repair would bring
//! back; 2. looked at again under the lock: what was made anew since the caller looked stays. Refuses: deciding.

use std::collections::HashSet;

use super::blobs;
use super::fault::Fault;
use super::registry::Candidate;
use super::store::Disk;
use super::{pins, quarantine};
use crate::clock::Timestamp;
use crate::digest::Digest;

#[expect(
    clippy::missing_errors_doc,
    reason = "each fails when the registry or the file system does, which the first says for all"
)]
impl Disk {
    /// Takes entries away.
    ///
    /// # Errors
    /// When the registry does not answer; so for every method here.
    pub fn delete(&self, entries: &[Digest], at: Timestamp, by: &str) -> Result<(), Fault> {
        let deleted = self.hold_sweep_lock().and_then(|_alone| self.delete_alone(entries, at, by));
        self.mending(deleted)
    }

    /// Takes those entries away that are still the ones that were built then; returns how many went.
    pub fn delete_as_seen(
        &self,
        entries: &[(Digest, Timestamp)],
        at: Timestamp,
        by: &str,
    ) -> Result<usize, Fault> {
        let deleted = self.hold_sweep_lock().and_then(|_alone| {
            let same = self.registry().unchanged(entries)?;
            self.delete_alone(&same, at, by)?;
            Ok(same.len())
        });
        self.mending(deleted)
    }

    /// Takes an entry away whose blob is gone; `false` when that is no longer so.
    pub fn disown(&self, candidate: &Candidate, at: Timestamp) -> Result<bool, Fault> {
        let disowned = self.hold_sweep_lock_briefly().and_then(|_alone| {
            let present = self.registry().present(&candidate.entry)?;
            let same = present.is_some_and(|(content, _)| content == candidate.content);
            if !same || self.layout().blob(&candidate.content).exists() {
                return Ok(false);
            }
            self.delete_alone(&[candidate.entry], at, "quarantine: its blob is gone")?;
            Ok(true)
        });
        self.mending(disowned)
    }

    /// Takes an entry away whose bytes are not what was written; its blob is kept for a look in `quarantine/`, and
    /// every other entry of that blob goes too.
    pub fn quarantine(&self, candidate: &Candidate, at: Timestamp, what: &str) -> Result<(), Fault> {
        let by = format!("quarantine: {what}");
        let removed = self.hold_sweep_lock_briefly().and_then(|_alone| {
            if candidate.inline.is_some() {
                return self.delete_alone(&[candidate.entry], at, &by);
            }
            self.set_aside(&candidate.content, at, &by).map(drop)
        });
        self.mending(removed)
    }

    /// Takes an entry away that is not believed; its record is kept for a look in `quarantine/`.
    pub fn expel(&self, candidate: &Candidate, at: Timestamp, what: &str) -> Result<(), Fault> {
        let expelled = self.hold_sweep_lock_briefly().and_then(|_alone| {
            let present = self.registry().present(&candidate.entry)?;
            if !present.is_some_and(|(content, at)| content == candidate.content && at == candidate.created) {
                return Ok(());
            }
            let record = self.layout().record(&candidate.entry);
            quarantine::put(self.files(), self.layout(), &record, &format!("{}.json", candidate.entry))?;
            self.delete_alone(&[candidate.entry], at, &format!("quarantine: {what}"))
        });
        self.mending(expelled)
    }

    /// Moves a corrupt blob into `quarantine/` and takes its entries away; `false` when it is whole after all. The
    /// caller holds the sweep lock.
    pub(super) fn set_aside(&self, content: &Digest, at: Timestamp, by: &str) -> Result<bool, Fault> {
        let path = self.layout().blob(content);
        if blobs::rehash(&path).is_ok_and(|(found, _, _)| found == *content) {
            return Ok(false);
        }
        quarantine::put(self.files(), self.layout(), &path, &content.to_string())?;
        self.delete_alone(&self.registry().entries_of_blob(content)?, at, by)?;
        Ok(true)
    }

    /// Unlinks a blob that nothing points to, unless somebody is writing just now: then the collector will.
    pub(super) fn unlink_if_free(&self, content: &Digest) {
        let Some(_alone) = self.try_sweep_lock() else { return };
        if self.registry().refers_to(content).is_ok_and(|referred| !referred) {
            // What stays is an orphan, which the collector finds.
            self.files().remove(&self.layout().blob(content)).ok();
        }
    }

    /// Records and pins first, then rows, then the blobs that nothing points to any more; the caller holds the sweep lock.
    pub(super) fn delete_alone(&self, entries: &[Digest], at: Timestamp, by: &str) -> Result<(), Fault> {
        for entry in entries {
            self.files().remove(&self.layout().record(entry))?;
        }
        pins::unmark(self.files(), self.layout(), entries)?;
        let freed = match self.registry().delete(entries, at, by) {
            Err(fault) if fault.is_full_disk() => {
                self.make_space(entries)?;
                self.registry().delete(entries, at, by)?
            }
            freed => freed?,
        };
        for content in freed {
            // What stays is an orphan, which the collector finds.
            self.files().remove(&self.layout().blob(&content)).ok();
        }
        Ok(())
    }

    /// Taking rows away needs a little space itself. On a full disk those blobs go first that would go anyway; a row
    /// whose blob is gone is a miss.
    fn make_space(&self, entries: &[Digest]) -> Result<(), Fault> {
        let going: HashSet<&Digest> = entries.iter().collect();
        for entry in entries {
            let Some((content, _)) = self.registry().present(entry)? else { continue };
            if self.registry().entries_of_blob(&content)?.iter().all(|one| going.contains(one)) {
                self.files().remove(&self.layout().blob(&content))?;
            }
        }
        self.registry().checkpoint().ok();
        Ok(())
    }
}
