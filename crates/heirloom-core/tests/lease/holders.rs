//! What a waiter learns of the holder, and what happens when the holder dies or takes too long.

use std::time::{Duration, Instant};

use heirloom_core::disk::{Disk, Sought, Waiting};

use rustix::process::{Pid, Signal, kill_process};

use crate::child::{PATIENCE, digest, heard, holder, lock_files, play, seek, take};

#[test]
fn a_killed_holder_frees_its_waiters() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let mut child = play("hold k nothing", folder.path());
    heard(folder.path(), "held");
    let (mut killed, mut told) = (None, None);
    let sought = disk.lease(digest("k"), &holder("mine"), &[], Some(PATIENCE), &mut |wait| {
        // Killed once it is waited for.
        killed.get_or_insert_with(|| {
            child.kill().unwrap();
            child.wait().unwrap();
            Instant::now()
        });
        told.get_or_insert_with(|| wait.holder.clone().unwrap());
        Waiting::Goes
    });
    assert!(killed.unwrap().elapsed() < Duration::from_secs(1));
    assert!(matches!(sought, Ok(Sought::Waited(_))), "{sought:?}");
    let told = told.unwrap();
    assert_eq!((told.name.as_str(), told.pid, told.host.as_str()), ("k", child.id(), "here"));
    drop(sought);
    assert_eq!(lock_files(&disk).len(), 0);
}

#[test]
fn the_note_says_who_builds_since_when_and_for_how_long() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let lease = take(&disk, "k", &[]);
    let note = lease.waiting_for(digest("a thing with a long note, which is shorter afterwards"));
    drop(note);
    match seek(&disk, "k", &[], Duration::ZERO) {
        Sought::TimedOut(Some(told)) => assert_eq!(told, holder("k")),
        other => panic!("{other:?}"),
    }
    assert_eq!(lease.name(), digest("k"));
}

#[test]
fn nobody_waits_for_a_holder_that_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let mut child = play("hold k nothing", folder.path());
    heard(folder.path(), "held");
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::STOP).unwrap();
    let sought = disk.lease(digest("k"), &holder("mine"), &[], None, &mut |wait| {
        if wait.waited < PATIENCE { Waiting::Goes } else { Waiting::Stop }
    });
    child.kill().unwrap();
    child.wait().unwrap();
    match sought.unwrap() {
        Sought::Frozen(told) => assert_eq!(told.pid, child.id()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn patience_ends() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let lease = take(&disk, "k", &[]);
    let (begun, mut polls) = (Instant::now(), 0);
    let patience = Duration::from_millis(40);
    let sought = disk.lease(digest("k"), &holder("mine"), &[], Some(patience), &mut |_| {
        polls += 1;
        Waiting::Goes
    });
    assert!(matches!(sought, Ok(Sought::TimedOut(Some(_)))), "{sought:?}");
    assert!(begun.elapsed() >= patience && polls > 1);
    drop(lease);
    assert!(matches!(seek(&disk, "k", &[], Duration::ZERO), Sought::Free(_)));
    assert!(matches!(seek(&disk, "k", &[], Duration::ZERO), Sought::Free(_)));
}

#[test]
fn a_lock_file_that_somebody_took_away_is_not_taken_from_the_next_holder() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let first = take(&disk, "k", &[]);
    std::fs::remove_dir_all(disk.layout().locks()).unwrap();
    let second = take(&disk, "k", &[]);
    drop(first);
    assert!(matches!(seek(&disk, "k", &[], Duration::ZERO), Sought::TimedOut(_)));
    drop(second);
    assert_eq!(lock_files(&disk).len(), 0);
}

#[test]
fn a_waiter_that_stops_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let lease = take(&disk, "k", &[]);
    let sought = disk.lease(digest("k"), &holder("mine"), &[], Some(PATIENCE), &mut |_| Waiting::Stop);
    assert!(matches!(sought, Ok(Sought::Stopped)), "{sought:?}");
    drop(lease);
}
