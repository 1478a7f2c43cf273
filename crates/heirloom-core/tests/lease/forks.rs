//! A forked child has the parent's open files; it must not hold what its parent holds.

#![expect(unsafe_code, reason = "a fork is unsafe by nature; the argument stands at the block")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heirloom_core::disk::{Disk, Gate, Lease, Sought};

use crate::child::{PATIENCE, heard, lock_files, play, say, seek, take};

/// More leases than one block of the table has room for.
const MANY: usize = 200;

/// Forks a child that runs `work`, and gives back its number.
fn fork(work: impl FnOnce()) -> i32 {
    // SAFETY: the child runs only `work`, which takes no lock that another thread of this process may hold, and ends
    // without any clean-up.
    unsafe {
        match libc::fork() {
            0 => {
                work();
                libc::_exit(0)
            }
            child => child,
        }
    }
}

/// In a forked child: lives on until it is told to end.
fn live_until_the_end(folder: &Path) {
    say(folder, "alive");
    let begun = Instant::now();
    while !folder.join("end").exists() && begun.elapsed() < 2 * PATIENCE {
        std::thread::sleep(Duration::from_millis(2));
    }
    say(folder, "dead");
}

/// Lets the forked child end, which must have lived until now.
fn end(folder: &Path) {
    assert!(!folder.join("dead").exists(), "the child ended too early");
    say(folder, "end");
    heard(folder, "dead");
}

/// The part of a process that holds many leases and forks a child, which lives on.
pub(crate) fn hold_and_fork(disk: &Disk, folder: &Path) {
    let _leases: Vec<Lease> = (0..MANY).map(|at| take(disk, &at.to_string(), &[])).collect();
    fork(|| live_until_the_end(folder));
    heard(folder, "alive");
    say(folder, "held");
    std::thread::sleep(PATIENCE);
}

#[test]
fn a_child_that_lives_on_keeps_no_lease_of_a_killed_parent() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let mut parent = play("fork", folder.path());
    heard(folder.path(), "held");
    assert!(matches!(seek(&disk, "0", &[], Duration::ZERO), Sought::TimedOut(_)));
    parent.kill().unwrap();
    parent.wait().unwrap();
    for at in 0..MANY {
        let sought = seek(&disk, &at.to_string(), &[], Duration::ZERO);
        assert!(matches!(sought, Sought::Free(_)), "{at}: {sought:?}");
    }
    end(folder.path());
}

#[test]
fn a_child_that_drops_or_rewrites_the_lease_takes_nothing_from_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let lease = take(&disk, "k", &[]);
    fork(|| {
        drop(lease.waiting_for(crate::child::digest("other")));
        // SAFETY: this is the child's own copy, and the parent's is in the parent's memory.
        drop(unsafe { std::ptr::read::<Lease>(&raw const lease) });
        say(folder.path(), "dropped");
    });
    heard(folder.path(), "dropped");
    let sought = seek(&disk, "k", &[], Duration::ZERO);
    let Sought::TimedOut(Some(holder)) = &sought else { panic!("{sought:?}") };
    assert!(holder.waits_for.is_empty());
    drop(lease);
    assert!(matches!(seek(&disk, "k", &[], Duration::ZERO), Sought::Free(_)));
    assert_eq!(lock_files(&disk).len(), 0);
}

/// Forks a child at the first step that changes something while the sweep lock is held.
struct Forking(PathBuf, std::sync::atomic::AtomicBool);

impl Gate for Forking {
    fn step(&self, doing: &'static str, _path: &Path) -> io::Result<()> {
        if doing == "remove" && !self.1.swap(true, std::sync::atomic::Ordering::SeqCst) {
            fork(|| live_until_the_end(&self.0));
            heard(&self.0, "alive");
        }
        Ok(())
    }
}

#[test]
fn a_child_that_lives_on_does_not_keep_the_collector_out() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Forking(folder.path().to_owned(), false.into());
    let disk = Disk::at(folder.path(), None, Arc::new(gate));
    disk.make_ready().unwrap();
    let stray = disk.layout().staging().join("stray");
    std::fs::write(&stray, "").unwrap();
    disk.sweep([stray.as_path()].into_iter()).unwrap();
    heard(folder.path(), "alive");
    disk.sweep([stray.as_path()].into_iter()).unwrap();
    end(folder.path());
}
