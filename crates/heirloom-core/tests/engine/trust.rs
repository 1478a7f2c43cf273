//! Trust without reading again: what was changed behind our back is found, and the caller gets the value all the same.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use heirloom_core::settings::Verify;
use heirloom_core::trail::Reason;

use crate::house::{House, Maker, hit, miss};

const BIG: usize = 200_000;

fn maker(house: &House, verify: Verify) -> Maker {
    let mut recipe = house.recipe("tables");
    recipe.verify = verify;
    Maker::new(&house.open(), recipe, |_, key| Ok(key.repeat(BIG).into_bytes()))
}

/// Rewrites a file in place until its time of change is another one, as time goes by in the kernel's ticks.
fn rewrite(path: &Path, bytes: &[u8]) {
    let ctime = || fs::metadata(path).map(|metadata| (metadata.ctime(), metadata.ctime_nsec())).unwrap();
    let before = ctime();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    while ctime() == before {
        fs::write(path, bytes).unwrap();
    }
    fs::write(path, bytes).unwrap();
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    rewrite(path, &bytes);
    // Whoever hides a change sets the time of modification back; the time of change cannot be set.
    fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}

#[test]
fn a_flipped_byte_is_found_and_quarantined() {
    let house = House::new();
    maker(&house, Verify::Auto).get("x");
    let blob = house.files("blobs").remove(0);
    flip(&blob);
    let tables = maker(&house, Verify::Auto);
    let got = miss!(tables.get("x"); Reason::Corrupt { .. });
    assert!(got.bytes().iter().all(|byte| *byte == b'x'));
    assert_eq!(house.files("quarantine").len(), 1, "it is kept for a look");
    assert_eq!((house.faults().len(), tables.engine.stats(&tables.factory).faults), (1, 1));
    hit!(maker(&house, Verify::Auto).get("x"); Disk);
}

#[test]
fn a_corrupt_blob_takes_every_entry_of_it_along() {
    let house = House::new();
    let same = |_: &heirloom_core::Recorder, _: &str| Ok(vec![7; BIG]);
    let tables = Maker::new(&house.open(), house.recipe("tables"), same);
    for key in ["a", "b", "c"] {
        tables.get(key);
    }
    flip(&house.files("blobs")[0]);
    tables.forget_memory();
    miss!(tables.get("b"); Reason::Corrupt { .. });
    let left: Vec<String> = tables.entries().into_iter().map(|row| row.shown).collect();
    assert_eq!(left, ["\"b\""], "no row points to a blob that is gone");
    miss!(Maker::new(&house.open(), house.recipe("tables"), same).get("a"); Reason::Removed { .. });
    assert_eq!(house.files("blobs").len(), 1);
}

#[test]
fn a_truncated_blob_is_found_whatever_the_setting() {
    for verify in [Verify::Auto, Verify::Always, Verify::Never] {
        let house = House::new();
        maker(&house, verify).get("x");
        let blob = house.files("blobs").remove(0);
        let bytes = fs::read(&blob).unwrap();
        rewrite(&blob, &bytes[..bytes.len() - 1]);
        let got = miss!(maker(&house, verify).get("x"); Reason::Corrupt { .. });
        assert!(got.why().contains("bytes, 200064 were written"), "{}", got.why());
    }
}

#[test]
fn a_missing_blob_is_a_miss_once() {
    let house = House::new();
    maker(&house, Verify::Auto).get("x");
    fs::remove_file(&house.files("blobs")[0]).unwrap();
    miss!(maker(&house, Verify::Auto).get("x"); Reason::BlobMissing { .. });
    hit!(maker(&house, Verify::Auto).get("x"); Disk);
    assert_eq!(house.faults().len(), 1);
}

#[test]
fn small_entries_need_no_blob_and_are_verified_too() {
    let house = House::new();
    let tables = house.tables();
    tables.get("a");
    rusqlite::Connection::open(house.store().join("v1/registry.sqlite"))
        .unwrap()
        .execute_batch("UPDATE entries SET inline = CAST(substr(inline, 1, 64) || x'7a' AS BLOB)")
        .unwrap();
    tables.forget_memory();
    let got = miss!(tables.get("a"); Reason::Corrupt { .. });
    assert_eq!(got.text(), "a");
    tables.forget_memory();
    hit!(tables.get("a"); Disk);
}

/// Whether a flipped byte that left every stat as it was is found.
fn found_behind_the_stat(verify: Verify, other_boot: bool) -> bool {
    let house = House::new();
    maker(&house, verify).get("x");
    let blob = house.files("blobs").remove(0);
    flip(&blob);
    let metadata = fs::metadata(&blob).unwrap();
    let nanos = metadata.ctime() * 1_000_000_000 + metadata.ctime_nsec();
    let registry = rusqlite::Connection::open(house.store().join("v1/registry.sqlite")).unwrap();
    registry.execute("UPDATE blobs SET ctime_nanos = ?1", [nanos]).unwrap();
    if other_boot {
        registry.execute("UPDATE blobs SET boot = 'another'", []).unwrap();
    }
    maker(&house, verify).get("x").built
}

#[test]
fn verify_says_when_a_digest_is_computed() {
    assert!(!found_behind_the_stat(Verify::Auto, false), "a trusted blob is not read again");
    assert!(found_behind_the_stat(Verify::Auto, true), "after a reboot it is");
    assert!(found_behind_the_stat(Verify::Always, false));
    assert!(!found_behind_the_stat(Verify::Never, true));
}

#[test]
fn a_verified_blob_is_trusted_again() {
    let house = House::new();
    maker(&house, Verify::Auto).get("x");
    let registry = rusqlite::Connection::open(house.store().join("v1/registry.sqlite")).unwrap();
    let boot = || registry.query_row("SELECT boot FROM blobs", [], |row| row.get::<_, String>(0)).unwrap();
    let present = boot();
    registry.execute("UPDATE blobs SET boot = 'another'", []).unwrap();
    hit!(maker(&house, Verify::Auto).get("x"); Disk);
    assert_eq!(boot(), present);
}
