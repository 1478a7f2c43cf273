//! The registry is an index: damaged, cut, deleted or replaced, it is made anew from the records, and nobody notices
//! more than one notice.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use heirloom_core::engine::{Engine, GcFacts};
use heirloom_core::trail::Reason;
use heirloom_core::{ErrorKind, Recorder, Result};

use crate::house::{House, Maker, hit, miss};

fn registry(house: &House) -> PathBuf {
    house.store().join("v1/registry.sqlite")
}

/// Large objects, and one that is small and was slow to build: each has a record.
#[expect(clippy::unnecessary_wraps, reason = "a builder may fail")]
fn build(_: &Recorder, key: &str) -> Result<Vec<u8>> {
    if key == "slow" {
        std::thread::sleep(Duration::from_millis(11));
        return Ok(key.into());
    }
    Ok(key.repeat(50_000).into_bytes())
}

const KEYS: [&str; 3] = ["a", "b", "slow"];

fn tables(house: &House, engine: &Arc<Engine>) -> Maker {
    Maker::new(engine, house.recipe("tables"), build)
}

/// Fills a store and closes it, breaks something, and expects every object to be served without building.
fn recovers(break_it: impl Fn(&House)) {
    let house = House::new();
    let first = tables(&house, &house.open());
    for key in KEYS {
        first.get(key);
    }
    let before = serde_json::to_value(first.entries()).unwrap();
    drop(first);
    break_it(&house);
    let again = tables(&house, &house.open());
    let mut after = again.entries();
    after.sort_by_key(|row| KEYS.iter().position(|key| row.shown == format!("\"{key}\"")));
    assert_eq!(serde_json::to_value(after).unwrap(), before, "the rows are what they were");
    for key in KEYS {
        hit!(again.get(key); Disk);
    }
    assert!(house.faults().is_empty());
}

#[test]
fn garbage_at_open() {
    recovers(|house| fs::write(registry(house), "this is no registry".repeat(1000)).unwrap());
}

#[test]
fn truncated_at_open() {
    recovers(|house| {
        let file = fs::File::options().write(true).open(registry(house)).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    });
    recovers(|house| fs::write(registry(house), "").unwrap());
}

#[test]
fn deleted_at_open() {
    recovers(|house| fs::remove_file(registry(house)).unwrap());
}

#[test]
fn pins_come_back_with_the_entries_that_still_have_them() {
    let house = House::new();
    let first = tables(&house, &house.open());
    for key in KEYS {
        first.get(key);
        first.engine.pin_object(&first.request(key), true).unwrap();
    }
    first.engine.pin_object(&first.request("b"), false).unwrap();
    first.engine.forget(&first.request("slow")).unwrap();
    first.get("slow");
    let mut by_recipe = house.recipe("pinned");
    by_recipe.pinned = true;
    Maker::new(&first.engine, by_recipe, build).get("a");
    let pinned = |maker: &Maker| -> Vec<String> {
        let rows = maker.entries().into_iter().filter(|row| row.pinned);
        let mut names: Vec<_> = rows.map(|row| format!("{}({})", row.factory, row.shown)).collect();
        names.sort();
        names
    };
    let expected = ["pinned(\"a\")", "tables(\"a\")"];
    assert_eq!(pinned(&first), expected);
    assert_eq!(house.files("pins").len(), 2, "one mark a pin");
    drop(first);
    fs::remove_file(registry(&house)).unwrap();
    let again = tables(&house, &house.open());
    assert_eq!(again.entries().len(), 4);
    assert_eq!(pinned(&again), expected);
}

#[test]
fn a_pin_that_stopped_half_way_is_there_after_a_rebuild_and_a_mark_of_nothing_is_swept() {
    let house = House::new();
    let first = tables(&house, &house.open());
    for key in ["a", "b"] {
        first.get(key);
        first.engine.pin_object(&first.request(key), true).unwrap();
    }
    let marks = house.files("pins");
    let connection = rusqlite::Connection::open(registry(&house)).unwrap();
    // As if the process had been killed after the mark and before the row; and after the row, before the mark's end.
    connection.execute("UPDATE entries SET pinned = 0 WHERE shown = '\"a\"'", []).unwrap();
    connection.execute("DELETE FROM entries WHERE shown = '\"b\"'", []).unwrap();
    drop(connection);
    let (_, orphans) = first.engine.plan_collection(&GcFacts::default()).unwrap();
    assert!(orphans.is_empty(), "an entry whose row was lost keeps its mark: {orphans:?}");
    drop(first);
    fs::remove_file(registry(&house)).unwrap();
    let again = tables(&house, &house.open());
    assert!(again.entries().iter().all(|row| row.pinned), "{:?}", again.entries());
    let lost = marks[0].with_file_name(format!("{}.pin", heirloom_core::Digest::of(b"nothing")));
    fs::copy(&marks[0], &lost).unwrap();
    let facts = GcFacts::default();
    let (plan, orphans) = again.engine.plan_collection(&facts).unwrap();
    again.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!(house.files("pins"), marks);
}

#[test]
fn a_damaged_registry_is_put_aside() {
    let house = House::new();
    drop(house.tables());
    fs::write(registry(&house), "this is no registry".repeat(1000)).unwrap();
    house.tables();
    let kept = house.files("quarantine");
    assert_eq!(kept.len(), 1);
    assert!(fs::read_to_string(&kept[0]).unwrap().starts_with("this is no registry"));
}

/// Breaks something under an open store: the caller gets the value, and the next request finds all well again.
fn recovers_while_open(break_it: impl Fn(&House)) {
    let house = House::new();
    let open = tables(&house, &house.open());
    for key in KEYS {
        open.get(key);
    }
    break_it(&house);
    open.forget_memory();
    let got = miss!(open.get("a"); Reason::Unreachable { .. });
    assert_eq!(got.bytes().len(), 50_000);
    assert_eq!(house.faults().len(), 1);
    open.forget_memory();
    for key in KEYS {
        hit!(open.get(key); Disk);
        hit!(tables(&house, &house.open()).get(key); Disk);
    }
    assert_eq!(house.faults().len(), 1, "told once");
}

/// Writes every page of the registry into its own file, so that what is broken there is what is read.
fn settle(house: &House) {
    let connection = rusqlite::Connection::open(registry(house)).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

#[test]
fn garbage_while_open() {
    recovers_while_open(|house| {
        settle(house);
        let length = usize::try_from(fs::metadata(registry(house)).unwrap().len()).unwrap();
        fs::write(registry(house), "garbage!".repeat(length / 8)).unwrap();
        // The pages that were read already are asked for again only when the file has changed.
        let wal = house.store().join("v1/registry.sqlite-wal");
        fs::write(wal, "").ok();
    });
}

#[test]
fn deleted_while_open() {
    recovers_while_open(|house| fs::remove_file(registry(house)).unwrap());
}

#[test]
fn replaced_while_open() {
    recovers_while_open(|house| {
        fs::remove_file(registry(house)).unwrap();
        fs::write(registry(house), "").unwrap();
    });
}

#[test]
fn the_whole_store_deleted_while_open() {
    let house = House::new();
    let open = tables(&house, &house.open());
    open.get("a");
    fs::remove_dir_all(house.store()).unwrap();
    hit!(open.get("a"); Memory);
    open.forget_memory();
    miss!(open.get("a"); Reason::Unreachable { .. });
    open.forget_memory();
    hit!(open.get("a"); Disk);
    miss!(open.get("b"); Reason::NeverBuilt);
    assert_eq!(house.faults().len(), 1);
    hit!(tables(&house, &house.open()).get("b"); Disk);
    assert!(house.store().join("CACHEDIR.TAG").exists());
}

#[test]
fn a_store_that_is_a_file_is_one_sentence() {
    let house = House::new();
    fs::write(house.store(), "").unwrap();
    let refusal = Engine::open(house.options()).unwrap_err();
    let path = house.store().display().to_string();
    assert_eq!(refusal.kind(), ErrorKind::Invalid);
    assert_eq!(refusal.to_string(), format!("{path} is a file, not a folder for a store (store: {path})"));
}

#[test]
fn a_store_of_a_newer_format_is_one_sentence_and_is_not_touched() {
    let house = House::new();
    drop(house.tables());
    let connection = rusqlite::Connection::open(registry(&house)).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(registry(&house)).unwrap();
    let refusal = Engine::open(house.options()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Invalid);
    assert_eq!(
        refusal.to_string(),
        format!(
            "the store's registry has version 99, this heirloom reads up to 2: upgrade heirloom, or choose another \
             folder (store: {})",
            house.store().display()
        )
    );
    assert_eq!(fs::read(registry(&house)).unwrap(), before);
}

#[test]
fn a_refreshed_entry_is_not_brought_back_by_an_older_record() {
    let house = House::new();
    let slow = std::sync::atomic::AtomicU8::new(2);
    let maker = Maker::new(&house.open(), house.recipe("tables"), move |_, _| {
        if slow.load(std::sync::atomic::Ordering::SeqCst) > 0 {
            slow.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(11));
            return Ok("old".into());
        }
        Ok("new".into())
    });
    assert_eq!(maker.get("keeps the old content alive").text(), "old");
    assert_eq!(maker.get("k").text(), "old");
    assert_eq!(maker.with("k", heirloom_core::engine::Mode::Refresh).text(), "new");
    drop(maker);
    fs::remove_file(registry(&house)).unwrap();
    assert_ne!(tables(&house, &house.open()).get("k").text(), "old");
}

#[test]
fn many_processes_may_make_one_store_at_once() {
    let house = House::new();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|at| {
                let house = &house;
                scope.spawn(move || tables(house, &house.open()).get(&format!("k{at}")).built)
            })
            .collect();
        assert!(all.into_iter().all(|one| one.join().unwrap()));
    });
    assert_eq!(house.tables().entries().len(), 16);
    assert!(house.faults().is_empty(), "{:?}", house.faults());
}
