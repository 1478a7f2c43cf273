//! What was found corrupt, or is not believed: put aside for a look, for a while and within a bound.
//!
//! Promises: 1. nothing here is ever opened by the engine; 2. neither rot nor an attacker makes the folder grow without end: what
//! is older than [`AGE`] goes, and so does what finds no room in [`BYTES`] beside younger files. Refuses: being a backup.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fault::Fault;
use super::files::{self, Files};
use super::layout::Layout;

/// How long something is kept for a look.
const AGE: Duration = Duration::from_hours(30 * 24);
/// How much is kept in all, in bytes.
const BYTES: u64 = 256 << 20;

/// A file in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    path: PathBuf,
    bytes: u64,
    age: Duration,
}

/// Moves a file into quarantine under `name`, and takes away what is beyond the bound.
pub(super) fn put(files: &Files, layout: &Layout, from: &Path, name: &str) -> Result<(), Fault> {
    let folder = layout.quarantine();
    files.make_folder(&folder)?;
    files.rename(from, &folder.join(name))?;
    for path in overdue(layout) {
        // What stays goes with the next one.
        files.remove(&path).ok();
    }
    Ok(())
}

/// The files that were kept for long enough.
pub(super) fn overdue(layout: &Layout) -> Vec<PathBuf> {
    beyond(files::list(&layout.quarantine()).into_iter().filter_map(look).collect())
}

#[expect(clippy::disallowed_methods, reason = "a file's age is told by the clock that stamped it")]
fn look(path: PathBuf) -> Option<Kept> {
    let found = fs::symlink_metadata(&path).ok().filter(|found| !found.is_dir())?;
    // A move changes this time and no other.
    let nanos = found.ctime_nsec().try_into().unwrap_or(0);
    let moved = UNIX_EPOCH + Duration::new(found.ctime().try_into().unwrap_or(0), nanos);
    let age = SystemTime::now().duration_since(moved).unwrap_or_default();
    Some(Kept { path, bytes: found.len(), age })
}

fn beyond(mut kept: Vec<Kept>) -> Vec<PathBuf> {
    kept.sort_by(|left, right| (left.age, &left.path).cmp(&(right.age, &right.path)));
    let mut room = BYTES;
    kept.retain(|one| match room.checked_sub(one.bytes) {
        Some(left) if one.age <= AGE => {
            room = left;
            false
        }
        _ => true,
    });
    kept.into_iter().map(|one| one.path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kept: &[(&str, u64, u64)], expected: &[&str]) {
        let day = Duration::from_hours(24);
        let kept = kept.iter().map(|(name, bytes, days)| {
            let days = u32::try_from(*days).expect("a few days");
            Kept { path: PathBuf::from(name), bytes: *bytes, age: days * day }
        });
        assert_eq!(beyond(kept.collect()), expected.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn the_old_go_and_what_finds_no_room() {
        check(&[], &[]);
        check(&[("new", 10, 0), ("of a month", BYTES - 10, 30)], &[]);
        check(&[("old", 1, 31), ("new", 1, 0)], &["old"]);
        check(&[("older", 1, 3), ("new", BYTES, 1), ("old", 1, 2)], &["old", "older"]);
        check(&[("too large", BYTES + 1, 0), ("small", 1, 2)], &["too large"]);
        check(&[("b", BYTES, 1), ("a", 1, 1)], &["b"]);
    }
}
