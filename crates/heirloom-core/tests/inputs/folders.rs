//! Directories by their names, patterns by what they match, absences until they are over.

use std::fs;
use std::os::unix::fs::symlink;

use heirloom_core::inputs::Checked;
use heirloom_core::{Clock, Recorder};

use crate::workshop::Workshop;

#[test]
fn a_directory_counts_by_its_names() {
    let workshop = Workshop::new();
    workshop.write("data/b.csv", "2");
    let first = workshop.write("data/a.csv", "1");
    let mut paths = Vec::new();
    let recorded = workshop.recorded(|recorder| paths = recorder.read_dir(workshop.path("data")).unwrap());
    assert_eq!(paths, [first.clone(), workshop.path("data/b.csv")]);
    fs::write(&first, "another content").unwrap();
    assert!(workshop.holds(&recorded));
    let fresh = workshop.write("data/c.csv", "3");
    assert_eq!(workshop.change(&recorded), "directory ./data lists other names now");
    fs::remove_file(fresh).unwrap();
    assert!(workshop.holds(&recorded));
    fs::remove_file(&first).unwrap();
    fs::create_dir(&first).unwrap();
    assert_eq!(workshop.change(&recorded), "directory ./data lists other names now");
    fs::remove_dir_all(workshop.path("data")).unwrap();
    assert_eq!(workshop.change(&recorded), "directory ./data is gone");
}

#[test]
fn a_pattern_counts_by_the_files_it_matches_and_their_content() {
    let workshop = Workshop::new();
    let (first, other) = (workshop.write("data/a.csv", "1"), workshop.write("data/a.txt", "1"));
    let mut paths = Vec::new();
    let recorded = workshop.recorded(|recorder| paths = recorder.glob(workshop.path("data/*.csv")).unwrap());
    assert_eq!(paths.as_slice(), std::slice::from_ref(&first));
    fs::write(other, "another text").unwrap();
    assert!(workshop.holds(&recorded));
    let fresh = workshop.write("data/b.csv", "2");
    assert_eq!(workshop.change(&recorded), "files ./data/*.csv match other files now");
    fs::remove_file(fresh).unwrap();
    fs::write(&first, "12").unwrap();
    assert_eq!(workshop.change(&recorded), "file ./data/a.csv changed: 1 → 2 bytes");
    assert!(workshop.recorder().glob(workshop.path("***")).is_err());
}

#[test]
fn a_project_whose_folder_looks_like_a_pattern() {
    let workshop = Workshop::new();
    let project = workshop.path("[old] data?");
    let file = workshop.write("[old] data?/a.csv", "1");
    let recorder = Recorder::new(
        Some(project.clone()),
        std::sync::Arc::new(|_| None),
        std::sync::Arc::clone(&workshop.clock) as std::sync::Arc<dyn Clock>,
    );
    assert_eq!(recorder.glob(project.join("*.csv")).unwrap(), [file]);
    let recorded = recorder.recorded();
    assert!(recorded.iter().all(|one| workshop.check_in(&project, one) == Checked::Holds));
    workshop.write("[old] data?/b.csv", "2");
    assert!(recorded.iter().any(|one| workshop.check_in(&project, one) != Checked::Holds));
}

#[test]
fn an_absence_holds_until_it_is_over() {
    let workshop = Workshop::new();
    workshop.write("a file", "1");
    symlink(workshop.path("nowhere"), workshop.path("link")).unwrap();
    for name in ["missing", "link", "a file/below it"] {
        let path = workshop.path(name);
        let recorded = workshop.recorded(|recorder| {
            assert!(!recorder.exists(&path));
            recorder.read(&path).unwrap_err();
            recorder.read_dir(&path).unwrap_err();
        });
        assert_eq!(recorded.len(), 1, "{recorded:?}");
        assert!(workshop.holds(&recorded), "{name}");
    }
    let recorded = workshop.recorded(|recorder| recorder.exists(workshop.path("missing")));
    workshop.write("missing", "");
    assert_eq!(workshop.change(&recorded), "absence of ./missing is over: it exists now");
    let recorded = workshop.recorded(|recorder| recorder.exists(workshop.path("link")));
    workshop.write("nowhere", "");
    assert_eq!(workshop.change(&recorded), "absence of ./link is over: it exists now");
}

#[test]
fn a_folder_exists_by_its_names() {
    let workshop = Workshop::new();
    workshop.write("data/a.csv", "1");
    let recorded = workshop.recorded(|recorder| assert!(recorder.exists(workshop.path("data"))));
    workshop.write("data/b.csv", "2");
    assert_eq!(workshop.change(&recorded), "directory ./data lists other names now");
}
