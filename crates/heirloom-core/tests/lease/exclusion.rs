//! At most one holder at any instant, among processes and among threads, and no file left behind.

use std::fs::{self, OpenOptions};
use std::path::Path;

use heirloom_core::disk::Disk;

use crate::child::{ended_well, lock_files, play, take};

const PROCESSES: u64 = 4;
const ROUNDS: u64 = 300;

/// Counts in a file that nobody protects but the lease.
pub(crate) fn rounds(disk: &Disk, folder: &Path, rounds: u64) {
    let (counter, inside) = (folder.join("counter"), folder.join("inside"));
    for _ in 0..rounds {
        let lease = take(disk, "k", &[]);
        let mark = OpenOptions::new().write(true).create_new(true).open(&inside);
        assert!(mark.is_ok(), "two hold one lease");
        let count: u64 = fs::read_to_string(&counter).map_or(0, |text| text.parse().unwrap());
        fs::write(&counter, (count + 1).to_string()).unwrap();
        fs::remove_file(&inside).unwrap();
        drop(lease);
    }
}

#[test]
fn four_processes_never_hold_one_lease_together() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let children: Vec<_> =
        (0..PROCESSES).map(|_| play(&format!("exclude {ROUNDS}"), folder.path())).collect();
    for child in children {
        ended_well(child);
    }
    let count = fs::read_to_string(folder.path().join("counter")).unwrap();
    assert_eq!(count, (PROCESSES * ROUNDS).to_string());
    assert_eq!(lock_files(&disk).len(), 0);
}

#[test]
fn threads_of_one_process_never_hold_one_lease_together() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| rounds(&disk, folder.path(), ROUNDS));
        }
    });
    let count = fs::read_to_string(folder.path().join("counter")).unwrap();
    assert_eq!(count, (4 * ROUNDS).to_string());
    assert_eq!(lock_files(&disk).len(), 0);
}
