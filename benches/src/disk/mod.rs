//! Disk put and get of 1 kB, 1 MB and 256 MB: Heirloom beside raw files, SQLite, cacache and foyer.
//!
//! Promises: 1. content differs in every put, so nobody stores it once for all; 2. what comes back is read, one
//! byte of each page, by all alike; 3. copying and deleting is prepared outside the timed part. Refuses: fsync;
//! none of these does it by default, and neither do we.

mod cacache_files;
mod foyer_blocks;
mod heirloom_store;
mod raw_files;
mod sqlite_rows;

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;

use crate::keys::Numbers;
use crate::subject::{Effort, Goal, Subject, Work, each};

/// Something that keeps bytes under a number.
pub(crate) trait Keeper {
    fn put(&self, number: u64, content: Bytes);
    fn get(&self, number: u64) -> Bytes;
    /// Gives the room back; not timed.
    fn forget(&self, number: u64);
}

/// Opens a keeper in an empty folder, for objects of a size.
type Opener = fn(&Path, usize) -> Box<dyn Keeper>;

const OURS: (&str, Opener) = ("heirloom", heirloom_store::open);
const FILES: (&str, Opener) = ("raw file", raw_files::open_read);
const MAPPED: (&str, Opener) = ("raw file, mapped", raw_files::open_mapped);
const SQLITE: (&str, Opener) = ("SQLite", sqlite_rows::open);
const CACACHE: (&str, Opener) = ("cacache", cacache_files::open);
const FOYER: (&str, Opener) = ("foyer", foyer_blocks::open);

/// All disk works.
pub fn works() -> Vec<Work> {
    let (small, middle, large) = (1000, 1_000_000, 256_000_000);
    let micros = |micros| Goal::Time(Duration::from_micros(micros));
    let few = [OURS, FILES, SQLITE, CACACHE, FOYER];
    let many = [OURS, FILES, MAPPED, CACACHE, FOYER];
    let raw = [OURS, FILES, CACACHE, FOYER];
    vec![
        get("disk get, 1 kB", small, &few, "raw file", micros(8)),
        put("disk put, 1 kB", small, &few, "raw file", micros(60)),
        get("disk get, 1 MB", middle, &many, "raw file, mapped", Goal::None),
        put("disk put, 1 MB", middle, &raw, "raw file", Goal::None),
        get("disk get, 256 MB", large, &many, "raw file, mapped", Goal::Ratio(1.5)),
        put("disk put, 256 MB", large, &raw, "raw file", Goal::Ratio(1.3)),
    ]
}

fn get(
    name: &str,
    size: usize,
    keepers: &[(&'static str, Opener)],
    against: &'static str,
    goal: Goal,
) -> Work {
    let entries = if size > 10_000_000 { 1 } else { 64 };
    let subject = |&(name, open): &(&'static str, Opener)| {
        Subject::new(name, move || {
            let folder = folder();
            let keeper = open(folder.path(), size);
            for number in 0..entries {
                let content = fresh(size, number);
                keeper.put(number, content.clone());
                assert!(keeper.get(number) == content, "{name} keeps what it is given");
            }
            let mut next = 0;
            let prepare = move || {
                next = (next + 1) % entries;
                next
            };
            each(prepare, move |number| {
                let _alive = &folder;
                look_at(&keeper.get(number))
            })
        })
    };
    let subjects = keepers.iter().map(subject).collect();
    Work { name: name.to_owned(), subjects, against, goal, effort: effort(size) }
}

fn put(
    name: &str,
    size: usize,
    keepers: &[(&'static str, Opener)],
    against: &'static str,
    goal: Goal,
) -> Work {
    let subject = |&(name, open): &(&'static str, Opener)| {
        Subject::new(name, move || {
            let folder = folder();
            let keeper: Rc<dyn Keeper> = open(folder.path(), size).into();
            let (preparing, mut number) = (Rc::clone(&keeper), 0);
            let prepare = move || {
                // Small ones pile up, as they do in life; large ones would fill the disk.
                if size > 10_000 {
                    preparing.forget(number);
                }
                number += 1;
                (number, fresh(size, number))
            };
            each(prepare, move |(number, content)| {
                let _alive = &folder;
                keeper.put(number, content);
            })
        })
    };
    let subjects = keepers.iter().map(subject).collect();
    Work { name: name.to_owned(), subjects, against, goal, effort: effort(size) }
}

fn effort(size: usize) -> Effort {
    if size > 10_000_000 { Effort::Large } else { Effort::Small }
}

/// Bytes that nobody had before and that do not compress.
fn fresh(size: usize, number: u64) -> Bytes {
    let mut numbers = Numbers(number << 32);
    let mut content = vec![0_u8; size];
    for piece in content.chunks_mut(8) {
        piece.copy_from_slice(&numbers.draw().to_le_bytes()[..piece.len()]);
    }
    Bytes::from(content)
}

/// One byte of each page, so that a mapping is not only promised.
fn look_at(content: &[u8]) -> u64 {
    content.iter().step_by(4096).map(|&byte| u64::from(byte)).sum()
}

/// An empty folder on the disk that `TMPDIR` names.
fn folder() -> TempDir {
    tempfile::Builder::new().prefix("heirloom-bench-").tempdir().expect("a temporary folder can be made")
}
