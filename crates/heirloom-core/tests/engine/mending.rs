//! `verify`: every problem made on purpose, found, and mended without losing what is whole.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use heirloom_core::Digest;
use heirloom_core::disk::Problem;

use crate::house::{House, Maker, hit};

/// A store with two large objects, `a` and `b`.
fn filled() -> (House, Maker) {
    let house = House::new();
    let tables =
        Maker::new(&house.open(), house.recipe("tables"), |_, key| Ok(key.repeat(50_000).into_bytes()));
    tables.get("a");
    tables.get("b");
    tables.forget_memory();
    (house, tables)
}

fn inspect(tables: &Maker) -> Vec<Problem> {
    tables.engine.inspect(&mut |_, _| ()).unwrap().problems
}

/// Finds these problems, mends all of them, and finds none afterwards.
fn mends(tables: &Maker, is_expected: impl Fn(&[Problem]) -> bool) {
    let found = tables.engine.inspect(&mut |_, _| ()).unwrap();
    assert!(is_expected(&found.problems), "{:?}", found.problems);
    let again = tables.engine.inspect(&mut |_, _| ()).unwrap();
    assert_eq!(again.problems, found.problems, "looking changes nothing");
    assert_eq!(tables.engine.mend(&found).unwrap(), found.problems.len());
    assert_eq!(inspect(tables), []);
    assert_eq!(tables.engine.mend(&found).unwrap(), found.problems.len(), "mending twice does no harm");
    assert_eq!(inspect(tables), []);
}

fn overwrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

fn registry(house: &House) -> rusqlite::Connection {
    rusqlite::Connection::open(house.store().join("v1/registry.sqlite")).unwrap()
}

fn shown(tables: &Maker) -> Vec<String> {
    tables.entries().into_iter().map(|row| row.shown).collect()
}

#[test]
fn a_whole_store_has_no_problems() {
    let (_house, tables) = filled();
    let mut told = Vec::new();
    let found = tables.engine.inspect(&mut |done, all| told.push((done, all))).unwrap();
    assert_eq!((found.entries, found.blobs, found.problems.len()), (2, 2, 0));
    assert_eq!(told.last(), Some(&(found.bytes, found.bytes)));
}

#[test]
fn a_corrupt_blob() {
    let (house, tables) = filled();
    overwrite(&house.files("blobs")[0], b"other bytes");
    mends(&tables, |found| matches!(found, [Problem::CorruptBlob { .. }]));
    assert_eq!(tables.entries().len(), 1);
    assert_eq!(house.files("quarantine").len(), 1);
}

#[test]
fn a_missing_blob() {
    let (house, tables) = filled();
    fs::remove_file(&house.files("blobs")[0]).unwrap();
    mends(&tables, |found| matches!(found, [Problem::MissingBlob { .. }]));
    assert_eq!((tables.entries().len(), house.files("records").len()), (1, 1));
}

#[test]
fn a_corrupt_record_is_written_again() {
    let (house, tables) = filled();
    let record = house.files("records").remove(0);
    let before = fs::read(&record).unwrap();
    for damage in [&b""[..], b"garbage", &before[..before.len() - 1], &before.to_ascii_uppercase()] {
        overwrite(&record, damage);
        mends(&tables, |found| matches!(found, [Problem::CorruptRecord { .. }]));
        assert_eq!(fs::read(&record).unwrap(), before);
    }
}

#[test]
fn a_row_that_was_lost_is_made_from_its_record() {
    let (house, tables) = filled();
    let before = serde_json::to_value(tables.entries()).unwrap();
    registry(&house).execute_batch("DELETE FROM entries; DELETE FROM blobs;").unwrap();
    let both = |found: &[Problem]| {
        found.len() == 2 && found.iter().all(|problem| matches!(problem, Problem::NotInRegistry { .. }))
    };
    mends(&tables, both);
    let mut rows = tables.entries();
    rows.sort_by(|left, right| left.shown.cmp(&right.shown));
    assert_eq!(serde_json::to_value(rows).unwrap(), before);
    hit!(tables.get("a"); Disk);
}

#[test]
fn the_collector_never_takes_a_row_that_was_lost_for_an_orphan() {
    let (house, tables) = filled();
    registry(&house).execute_batch("DELETE FROM entries").unwrap();
    let stray = house.files("blobs")[0].with_file_name(format!("{}.blob", "cd".repeat(32)));
    fs::write(&stray, "an orphan").unwrap();
    let (plan, orphans) = tables.engine.plan_collection(&heirloom_core::engine::GcFacts::default()).unwrap();
    assert_eq!(orphans.iter().map(|orphan| &orphan.path).collect::<Vec<_>>(), [&stray]);
    tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!(shown(&tables).len(), 2, "they are known again");
    registry(&house).execute_batch("DELETE FROM entries").unwrap();
    let (plan, orphans) = tables.engine.plan_collection(&heirloom_core::engine::GcFacts::default()).unwrap();
    assert!(orphans.is_empty());
    tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!(shown(&tables).len(), 2, "also when there is nothing else to sweep");
}

#[test]
fn an_orphan_blob() {
    let (house, tables) = filled();
    let bytes = b"nobody's";
    let name = Digest::of(bytes).to_string();
    let folder = house.store().join("v1/blobs").join(&name[..2]);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.blob")), bytes).unwrap();
    mends(&tables, |found| matches!(found, [Problem::OrphanBlob { bytes: 8, .. }]));
    assert_eq!(house.files("blobs").len(), 2);
}

#[test]
fn an_orphan_record() {
    let (house, tables) = filled();
    let lost = tables.entries().remove(0);
    registry(&house).execute("DELETE FROM entries WHERE entry = ?1", [lost.entry.as_bytes()]).unwrap();
    let name = lost.content.to_string();
    fs::remove_file(house.store().join(format!("v1/blobs/{}/{name}.blob", &name[..2]))).unwrap();
    mends(&tables, |found| matches!(found, [Problem::OrphanRecord { .. }]));
    assert_eq!(house.files("records").len(), 1);
}

#[test]
fn what_a_killed_writer_left() {
    let (house, tables) = filled();
    fs::write(house.store().join("v1/staging/.tmpabc"), "half").unwrap();
    mends(&tables, |found| matches!(found, [Problem::LeftOver { .. }]));
    assert_eq!(house.files("staging"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_is_forgotten_is_not_brought_back() {
    let house = House::new();
    let tables = Maker::new(&house.open(), house.recipe("tables"), |_, _| Ok(vec![7; 50_000]));
    tables.get("a");
    tables.get("b");
    tables.engine.forget(&tables.request("a")).unwrap();
    assert_eq!(
        (house.files("blobs").len(), house.files("records").len()),
        (1, 1),
        "the blob is `b`'s as well"
    );
    drop(tables);
    fs::remove_file(house.store().join("v1/registry.sqlite")).unwrap();
    let again = house.tables();
    assert_eq!(shown(&again), ["\"b\""]);
}
