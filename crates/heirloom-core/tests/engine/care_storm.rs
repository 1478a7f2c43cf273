//! A kill at any instant of somebody who looks after a store: collects, repairs, converts, brings a registry up to date.
//!
//! What was kept and acknowledged is served afterwards, every entry of it, and nothing is left that nobody needs. A child does its
//! work over and over until it is killed; the moments are drawn from a seed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use heirloom_core::Digest;
use heirloom_core::disk::Problem;
use heirloom_core::engine::{Engine, GcFacts};

use crate::child::{self, say};
use crate::format_fixture;
use crate::house::{House, Maker, hit};
use crate::migrating;

const KILLS: u64 = 40;
/// Entries that must survive whatever is done to the others.
const KEPT: usize = 30;
/// Stores of version 1 that a child brings up to date, one after the other.
const OLD_STORES: usize = 20;

fn engine(store: &str) -> (House, Arc<Engine>) {
    let house = House::new();
    let mut options = house.options();
    options.folder = Some(PathBuf::from(store));
    (house, Engine::open(options).unwrap())
}

fn value(key: &str) -> Vec<u8> {
    key.repeat(if key.ends_with('7') { 20_000 } else { 500 }).into_bytes()
}

/// Objects of a factory at a version; each takes long enough to be worth a record.
fn maker(house: &House, engine: &Arc<Engine>, name: &str, version: u64) -> Maker {
    let mut recipe = house.recipe(name);
    recipe.fingerprint.versions = [("dev1", version)].into_iter().collect();
    Maker::new(engine, recipe, |_, key| {
        std::thread::sleep(Duration::from_millis(10));
        Ok(value(key))
    })
}

/// The role `caretaker`: does one kind of work on a store until it is killed.
pub(crate) fn care_in_child(words: &[&str]) {
    let [store, work, seed] = words else { panic!("three words") };
    let (house, engine) = if *work == "upgrade" {
        (House::new(), None)
    } else {
        let (house, engine) = engine(store);
        (house, Some(engine))
    };
    say("ready");
    for round in 0_usize.. {
        let round = format!("{seed}-{round}");
        match (*work, &engine) {
            ("collect", Some(engine)) => collect(&house, engine, &round),
            ("repair", Some(engine)) => repair(&house, engine, Path::new(store), &round),
            ("convert", Some(engine)) => convert(&house, engine),
            ("upgrade", _) => upgrade(Path::new(store)),
            other => panic!("no such work: {other:?}"),
        }
    }
}

/// Makes entries that the next version dominates, and collects them.
fn collect(house: &House, engine: &Arc<Engine>, round: &str) {
    let short = maker(house, engine, "short", 1);
    for at in 0..3 {
        short.get(&format!("{round}-{at}7"));
    }
    let facts = GcFacts {
        now: engine.now(),
        versions: [("short".to_owned(), [("dev1", 2)].into_iter().collect())].into(),
        ..GcFacts::default()
    };
    let (plan, orphans) = engine.plan_collection(&facts).unwrap();
    engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
}

/// Damages what is its own, plants what nobody needs, and mends all of it.
fn repair(house: &House, engine: &Arc<Engine>, store: &Path, round: &str) {
    let short = maker(house, engine, "short", 1);
    let key = format!("{round}-7");
    let blob = {
        let hex = short.get(&key).served.content.unwrap().to_string();
        store.join("v1/blobs").join(&hex[..2]).join(format!("{hex}.blob"))
    };
    fs::remove_file(&blob).ok();
    fs::write(&blob, "other bytes").unwrap();
    fs::set_permissions(&blob, fs::Permissions::from_mode(0o444)).unwrap();
    fs::write(store.join("v1/staging").join(&key), "left").unwrap();
    let found = engine.inspect(&mut |_, _| ()).unwrap();
    engine.mend(&found).unwrap();
}

/// Reads what was kept as schema 1 with the program of schema 2, which keeps it again.
fn convert(house: &House, engine: &Arc<Engine>) {
    let new = migrating::maker_in(engine, house, 2, &[1]);
    for at in 0..KEPT {
        hit!(new.get(&format!("m{at}")));
    }
    new.forget_memory();
    // And back to where it was, for the next round.
    let short: Vec<Digest> =
        new.entries().into_iter().filter(|row| row.schema == 2).map(|row| row.entry).collect();
    engine.remove(&short, "the test").unwrap();
}

/// Opens stores of version 1, which brings their registries up to date.
fn upgrade(stores: &Path) {
    for at in 0..OLD_STORES {
        format_fixture::open_at(&stores.join(at.to_string()));
    }
    say("all");
    std::thread::sleep(Duration::from_hours(1));
}

/// Kills children at this work, each at a moment of its own, and calls `after` each time.
fn storm(store: &Path, work: &str, before: &dyn Fn(), after: &dyn Fn(u64)) {
    for at in 0..KILLS {
        before();
        let seed = format!("{work}{at}");
        let mut caretaker = child::start("caretaker", &[&store.display().to_string(), work, &seed]);
        let mut lines = caretaker.lines();
        assert_eq!(lines.next().as_deref(), Some("ready"));
        let random = Digest::of(seed.as_bytes());
        let micros = u64::from(u16::from_le_bytes([random.as_bytes()[0], random.as_bytes()[1]]));
        std::thread::sleep(Duration::from_micros(micros));
        caretaker.kill();
        drop(lines);
        after(at);
    }
}

/// A storm over a store of kept entries: none of them is built again, and one collection takes away what is left over.
fn kept_entries_survive(work: &str) {
    let house = House::new();
    let engine = house.open();
    let kept = maker(&house, &engine, "kept", 1);
    let old = migrating::maker_in(&engine, &house, 1, &[]);
    for at in 0..KEPT {
        kept.get(&format!("k{at}"));
        old.get(&format!("m{at}"));
    }
    let all_there = |at: u64| {
        let engine = house.open();
        let (kept, old) = (maker(&house, &engine, "kept", 1), migrating::maker_in(&engine, &house, 1, &[]));
        for key in (0..KEPT).map(|at| format!("k{at}")) {
            assert!(hit!(kept.get(&key); Disk).bytes() == value(&key), "{key} is torn after kill {at}");
        }
        for key in (0..KEPT).map(|at| format!("m{at}")) {
            assert_eq!(hit!(old.get(&key); Disk).text(), format!("v1:{key}"), "after kill {at}");
        }
    };
    storm(&house.store(), work, &|| (), &all_there);
    let own: Vec<Digest> =
        kept.entries().iter().filter(|row| *row.factory == *"short").map(|row| row.content).collect();
    let torn: Vec<Problem> = engine.inspect(&mut |_, _| ()).unwrap().problems;
    let torn = torn.into_iter().find(|problem| match problem {
        Problem::CorruptBlob { content } | Problem::MissingBlob { content, .. } => !own.contains(content),
        Problem::CorruptRecord { .. } | Problem::Untrusted { .. } => true,
        _ => false,
    });
    assert_eq!(torn, None);
    // Whoever is killed leaves its lease's file; it goes when it is an hour old.
    let long_ago = std::time::UNIX_EPOCH;
    for path in house.files("locks") {
        fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    engine.mend(&engine.inspect(&mut |_, _| ()).unwrap()).unwrap();
    let (plan, orphans) =
        engine.plan_collection(&GcFacts { now: engine.now(), ..GcFacts::default() }).unwrap();
    engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!(engine.inspect(&mut |_, _| ()).unwrap().problems, []);
    assert_eq!(house.files("staging"), [] as [PathBuf; 0]);
    assert_eq!(house.files("locks"), [house.store().join("v1/locks/sweep")]);
}

#[test]
fn kills_of_a_collector() {
    kept_entries_survive("collect");
}

#[test]
fn kills_of_a_repair() {
    kept_entries_survive("repair");
}

#[test]
fn kills_of_a_migration() {
    kept_entries_survive("convert");
}

#[test]
fn kills_while_registries_are_brought_up_to_date() {
    let house = House::new();
    let stores = house.folder.path().join("old");
    let before = || {
        fs::remove_dir_all(&stores).ok();
        for at in 0..OLD_STORES {
            format_fixture::copy_to(&stores.join(at.to_string()));
        }
    };
    let halves = std::cell::Cell::new(0);
    let after = |kill: u64| {
        let version = |at: usize| -> i64 {
            let path = stores.join(at.to_string()).join("v1/registry.sqlite");
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
        };
        let old = (0..OLD_STORES).filter(|at| version(*at) == 1).count();
        halves.set(halves.get() + usize::from(old > 0 && old < OLD_STORES));
        for at in 0..OLD_STORES {
            let tables = format_fixture::open_at(&stores.join(at.to_string()));
            for (key, times) in [("small", 10), ("slow", 10), ("large", 4000)] {
                assert_eq!(
                    hit!(tables.get(key); Disk).text(),
                    key.repeat(times),
                    "store {at} after kill {kill}"
                );
            }
        }
    };
    storm(&stores, "upgrade", &before, &after);
    assert!(halves.get() >= 3, "only {} of {KILLS} kills came in the midst of it", halves.get());
}
