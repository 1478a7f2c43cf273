//! Carries a plan out, and sweeps what nothing points to.
//!
//! Promises: it removes what the plan names and what is an orphan, nothing else. Refuses: deciding.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use super::plan::{GcFacts, Plan, plan};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::disk::{Disk, Fault};
use crate::engine::engine_state::Engine;
use crate::error::{Error, Result};

/// Locks that nobody holds and files in `staging/` this old belong to nobody who is still at work.
const LEFT_OVER_AGE: Duration = Duration::from_hours(1);
/// Entries removed under one hold of the sweep lock, so that writers never wait for long.
const BATCH: usize = 25_000;
/// After this part of the budget was written, the registry is asked how much there is.
const ASKED_PARTS: u64 = 64;

/// A file that nothing points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Orphan {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Collected {
    /// Entries removed.
    pub entries: usize,
    /// Orphans removed.
    pub orphans: usize,
    /// Bytes given back, as far as they are known.
    pub bytes: u64,
}

impl Engine {
    /// What the collector would do now, and the orphans it would sweep.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer; so for
    /// [`Engine::collect`].
    pub fn plan_collection(&self, facts: &GcFacts) -> Result<(Plan, Vec<Orphan>)> {
        let disk = self.store()?;
        let rows = disk.rows(None).map_err(unavailable)?;
        Ok((plan(&rows, facts), orphans(disk).map_err(unavailable)?))
    }

    /// Carries out a plan and sweeps orphans; `progress` is told entries done and entries in all. An entry whose row a
    /// killed writer did not come to write is taken into the registry.
    ///
    /// # Errors
    /// Those of [`Engine::plan_collection`].
    pub fn collect(
        &self,
        plan: &Plan,
        orphans: &[Orphan],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Collected> {
        let disk = self.store()?;
        let mut collected = self.carry_out(disk, plan, progress).map_err(unavailable)?;
        let swept = disk.sweep(orphans.iter().map(|orphan| orphan.path.as_path())).map_err(unavailable)?;
        collected.orphans = swept.len();
        collected.bytes += swept.iter().sum::<u64>();
        // Not forgotten now means forgotten by the next collection.
        disk.forget_texts().ok();
        Ok(collected)
    }

    fn carry_out(
        &self,
        disk: &Disk,
        plan: &Plan,
        progress: &mut dyn FnMut(usize, usize),
    ) -> std::result::Result<Collected, Fault> {
        let before = disk.bytes()?;
        let (mut collected, mut done) = (Collected::default(), 0);
        for batch in reasons(plan) {
            for entries in batch.1.chunks(BATCH) {
                let by = format!("gc: {}", batch.0);
                collected.entries += disk.delete_as_seen(entries, self.now(), &by)?;
                done += entries.len();
                progress(done, plan.remove.len());
            }
        }
        collected.bytes = before.saturating_sub(disk.bytes()?);
        Ok(collected)
    }

    /// Collects by the byte budget when a write took the store over it. Faults only leave the store too large.
    ///
    /// The registry is asked only when this process has written enough since it last asked to have used up what was
    /// left, or a part of the budget: several processes that write at once overshoot by that part at most.
    pub(in crate::engine) fn collect_if_over(&self, added: u64) {
        let (Some(budget), Some(disk)) = (self.options.disk_bytes, &self.disk) else { return };
        let spent = |left: u64| left.checked_sub(added);
        if self.allowance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok() {
            return;
        }
        let Ok(mut bytes) = disk.bytes() else { return };
        if bytes > budget {
            // A tenth below the budget, so that not every write collects.
            let facts = GcFacts { now: self.now(), budget: Some(budget - budget / 10), ..GcFacts::default() };
            if let Ok(rows) = disk.rows(None) {
                let plan = plan(&rows, &facts);
                self.carry_out(disk, &plan, &mut |_, _| ()).ok();
                bytes = plan.kept_bytes;
            }
        }
        let part = budget / ASKED_PARTS;
        // Over the budget still: everything left is pinned, so asking at each write would be in vain.
        let left = if bytes > budget { part } else { part.min(budget - bytes) };
        self.allowance.store(left, Ordering::Relaxed);
    }

    pub(in crate::engine) fn store(&self) -> Result<&Disk> {
        self.disk.as_ref().ok_or_else(|| Error::invalid("this engine was opened without a disk"))
    }
}

/// The entries of a plan, each as it was seen, by the sentence that they go under.
fn reasons(plan: &Plan) -> BTreeMap<String, Vec<(Digest, Timestamp)>> {
    let mut groups: BTreeMap<String, Vec<(Digest, Timestamp)>> = BTreeMap::new();
    for removal in &plan.remove {
        groups.entry(removal.why.to_string()).or_default().push((removal.entry, removal.created));
    }
    groups
}

/// Blobs and records that no row points to, and what killed writers left behind.
fn orphans(disk: &Disk) -> std::result::Result<Vec<Orphan>, Fault> {
    let mut found = disk.unreferenced()?;
    found.extend(disk.left_overs(LEFT_OVER_AGE));
    let orphan = |path: PathBuf| {
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        Orphan { path, bytes }
    };
    Ok(found.into_iter().map(orphan).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(in crate::engine) fn unavailable(fault: Fault) -> Error {
    Error::unavailable(format!("the store did not answer: {fault}"))
}
