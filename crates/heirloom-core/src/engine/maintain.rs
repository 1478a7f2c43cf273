//! Everything a person may do with a store besides asking for objects: look, forget, clear, pin, verify.
//!
//! The command line and any other face go through here; there is no second way to the registry.
//! Promises: nothing here opens a payload. Refuses: printing.

use super::engine_state::Engine;
use super::gc::unavailable;
use super::request::Request;
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::disk::{EntryRow, FactoryRow, Fault, Inspection, PendingAdoption, TrailRow};
use crate::error::Result;
use crate::object::Record;

#[expect(
    clippy::missing_errors_doc,
    reason = "each fails when the store does not answer, which the first says for all"
)]
impl Engine {
    /// Every kept entry, or those of one factory, the oldest first.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer; so for every
    /// method here.
    pub fn entries(&self, factory: Option<&str>) -> Result<Vec<EntryRow>> {
        self.store()?.rows(factory).map_err(unavailable)
    }

    /// Everything that is known of one entry.
    pub fn record(&self, entry: &Digest) -> Result<Option<Record>> {
        self.store()?.record(entry).map_err(unavailable)
    }

    /// Every factory that the store has seen, as it was seen last.
    pub fn seen_factories(&self) -> Result<Vec<FactoryRow>> {
        self.store()?.factories().map_err(unavailable)
    }

    /// The last trails, the youngest first; of one factory or of all.
    pub fn trails(&self, factory: Option<&str>) -> Result<Vec<TrailRow>> {
        self.store()?.trails(factory, None).map_err(unavailable)
    }

    /// The vouches that wait for the code that asks next, the youngest first; of one factory or of all.
    pub fn pending_adoptions(&self, factory: Option<&str>) -> Result<Vec<PendingAdoption>> {
        self.store()?.pending_adoptions(factory).map_err(unavailable)
    }

    /// When and by what an entry of this key was taken away last.
    pub fn removal(&self, key: &Digest) -> Result<Option<(Timestamp, String)>> {
        self.store()?.removal(key).map_err(unavailable)
    }

    /// Forgets the object of a request: every version of it, on disk and in memory. Returns how many were kept.
    pub fn forget(&self, request: &Request) -> Result<usize> {
        let live = self.memory.remove_where(|slot| slot.id().0 == request.key.digest());
        let Some(disk) = &self.disk else { return Ok(live) };
        again_when_mended(|| {
            let entries = disk.entries_of(&request.key.digest())?;
            disk.delete(&entries, self.now(), "forget")?;
            // What could not be sealed lives in memory only.
            Ok(entries.len().max(live))
        })
    }

    /// Removes entries by name, for `by`.
    pub fn remove(&self, entries: &[Digest], by: &str) -> Result<()> {
        self.store()?.delete(entries, self.now(), by).map_err(unavailable)
    }

    /// Clears everything, or everything of one factory, pinned entries too. Returns how many were kept.
    pub fn clear(&self, factory: Option<&str>) -> Result<usize> {
        let live =
            match factory.map(|name| self.factories().into_iter().find(|known| **known.name() == *name)) {
                None => self.memory.remove_where(|_| true),
                Some(Some(known)) => self.memory.remove_where(|slot| slot.counts_for(&known.tally)),
                Some(None) => 0,
            };
        let Some(disk) = &self.disk else { return Ok(live) };
        again_when_mended(|| {
            let rows = disk.rows(factory)?;
            let entries: Vec<Digest> = rows.iter().map(|row| row.entry).collect();
            disk.delete(&entries, self.now(), "clear")?;
            Ok(entries.len())
        })
    }

    /// Lets go of all live objects of a factory; what is kept on disk stays.
    pub fn let_go_of_memory(&self, factory: &super::Factory) {
        self.memory.remove_where(|slot| slot.counts_for(&factory.tally));
    }

    /// Lets go of the live object of a request, also for clients that hold it still; what is kept on disk stays.
    pub fn let_go_of(&self, request: &Request) {
        self.memory.remove(&request.id());
    }

    /// Pins or unpins entries; a pinned entry is never evicted from the store. Returns how many there were.
    pub fn pin(&self, entries: &[Digest], pinned: bool) -> Result<usize> {
        self.store()?.pin(entries, pinned).map_err(unavailable)
    }

    /// Pins or unpins every kept version of a request's object.
    pub fn pin_object(&self, request: &Request, pinned: bool) -> Result<usize> {
        let disk = self.store()?;
        let entries = disk.entries_of(&request.key.digest()).map_err(unavailable)?;
        disk.pin(&entries, pinned).map_err(unavailable)
    }

    /// Looks at every file of the store; `progress` is told bytes done and bytes in all.
    pub fn inspect(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Inspection> {
        self.store()?.inspect(progress).map_err(unavailable)
    }

    /// Mends what an inspection found; returns how many problems are gone.
    pub fn mend(&self, found: &Inspection) -> Result<usize> {
        self.store()?.mend(found, self.now()).map_err(unavailable)
    }

    /// The clock of the memory tier, for a face that counts hits by itself.
    pub fn pulse(&self) -> &std::sync::Arc<crate::memory::Pulse> {
        self.memory.pulse()
    }

    /// Before this process forks: lets the store come to rest, for at most `limit`, so that the child inherits no lock
    /// without its holder. Returns whether it did. The parent must call [`Engine::resume_after_fork`]; the child must
    /// leave this engine behind and open its own.
    pub fn pause_for_fork(&self, limit: std::time::Duration) -> bool {
        self.disk.as_ref().is_none_or(|disk| disk.pause(limit))
    }

    /// Before the process ends: the registry is closed, so that the next process need not read its log. Whoever still uses
    /// the store opens it again.
    pub fn rest(&self) {
        if let Some(disk) = &self.disk {
            disk.rest();
        }
    }

    /// After a fork, in the parent: the store goes on.
    pub fn resume_after_fork(&self) {
        if let Some(disk) = &self.disk {
            disk.resume();
        }
    }

    /// The memory tier in numbers.
    pub fn memory_stats(&self) -> crate::memory::MemoryStats {
        self.memory.stats()
    }
}

/// Does it once more when the registry turns out to be lost or damaged: whoever meets that mends it.
fn again_when_mended<T>(work: impl Fn() -> std::result::Result<T, Fault>) -> Result<T> {
    work().or_else(|fault| if fault.is_mended_by_now() { work() } else { Err(fault) }).map_err(unavailable)
}
