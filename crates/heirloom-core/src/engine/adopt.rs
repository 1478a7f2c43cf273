//! Adoption: an author vouches that what was built by older code is as good as what the present code would build.
//!
//! Promises: only code is vouched for; counters, schema, codec, type, inputs and traits still decide. Refuses:
//! vouching in silence; every served entry says so on its trail.

use super::engine_state::Engine;
use super::factory::Factory;
use super::request::Request;
use crate::disk::{Disk, Fault};
use crate::error::{Error, Result};
use crate::identity::Change;
use crate::object::Record;
use crate::trail::Reason;

/// The vouch under which `record` may be served for this request, if there is one.
pub(super) fn adoption(request: &Request, disk: &Disk, record: &Record) -> Option<Reason> {
    let factory = &request.factory;
    let changes = record.fingerprint.changes(&factory.recipe.fingerprint);
    let is_code = |change: &Change| {
        matches!(
            change,
            Change::Code { .. }
                | Change::CodeAdded { .. }
                | Change::CodeRemoved { .. }
                | Change::Level { .. }
        )
    };
    if changes.is_empty() || !changes.iter().all(is_code) {
        return None;
    }
    let old = record.fingerprint.code.digest();
    let vouches = disk.adoptions(factory.name(), &factory.code).ok()?;
    let vouch = vouches.into_iter().find(|vouch| vouch.old_code == old)?;
    Some(Reason::Adopted { changes, at: vouch.at })
}

impl Engine {
    /// Binds the present entries of a factory, by name, to the code that asks for it next (or to `code` now).
    ///
    /// Returns how many entries are bound.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the store has no such factory,
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when it does not answer.
    pub fn adopt(&self, name: &str, present: Option<&Factory>) -> Result<usize> {
        let unavailable = |fault: Fault| Error::unavailable(format!("`{name}` was not adopted: {fault}"));
        let Some(disk) = &self.disk else {
            return Err(Error::invalid("this store has no disk, so there is nothing to adopt"));
        };
        let rows = disk.rows(Some(name)).map_err(unavailable)?;
        if rows.is_empty() {
            return Err(Error::invalid(format!(
                "nothing of `{name}` is kept in {}; `heirloom ls` lists what is",
                disk.layout().root().display()
            )));
        }
        let mut codes = Vec::new();
        for row in &rows {
            let record = disk.record(&row.entry).map_err(unavailable)?;
            codes.extend(record.map(|record| record.fingerprint.code.digest()));
        }
        codes.sort();
        codes.dedup();
        let new = present.map(|factory| factory.code);
        disk.adopt(name, &codes, new, self.now()).map_err(unavailable)?;
        Ok(rows.len())
    }
}
