//! Properties, the working directory, states of the process; and what a build made itself, which is no input of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use heirloom_core::identity::{Dependency, Property, StoredPath};
use heirloom_core::inputs::Checked;

use crate::workshop::{Workshop, set_time};

fn property_of(workshop: &Workshop, name: &str, property: Property) -> Vec<Dependency> {
    workshop.recorded(|recorder| recorder.property(workshop.path(name), property).unwrap())
}

#[test]
fn a_size_counts_without_the_content_and_a_content_tells_the_size() {
    let workshop = Workshop::new();
    let path = workshop.write("a.csv", "123");
    let recorded = property_of(&workshop, "a.csv", Property::Size);
    fs::write(&path, "456").unwrap();
    assert!(workshop.holds(&recorded));
    fs::write(&path, "123456").unwrap();
    assert_eq!(workshop.change(&recorded), "size of ./a.csv changed: 3 → 6");
    fs::remove_file(&path).unwrap();
    assert_eq!(workshop.change(&recorded), "size of ./a.csv cannot be told: it is gone");
    workshop.write("a.csv", "123");
    let both = workshop.recorded(|recorder| {
        recorder.property(&path, Property::Size).unwrap();
        recorder.file(&path).unwrap();
    });
    assert!(matches!(both[..], [Dependency::File { .. }]), "{both:?}");
}

#[test]
fn a_time_of_change_counts_only_where_it_was_asked_for() {
    let workshop = Workshop::new();
    let path = workshop.write("a.csv", "123");
    let (asked, read) = (
        property_of(&workshop, "a.csv", Property::Modified),
        workshop.recorded(|recorder| recorder.file(&path).unwrap()),
    );
    assert!(workshop.holds(&asked));
    set_time(&path, UNIX_EPOCH + Duration::from_secs(5000));
    assert!(matches!(workshop.check(&asked[0]), Checked::Changed(_)));
    assert!(matches!(workshop.check(&read[0]), Checked::Touched(_)));
}

#[test]
fn a_link_counts_by_where_it_leads_when_that_was_asked() {
    let workshop = Workshop::new();
    workshop.write("v1.csv", "same");
    workshop.write("v2.csv", "same");
    let link = workshop.path("current");
    symlink("v1.csv", &link).unwrap();
    let asked = property_of(&workshop, "current", Property::Link);
    let read = workshop.recorded(|recorder| recorder.file(&link).unwrap());
    fs::remove_file(&link).unwrap();
    symlink("v2.csv", &link).unwrap();
    assert_eq!(workshop.change(&asked), "link target of ./current changed: v1.csv → v2.csv");
    assert!(!matches!(workshop.check(&read[0]), Checked::Changed(_)), "the content is the same");
}

#[test]
fn kinds_and_permissions_are_told_in_words() {
    let workshop = Workshop::new();
    let path = workshop.write("folder/a.csv", "1");
    assert_eq!(workshop.recorder().property(&path, Property::Kind).unwrap(), "file");
    assert_eq!(workshop.recorder().property(workshop.path("folder"), Property::Kind).unwrap(), "directory");
    assert_eq!(workshop.recorder().property(&path, Property::Link).unwrap(), "no link");
    assert_eq!(workshop.recorder().property("/dev/null", Property::Kind).unwrap(), "other");
    let mode = workshop.recorder().property(&path, Property::Mode).unwrap();
    assert_eq!(u32::from_str_radix(&mode, 8).unwrap() & 0o400, 0o400);
    let absent = workshop.recorded(|recorder| recorder.property(workshop.path("none"), Property::Kind));
    assert!(matches!(absent[..], [Dependency::Absent { .. }]), "{absent:?}");
}

#[test]
fn the_working_directory_counts_relative_to_the_project() {
    let workshop = Workshop::new();
    let recorded = workshop.recorded(|recorder| recorder.working_directory().unwrap());
    assert!(workshop.holds(&recorded));
    let elsewhere = [Dependency::WorkingDirectory { path: StoredPath::new(Path::new("/elsewhere"), None) }];
    assert!(workshop.change(&elsewhere).starts_with("the working directory changed: /elsewhere → "));
}

#[test]
fn a_relative_path_is_one_in_the_working_directory() {
    let workshop = Workshop::new();
    // A test runs in its crate's folder.
    let recorded = workshop.recorded(|recorder| recorder.file("./Cargo.toml").unwrap());
    assert_eq!(recorded[0].to_string(), "file Cargo.toml");
    assert!(workshop.holds(&recorded));
}

#[test]
fn a_relative_path_of_a_build_that_began_anywhere_holds_in_this_working_directory() {
    let workshop = Workshop::new();
    let recorded = workshop.recorded(|recorder| {
        recorder.begin_anywhere();
        recorder.file("./Cargo.toml").unwrap();
    });
    let here = std::path::absolute(".").unwrap();
    let shown: Vec<_> = recorded.iter().map(ToString::to_string).collect();
    let file = format!("file {}", here.join("Cargo.toml").display());
    assert_eq!(shown, [file, "the working directory".to_owned()]);
    assert!(workshop.holds(&recorded));
}

#[test]
fn a_path_that_was_told_absolutely_is_stored_so() {
    let workshop = Workshop::new();
    workshop.write("data/a.csv", "1");
    workshop.write("b.csv", "1");
    let recorded = workshop.recorded(|recorder| {
        recorder.fixed(workshop.path("data"));
        recorder.file(workshop.path("data/a.csv")).unwrap();
        recorder.file(workshop.path("b.csv")).unwrap();
    });
    let shown: Vec<_> = recorded.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["file ./b.csv".to_owned(), format!("file {}", workshop.path("data/a.csv").display())]);
}

#[test]
fn a_state_of_the_process_is_asked_of_the_face() {
    let mut workshop = Workshop::new();
    let argv = Arc::new(Mutex::new("prog".to_owned()));
    let asked = Arc::clone(&argv);
    workshop.ambient =
        Arc::new(move |what| (what == "sys.argv").then(|| asked.lock().unwrap().clone().into_bytes()));
    let recorded = workshop.recorded(|recorder| recorder.ambient("sys.argv", b"prog"));
    assert!(workshop.holds(&recorded));
    "prog --fast".clone_into(&mut argv.lock().unwrap());
    assert_eq!(workshop.change(&recorded), "sys.argv is another now");
    let unknown = workshop.recorded(|recorder| recorder.ambient("the tide", b"high"));
    assert_eq!(workshop.change(&unknown), "the tide cannot be told here");
}

#[test]
fn what_the_build_made_holds_as_it_was_and_as_it_was_left() {
    let workshop = Workshop::new();
    let path = workshop.path("made.csv");
    let recorded = workshop.recorded(|recorder| {
        assert!(!recorder.exists(&path));
        recorder.wrote(&path);
        fs::write(&path, "made").unwrap();
    });
    assert!(workshop.holds(&recorded));
    fs::write(&path, "by hand").unwrap();
    assert_eq!(
        workshop.change(&recorded),
        "file ./made.csv, which the build itself made, changed: 4 → 7 bytes"
    );
    fs::remove_file(&path).unwrap();
    assert!(workshop.holds(&recorded));
    fs::create_dir(&path).unwrap();
    assert_eq!(
        workshop.change(&recorded),
        "file ./made.csv, which the build itself made, is a directory now"
    );
}

#[test]
fn a_listing_counts_without_what_the_build_put_there() {
    let workshop = Workshop::new();
    workshop.write("in/a.csv", "1");
    let recorded = workshop.recorded(|recorder| {
        recorder.read_dir(workshop.path("in")).unwrap();
        recorder.pattern(workshop.path("in/*.csv")).unwrap();
        recorder.wrote(workshop.path("in/out.csv"));
        workshop.write("in/out.csv", "2");
    });
    assert!(workshop.holds(&recorded));
    fs::remove_file(workshop.path("in/out.csv")).unwrap();
    assert!(workshop.holds(&recorded));
    workshop.write("in/other.csv", "3");
    let changed = |one: &Dependency| matches!(workshop.check(one), Checked::Changed(_));
    assert_eq!(recorded.iter().filter(|one| changed(one)).count(), 2);
}

#[test]
fn absent_and_empty_are_the_same_where_a_database_comes_and_goes() {
    let workshop = Workshop::new();
    let recorded = workshop.recorded(|recorder| recorder.absent_or_empty(workshop.path("a.db-wal")));
    assert!(workshop.holds(&recorded));
    workshop.write("a.db-wal", "");
    assert!(!matches!(workshop.check(&recorded[0]), Checked::Changed(_)));
    workshop.write("a.db-wal", "frames");
    assert!(matches!(workshop.check(&recorded[0]), Checked::Changed(_)));
}

#[test]
fn a_parent_takes_in_what_its_child_recorded() {
    let workshop = Workshop::new();
    let (path, journal) = (workshop.write("a.csv", "1"), workshop.write("journal", ""));
    let parent = workshop.recorder();
    let file = fs::File::options().append(true).open(&journal).unwrap();
    let child = parent.for_child(file);
    child.file(&path).unwrap();
    child.wrote(workshop.path("out.csv"));
    parent.take_in(&journal).unwrap();
    assert_eq!(parent.recorded(), child.recorded());
    assert!(parent.is_own(workshop.path("out.csv")));
    fs::write(&journal, "{\"noted\":{\"ki").unwrap();
    parent.take_in(&journal).unwrap();
    assert!(parent.recorded().iter().any(|one| matches!(one, Dependency::Unchecked { .. })));
}

#[test]
fn a_large_file_is_remembered_until_it_changes() {
    let workshop = Workshop::new();
    let path = workshop.write("large", &"a".repeat(100_000));
    let recorder = workshop.recorder();
    let state = |recorder: &heirloom_core::Recorder| {
        recorder.file(&path).unwrap();
        recorder.recorded()
    };
    let first = state(&recorder);
    assert_eq!(state(&recorder.afresh()), first);
    crate::workshop::rewrite_in_secret(&path, &"b".repeat(100_000));
    assert_ne!(state(&recorder.afresh())[0].essence(), first[0].essence());
}
