//! Circles of waits through several processes: found, and never seen where there is none.

use std::path::Path;
use std::thread;
use std::time::Duration;

use heirloom_core::disk::{Disk, Sought};

use crate::child::{PATIENCE, digest, ended_well, heard, play, say, seek, take};

/// Holds `own` and within it `inner`, and seeks `other`, which another process holds, from there.
pub(crate) fn build(disk: &Disk, folder: &Path, own: &str, inner: &str, other: &str) {
    let outer = take(disk, own, &[]);
    let inner = take(disk, inner, &[&outer]);
    say(folder, &format!("holds {own}"));
    heard(folder, &format!("holds {other}"));
    match seek(disk, other, &[&inner, &outer], PATIENCE) {
        Sought::Cycle(names) => {
            assert_eq!(names.first(), names.last());
            assert!(names.iter().any(|name| name == own) && names.iter().any(|name| name == other));
            say(folder, &format!("circle {own}"));
        }
        Sought::Waited(_) | Sought::Free(_) => {}
        timed_out @ (Sought::TimedOut(_) | Sought::Frozen(_) | Sought::Stopped) => panic!("{timed_out:?}"),
    }
}

#[test]
fn a_circle_through_processes_is_found_and_nobody_hangs() {
    for circle in [["a b", "b a", ""], ["a b", "b c", "c a"]] {
        let folder = tempfile::tempdir().unwrap();
        let circle: Vec<_> = circle.into_iter().filter(|link| !link.is_empty()).collect();
        let children: Vec<_> = circle
            .iter()
            .map(|link| {
                let (own, other) = link.split_once(' ').unwrap();
                play(&format!("circle {own} within-{own} {other}"), folder.path())
            })
            .collect();
        for child in children {
            ended_well(child);
        }
        let found = ["a", "b", "c"].iter().filter(|own| folder.path().join(format!("circle {own}")).exists());
        assert!(found.count() >= 1);
    }
}

#[test]
fn a_note_of_a_killed_process_makes_no_circle() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let mut child = play("hold b a", folder.path());
    heard(folder.path(), "held");
    child.kill().unwrap();
    child.wait().unwrap();
    // a is ours; c waits for b and has not noticed yet that b is free; b's note still says that it waits for a.
    let a = take(&disk, "a", &[]);
    thread::scope(|scope| {
        let c = take(&disk, "c", &[]);
        let note = c.waiting_for(digest("b"));
        let seeking = scope.spawn(|| seek(&disk, "c", &[&a], PATIENCE));
        thread::sleep(Duration::from_millis(200));
        drop(note);
        drop(c);
        let sought = seeking.join().unwrap();
        assert!(matches!(sought, Sought::Waited(_)), "{sought:?}");
    });
}

#[test]
fn a_diamond_through_processes_is_no_circle() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let (left, right) = (take(&disk, "left", &[]), take(&disk, "right", &[]));
    thread::scope(|scope| {
        let (disk, bottom) = (&disk, take(&disk, "bottom", &[]));
        let waited = |sought| matches!(sought, Sought::Waited(_));
        let waits =
            [&left, &right].map(|side| scope.spawn(move || waited(seek(disk, "bottom", &[side], PATIENCE))));
        thread::sleep(Duration::from_millis(100));
        drop(bottom);
        for wait in waits {
            assert!(wait.join().unwrap());
        }
    });
}

#[test]
fn one_lease_that_is_sought_from_within_itself_is_a_circle() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let outer = take(&disk, "a", &[]);
    let inner = take(&disk, "b", &[&outer]);
    match seek(&disk, "a", &[&inner, &outer], PATIENCE) {
        Sought::Cycle(names) => assert_eq!(names, ["a", "a"]),
        other => panic!("{other:?}"),
    }
}
