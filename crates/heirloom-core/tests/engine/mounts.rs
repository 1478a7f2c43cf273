//! Stores on file systems that say no: read-only, and full. Needs the right to mount; says so where it is not there.

use std::path::Path;
use std::process::Command;

use heirloom_core::trail::Reason;

use crate::house::{House, Maker, hit, miss};

/// A small file system of its own, for as long as it lives.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    #[expect(clippy::print_stdout, reason = "who reads the test's output must know that it proved nothing")]
    fn new(at: &'a Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = run(&["-t", "tmpfs", "-o", "size=1m", "none"], at);
        if !mounted {
            println!("skipped: this user may not mount a file system");
        }
        mounted.then_some(Self(at))
    }

    fn remount(&self, how: &str) {
        assert!(run(&["-o", &format!("remount,{how}")], self.0));
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0).status().ok();
    }
}

fn run(words: &[&str], at: &Path) -> bool {
    let output = Command::new("mount").args(words).arg(at).output();
    output.is_ok_and(|output| output.status.success())
}

fn big(house: &House) -> Maker {
    Maker::new(&house.open(), house.recipe("tables"), |_, key| Ok(key.repeat(100_000).into_bytes()))
}

#[test]
fn a_read_only_store_is_read_and_what_is_missing_is_built() {
    let house = House::new();
    let store = house.store();
    let Some(mount) = Mount::new(&store) else { return };
    big(&house).get("a");
    house.tables().get("small");
    mount.remount("ro");
    let tables = big(&house);
    hit!(tables.get("a"); Disk);
    hit!(tables.get("small"); Disk);
    let got = tables.get("b");
    assert!(got.built && got.bytes().len() == 100_000);
    let told = got.served.trail.to_string();
    assert!(told.contains("Read-only file system"), "{told}");
    hit!(tables.get("b"); Memory);
    let before = house.faults().len();
    tables.get("c");
    assert_eq!(house.faults().len(), before, "told once");
    mount.remount("rw");
    tables.get("d");
    hit!(big(&house).get("d"); Disk);
}

#[test]
fn a_full_disk_never_reaches_the_caller() {
    let house = House::new();
    let store = house.store();
    let Some(_mount) = Mount::new(&store) else { return };
    let tables = big(&house);
    let mut lost = 0;
    for at in 10..40 {
        let got = tables.get(&at.to_string());
        assert_eq!(got.bytes().len(), 200_000);
        lost += usize::from(matches!(got.served.trail.why(), Some(Reason::KeepFailed { .. })));
    }
    assert!(lost > 20, "{lost} of 30 could not be kept");
    assert_eq!(house.faults().len(), 1, "{:?}", house.faults());
    assert!(house.files("staging").is_empty(), "nothing half written stays");
    let again = big(&house);
    hit!(again.get("10"); Disk);
    again.engine.clear(None).unwrap();
    miss!(again.get("39"); Reason::NeverBuilt | Reason::Removed { .. });
    hit!(big(&house).get("39"); Disk);
}
