//! Remembers what large files were, so that a file which many builds read is digested once in a process.
//!
//! Promises: a remembered state is used only while the file's stat is what it was, and never for a file that was changed
//! so shortly before that its stat cannot be trusted. Refuses: small files; reading those costs no more than looking.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;

use super::observe;
use crate::clock::Timestamp;
use crate::identity::FileState;

/// Smaller files are not remembered.
const WORTH_IT: u64 = 1 << 14;
/// With more files than this, everything is forgotten.
const MOST: usize = 100_000;

/// The states of files, by their absolute paths.
#[derive(Default)]
pub struct Memo(Mutex<HashMap<PathBuf, FileState>>);

impl Memo {
    /// A file's state now.
    pub(super) fn file(&self, path: &Path, now: Timestamp) -> io::Result<FileState> {
        let metadata = fs::metadata(path)?;
        if metadata.len() < WORTH_IT {
            return observe::file(path, now);
        }
        let place = absolute(path)?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&place).copied();
        if let Some(known) = known.filter(|known| observe::stat_holds(known, &metadata)) {
            return Ok(known);
        }
        let state = observe::file(path, now)?;
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= MOST {
            states.clear();
        }
        states.insert(place, state);
        Ok(state)
    }
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Memo({} files)", states.len())
    }
}
