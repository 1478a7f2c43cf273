//! One file: changed, touched, gone, young, moved, edited while it is read, unreadable.

#![expect(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use heirloom_core::identity::Dependency;
use heirloom_core::inputs::Checked;
use heirloom_core::{Digest, Recorder};

use crate::workshop::{Workshop, rewrite_in_secret, set_time};

fn digest_of(dependency: &Dependency) -> Digest {
    match dependency {
        Dependency::File { state, .. } => state.digest,
        other => panic!("no file: {other}"),
    }
}

#[test]
fn a_file_that_did_not_change_holds() {
    let workshop = Workshop::new();
    let path = workshop.write("rates.csv", "1.5");
    let ways: [fn(&Recorder, &Path); 4] = [
        |recorder, path| drop(recorder.read(path).unwrap()),
        |recorder, path| drop(recorder.open(path).unwrap()),
        |recorder, path| recorder.file(path).unwrap(),
        |recorder, path| assert!(recorder.exists(path)),
    ];
    for read in ways {
        let recorded = workshop.recorded(|recorder| read(recorder, &path));
        assert_eq!(recorded.len(), 1);
        assert!(workshop.holds(&recorded));
    }
}

#[test]
fn a_change_of_the_same_size_and_time_is_found() {
    let workshop = Workshop::new();
    let path = workshop.write("rates.csv", "1.5");
    let recorded = workshop.recorded(|recorder| recorder.read(&path));
    std::thread::sleep(Duration::from_millis(20));
    rewrite_in_secret(&path, "1.6");
    let change = workshop.change(&recorded);
    assert!(change.starts_with("file ./rates.csv changed: content "), "{change}");
}

#[test]
fn a_change_of_size_is_told_by_its_size() {
    let workshop = Workshop::new();
    let path = workshop.write("rates.csv", "1.5");
    let recorded = workshop.recorded(|recorder| recorder.read(&path));
    fs::write(&path, "1.75").unwrap();
    assert_eq!(workshop.change(&recorded), "file ./rates.csv changed: 3 → 4 bytes");
}

#[test]
fn a_file_that_was_only_touched_holds_with_its_new_stat() {
    let workshop = Workshop::new();
    let path = workshop.write("rates.csv", "1.5");
    let recorded = workshop.recorded(|recorder| recorder.read(&path));
    set_time(&path, SystemTime::now() - Duration::from_secs(500));
    let Checked::Touched(fresh) = workshop.check(&recorded[0]) else { panic!("not touched") };
    assert_eq!(digest_of(&fresh), digest_of(&recorded[0]));
    assert_eq!((fresh.essence(), fresh.subject()), (recorded[0].essence(), recorded[0].subject()));
    assert_eq!(workshop.check(&fresh), Checked::Holds);
}

#[test]
fn a_file_that_was_replaced_by_an_equal_one_holds() {
    let workshop = Workshop::new();
    let path = workshop.write("rates.csv", "1.5");
    let recorded = workshop.recorded(|recorder| recorder.read(&path));
    fs::rename(workshop.write("new", "1.5"), &path).unwrap();
    assert!(matches!(workshop.check(&recorded[0]), Checked::Touched(_)));
}

#[test]
fn a_file_that_is_gone_has_changed() {
    let workshop = Workshop::new();
    let path = workshop.write("data/rates.csv", "1.5");
    let recorded = workshop.recorded(|recorder| recorder.read(&path));
    fs::remove_file(&path).unwrap();
    assert_eq!(workshop.change(&recorded), "file ./data/rates.csv is gone");
    fs::remove_dir(workshop.path("data")).unwrap();
    workshop.write("data", "a file where the folder was");
    assert_eq!(workshop.change(&recorded), "file ./data/rates.csv is gone");
}

#[test]
fn the_stat_of_a_young_file_is_not_trusted() {
    let workshop = Workshop::new();
    workshop.right_now();
    let (young, disguised) = (workshop.write("young", "1.5"), workshop.write("disguised", "1.5"));
    // Its mtime says that it is old, its ctime that it has just been written.
    set_time(&disguised, SystemTime::now() - Duration::from_secs(500));
    for path in [young, disguised] {
        let recorded = workshop.recorded(|recorder| recorder.file(&path));
        let Dependency::File { state, .. } = &recorded[0] else { panic!("no file") };
        assert_eq!(state.mtime_nanos, 0, "{}", path.display());
        assert!(matches!(workshop.check(&recorded[0]), Checked::Touched(_)));
        workshop.later(10);
        let Checked::Touched(fresh) = workshop.check(&recorded[0]) else { panic!("not touched") };
        assert_eq!(workshop.check(&fresh), Checked::Holds);
        workshop.right_now();
    }
}

#[test]
fn an_edit_while_a_file_is_read_is_never_missed() {
    let workshop = Workshop::new();
    // Large enough that the edit comes in between.
    let text = |letter: &str| letter.repeat(1 << 20);
    let edited = Digest::of(text("b").as_bytes());
    for round in 0..60 {
        let path = workshop.write("large", &text("a"));
        // The edit must not share a tick of the file system's clock with the first writing.
        std::thread::sleep(Duration::from_millis(15));
        let recorded = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_micros(20 * round));
                fs::write(&path, text("b")).unwrap();
            });
            workshop.recorded(|recorder| {
                if round % 2 == 0 {
                    recorder.read(&path).unwrap();
                } else {
                    recorder.file(&path).unwrap();
                }
            })
        });
        let holds = !matches!(workshop.check(&recorded[0]), Checked::Changed(_));
        assert_eq!(holds, digest_of(&recorded[0]) == edited, "round {round}");
    }
}

#[test]
fn the_first_look_counts() {
    let workshop = Workshop::new();
    let path = workshop.write("rates.csv", "1.5");
    let recorded = workshop.recorded(|recorder| {
        recorder.read(&path).unwrap();
        fs::write(&path, "1.75").unwrap();
        recorder.read(&path).unwrap();
    });
    assert_eq!(workshop.change(&recorded), "file ./rates.csv changed: 3 → 4 bytes");
}

#[test]
fn a_moved_project_still_holds() {
    let workshop = Workshop::new();
    workshop.write("data/a.csv", "1");
    workshop.write("data/b.csv", "2");
    let recorded = workshop.recorded(|recorder| {
        recorder.glob(workshop.path("data/*.csv")).unwrap();
        recorder.read_dir(workshop.path("data")).unwrap();
        assert!(!recorder.exists(workshop.path("data/c.csv")));
    });
    assert_eq!(recorded.len(), 5);
    let clone = tempfile::tempdir().unwrap();
    let moved = clone.path().join("elsewhere");
    fs::rename(workshop.folder.path(), &moved).unwrap();
    fs::create_dir(workshop.folder.path()).unwrap();
    for dependency in &recorded {
        assert_eq!(workshop.check_in(&moved, dependency), Checked::Holds, "{dependency}");
    }
    fs::copy(moved.join("data/a.csv"), moved.join("copy")).unwrap();
    fs::rename(moved.join("copy"), moved.join("data/a.csv")).unwrap();
    assert!(matches!(workshop.check_in(&moved, &recorded[0]), Checked::Touched(_)));
}

#[test]
fn a_path_that_is_not_utf_8_is_an_input_like_any_other() {
    let workshop = Workshop::new();
    let path = workshop.folder.path().join(OsString::from_vec(b"50%\xff.csv".to_vec()));
    fs::write(&path, "1.5").unwrap();
    let recorded = workshop.recorded(|recorder| recorder.read(&path));
    assert!(workshop.holds(&recorded));
    fs::write(&path, "1.75").unwrap();
    assert_eq!(workshop.change(&recorded), "file ./50%25%FF.csv changed: 3 → 4 bytes");
}

#[test]
fn a_link_counts_by_what_it_leads_to() {
    let workshop = Workshop::new();
    let (one, two, same) =
        (workshop.write("one", "1.5"), workshop.write("two", "1.6"), workshop.write("same", "1.5"));
    let link = workshop.path("link");
    symlink(&one, &link).unwrap();
    let recorded = workshop.recorded(|recorder| recorder.read(&link));
    assert!(workshop.holds(&recorded));
    let lead_to = |target: &Path| {
        fs::remove_file(&link).unwrap();
        symlink(target, &link).unwrap();
    };
    lead_to(&same);
    assert!(matches!(workshop.check(&recorded[0]), Checked::Touched(_)));
    lead_to(&two);
    assert!(workshop.change(&recorded).starts_with("file ./link changed: content "));
    lead_to(&workshop.path("nowhere"));
    assert_eq!(workshop.change(&recorded), "file ./link is gone");
}

#[test]
fn what_could_not_be_read_never_holds() {
    let workshop = Workshop::new();
    // Not a matter of rights, which a superuser has: a folder cannot be read as a file by anybody.
    fs::create_dir(workshop.path("folder")).unwrap();
    let recorded = workshop.recorded(|recorder| recorder.read(workshop.path("folder")).unwrap_err());
    assert_eq!(workshop.change(&recorded), "file ./folder could not be read whole when the object was built");
}

#[test]
fn a_file_without_the_right_to_read_it_exists_and_never_holds() {
    let workshop = Workshop::new();
    let path = workshop.write("secret", "1.5");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    // A superuser may read everything.
    let superuser = File::open(&path).is_ok();
    let recorded = workshop.recorded(|recorder| assert!(recorder.exists(&path)));
    assert_eq!(workshop.holds(&recorded), superuser);
    assert_eq!(recorded.len(), 1);
}
