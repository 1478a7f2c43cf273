//! A store that version 1 has written is read for ever: `tests/fixtures/store-v1`, served from a copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use heirloom_core::disk::Problem;
use heirloom_core::engine::{Engine, EngineOptions};
use heirloom_core::identity::{Code, Part, Traits};
use heirloom_core::settings::CodeLevel;
use heirloom_core::{Clock, Digest, Timestamp};

use crate::house::{House, Maker, hit};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The maker that the fixture was written with: everything a record can hold is in use.
fn tables(house: &House) -> Maker {
    tables_in(&house.open(), house)
}

fn tables_in(engine: &Arc<Engine>, house: &House) -> Maker {
    let mut recipe = house.recipe("tables");
    let place = Some("src/etl.rs:12".to_owned());
    let part = Part { digest: Digest::of(b"fn normalize"), place };
    recipe.fingerprint.code = Code { level: CodeLevel::Function, parts: [("normalize".into(), part)].into() };
    recipe.fingerprint.versions = [("ann", 3), ("bob", 1)].into_iter().collect();
    recipe.lifetime.ttl = Some(Duration::from_hours(24 * 365 * 10));
    recipe.traits = Some(Box::new(|_| Traits::new().with("columns", ["carrier", "price"])));
    Maker::new(engine, recipe, |recorder, key| {
        recorder.variable("TZ");
        recorder.unchecked("network", "https://example.org/rates");
        if key == "slow" {
            std::thread::sleep(Duration::from_millis(11));
        }
        Ok(key.repeat(if key == "large" { 4000 } else { 10 }).into_bytes())
    })
}

/// Run by hand, once for each version of the format: `HEIRLOOM_WRITE_FIXTURE=1 cargo test … write_the_fixture`.
#[test]
#[ignore = "writes into the source tree"]
fn write_the_fixture() {
    let house = House::new();
    house.clock.set(Timestamp::from_nanos(1_795_248_900_000_000_000));
    let writer = tables(&house);
    for key in ["small", "slow", "large"] {
        writer.get(key);
    }
    writer.engine.clear(None).unwrap();
    for key in ["small", "slow", "large"] {
        writer.get(key);
    }
    drop(writer);
    for folder in ["locks", "staging"] {
        fs::remove_dir_all(house.store().join("v1").join(folder)).unwrap();
    }
    // The store's own mark would hide the fixture from git.
    fs::remove_file(house.store().join(".gitignore")).unwrap();
    assert!(!fixture().exists(), "a fixture is written once and kept for ever");
    copy(&house.store(), &fixture());
}

/// The fixture as the store of a house whose clock shows a day later.
fn house() -> House {
    let house = a_day_later();
    copy_to(&house.store());
    house
}

fn a_day_later() -> House {
    let house = House::new();
    house.clock.set(Timestamp::from_nanos(1_795_248_900_000_000_000));
    house.clock.advance(Duration::from_hours(24));
    house
}

/// Makes a store of version 1 that has `small`, `slow` and `large`.
pub(crate) fn copy_to(store: &Path) {
    copy(&fixture(), store);
}

/// Opens such a store, which brings it up to date.
pub(crate) fn open_at(store: &Path) -> Maker {
    let house = a_day_later();
    let options = EngineOptions { folder: Some(store.to_owned()), ..house.options() };
    tables_in(&Engine::open(options).unwrap(), &house)
}

#[test]
fn a_store_of_version_1_is_served() {
    let house = house();
    let tables = tables(&house);
    assert_eq!(hit!(tables.get("small"); Disk).text(), "small".repeat(10));
    assert_eq!(hit!(tables.get("slow"); Disk).text(), "slow".repeat(10));
    assert_eq!(hit!(tables.expecting("large", &["price"]).unwrap(); Disk).text(), "large".repeat(4000));
    let inline: Vec<bool> = tables.entries().iter().map(|row| row.inline).collect();
    assert_eq!(inline, [true, true, false], "both kinds of entry are there");
    let told = tables.explain("small");
    let record = told.record.as_ref().unwrap();
    assert_eq!(record.fingerprint.versions.to_string(), "{ann: 3, bob: 1}");
    assert_eq!(record.created, Timestamp::from_nanos(1_795_248_900_000_000_000));
    assert_eq!(told.unchecked().count(), 1);
    assert_eq!(
        told.last.unwrap().trail.why().unwrap().to_string(),
        "removed at 2026-11-21T08:15:00Z by clear"
    );
    assert!(house.clock.now() > record.created && house.faults().is_empty());
}

#[test]
fn a_store_of_version_1_is_whole() {
    let house = house();
    let found = house.open().inspect(&mut |_, _| ()).unwrap();
    assert_eq!((found.entries, found.blobs), (3, 2));
    assert_eq!(found.problems, [] as [Problem; 0]);
}

#[test]
fn the_records_of_version_1_make_a_registry() {
    let house = house();
    fs::remove_file(house.store().join("v1/registry.sqlite")).unwrap();
    let tables = tables(&house);
    hit!(tables.get("slow"); Disk);
    hit!(tables.get("large"); Disk);
    assert!(tables.get("small").built, "it was too cheap for a record");
}
