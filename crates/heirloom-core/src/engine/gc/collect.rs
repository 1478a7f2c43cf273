//! Carries a plan out, and sweeps what nothing points to.
//!
//! Promises: it removes what the plan names and what is an orphan, nothing else. Refuses: deciding.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::plan::{GcFacts, Plan, plan};
use crate::disk::{Disk, Fault};
use crate::engine::engine_state::Engine;
use crate::error::{Error, Result};

/// Files in `staging/` this old belong to nobody who is still writing.
const STAGING_AGE: Duration = Duration::from_hours(1);
/// Entries removed under one hold of the sweep lock, so that writers never wait for long.
const BATCH: usize = 1000;

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

    /// Carries out a plan and sweeps orphans; `progress` is told entries done and entries in all.
    pub fn collect(
        &self,
        plan: &Plan,
        orphans: &[Orphan],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Collected> {
        let disk = self.store()?;
        let before = disk.bytes().map_err(unavailable)?;
        let mut collected = Collected::default();
        for batch in reasons(plan) {
            for entries in batch.1.chunks(BATCH) {
                let by = format!("gc: {}", batch.0);
                disk.delete(entries, self.now(), &by).map_err(unavailable)?;
                collected.entries += entries.len();
                progress(collected.entries, plan.remove.len());
            }
        }
        let after = disk.bytes().map_err(unavailable)?;
        collected.bytes = before.saturating_sub(after);
        for orphan in disk.sweep(orphans.iter().map(|orphan| orphan.path.as_path())).map_err(unavailable)? {
            collected.orphans += 1;
            collected.bytes += orphan;
        }
        Ok(collected)
    }

    /// Collects by the byte budget when a write took the store over it. Faults only leave the store too large.
    pub(in crate::engine) fn collect_if_over(&self, _added: u64) {
        let (Some(budget), Some(disk)) = (self.options.disk_bytes, &self.disk) else { return };
        let over = disk.bytes().is_ok_and(|bytes| bytes > budget);
        if !over {
            return;
        }
        // A tenth below the budget, so that not every write collects.
        let facts = GcFacts { now: self.now(), budget: Some(budget - budget / 10), ..GcFacts::default() };
        if let Ok(rows) = disk.rows(None) {
            let plan = plan(&rows, &facts);
            self.collect(&plan, &[], &mut |_, _| ()).ok();
        }
    }

    pub(in crate::engine) fn store(&self) -> Result<&Disk> {
        self.disk.as_ref().ok_or_else(|| Error::invalid("this engine was opened without a disk"))
    }
}

/// The entries of a plan by the sentence that each goes under.
fn reasons(plan: &Plan) -> Vec<(String, Vec<crate::Digest>)> {
    let mut groups: Vec<(String, Vec<crate::Digest>)> = Vec::new();
    for removal in &plan.remove {
        let sentence = removal.why.to_string();
        match groups.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, entries)) => entries.push(removal.entry),
            None => groups.push((sentence, vec![removal.entry])),
        }
    }
    groups
}

/// Blobs and records that no row points to, and what killed writers left behind.
fn orphans(disk: &Disk) -> std::result::Result<Vec<Orphan>, Fault> {
    let mut found = disk.unreferenced()?;
    found.extend(disk.left_overs(STAGING_AGE));
    let orphan = |path: PathBuf| {
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        Orphan { path, bytes }
    };
    Ok(found.into_iter().map(orphan).collect())
}

pub(in crate::engine) fn unavailable(fault: Fault) -> Error {
    Error::unavailable(format!("the store did not answer: {fault}"))
}
