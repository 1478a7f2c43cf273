//! Stores with few and with many entries: opening and the first get, listing, collecting.
//!
//! Promises: a store is filled once and used again; each collection works on its own copy. Refuses: warm handles;
//! what opens is closed again in the same iteration.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use heirloom::{Factory, Store, VersionVector};
use heirloom_core::engine::GcFacts;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::subject::{Effort, Goal, Subject, Work};

/// Entries of the large store.
const MANY: u64 = 100_000;
/// Entries of the small one.
const FEW: u64 = 100;

type Folder = Rc<TempDir>;

/// All works on few and on many entries.
pub fn works() -> Vec<Work> {
    let (few, many) = (Rc::new(filled(FEW)), Rc::new(filled(MANY)));
    vec![
        opening(&few, FEW, Goal::Time(Duration::from_millis(1))),
        opening(&many, MANY, Goal::Time(Duration::from_millis(1))),
        listing(&many),
        planning(&many),
        collecting(&many),
    ]
}

/// A folder with a store, a bare SQLite table and a cacache of so many entries of 1 kB.
///
/// Half the entries of the store were built under the version `dev: 1`, half under `dev: 2`.
fn filled(entries: u64) -> TempDir {
    let folder = tempfile::Builder::new().prefix("heirloom-bench-").tempdir().expect("a folder can be made");
    let store = Store::open(folder.path().join("store")).expect("a store opens in an empty folder");
    for version in 1..=2 {
        let factory = kilobytes(&store, version);
        for key in (0..entries).filter(|key| key % 2 + 1 == version) {
            factory.get(&key).expect("a trivial builder succeeds");
        }
    }
    fill_table(&folder.path().join("rows.sqlite"), entries);
    for key in 0..entries {
        let content = kilobyte(key);
        cacache::write_sync(folder.path().join("cacache"), key.to_string(), content).expect("it is written");
    }
    folder
}

fn kilobyte(key: u64) -> Vec<u8> {
    key.to_le_bytes().repeat(125)
}

fn kilobytes(store: &Store, version: u64) -> Factory<u64, Vec<u8>> {
    let factory = store.factory("many").counter("dev", version).codec(heirloom::Raw::<Vec<u8>>::new());
    factory.build(|key: &u64| Ok::<_, std::convert::Infallible>(kilobyte(*key)))
}

/// A table with the columns of our registry that weigh something, and the same indexes.
fn fill_table(path: &Path, entries: u64) {
    let mut table = Connection::open(path).expect("a database can be made");
    let schema = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
         CREATE TABLE entries (entry BLOB PRIMARY KEY, key BLOB NOT NULL, content BLOB NOT NULL,
             version INTEGER NOT NULL, bytes INTEGER NOT NULL, shown TEXT NOT NULL, record TEXT NOT NULL,
             payload BLOB NOT NULL) WITHOUT ROWID;
         CREATE INDEX by_key ON entries (key);
         CREATE INDEX by_content ON entries (content);";
    table.execute_batch(schema).expect("the table can be made");
    let record = "x".repeat(600);
    let adding = table.transaction().expect("a transaction begins");
    for key in 0..entries {
        let digest = |what: u64| *heirloom::Digest::of(&(key * 3 + what).to_le_bytes()).as_bytes();
        adding
            .prepare_cached("INSERT INTO entries VALUES (?1, ?2, ?3, ?4, 1000, ?5, ?6, ?7)")
            .and_then(|mut insert| {
                let (version, shown) = (key.cast_signed() % 2 + 1, format!("many({key})"));
                insert.execute((digest(0), digest(1), digest(2), version, shown, &record, kilobyte(key)))
            })
            .expect("the row is written");
    }
    adding.commit().expect("the rows are committed");
}

fn opening(folder: &Folder, entries: u64, goal: Goal) -> Work {
    let (ours, rows, files) = (Rc::clone(folder), Rc::clone(folder), Rc::clone(folder));
    let subjects = vec![
        Subject::each("heirloom", || (), move |()| {
            let store = Store::open(ours.path().join("store")).expect("the store opens");
            let (many, key) = (kilobytes(&store, 2), entries / 2 | 1);
            assert_eq!(many.get(&key).expect("it is kept").len(), 1000);
            assert_eq!(many.stats().builds, 0);
        }),
        Subject::each("SQLite", || (), move |()| {
            let table = Connection::open(rows.path().join("rows.sqlite")).expect("the table opens");
            let digest = *heirloom::Digest::of(&(entries / 2 * 3 + 1).to_le_bytes()).as_bytes();
            let find = "SELECT payload FROM entries WHERE key = ?1";
            let payload: Vec<u8> = table.query_row(find, [digest], |row| row.get(0)).expect("the row is there");
            assert_eq!(payload.len(), 1000);
        }),
        Subject::each("cacache", || (), move |()| {
            let content = cacache::read_sync(files.path().join("cacache"), (entries / 2).to_string());
            assert_eq!(content.expect("it was written").len(), 1000);
        }),
    ];
    let name = format!("open + first get, {entries} entries");
    Work { name, subjects, against: "SQLite", goal, effort: Effort::Small }
}

fn listing(folder: &Folder) -> Work {
    let store = Store::open(folder.path().join("store")).expect("the store opens");
    let (alive, rows) = (Rc::clone(folder), Rc::clone(folder));
    let subjects = vec![
        Subject::each("heirloom", || (), move |()| {
            let _alive = &alive;
            let entries = store.engine().entries(None).expect("the store answers");
            assert_eq!(entries.len() as u64, MANY);
            entries
        }),
        Subject::each("SQLite", || (), move |()| list_table(&rows.path().join("rows.sqlite"))),
    ];
    let goal = Goal::Time(Duration::from_millis(600));
    let name = "list 100000 entries".to_owned();
    Work { name, subjects, against: "SQLite", goal, effort: Effort::Large }
}

fn list_table(path: &Path) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>, String, String)> {
    let table = Connection::open(path).expect("the table opens");
    let all = "SELECT entry, key, content, shown, record FROM entries";
    let mut statement = table.prepare(all).expect("it is SQL");
    let listed = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .expect("the table answers");
    assert_eq!(listed.len() as u64, MANY);
    listed
}

fn facts() -> GcFacts {
    let mut newest = VersionVector::default();
    newest.set("dev", 2);
    GcFacts { versions: BTreeMap::from([("many".to_owned(), newest)]), ..GcFacts::default() }
}

fn planning(folder: &Folder) -> Work {
    let store = Store::open(folder.path().join("store")).expect("the store opens");
    let (alive, rows) = (Rc::clone(folder), Rc::clone(folder));
    let subjects = vec![
        Subject::each("heirloom", || (), move |()| {
            let _alive = &alive;
            let (plan, _) = store.engine().plan_collection(&facts()).expect("the store answers");
            assert_eq!(plan.remove.len() as u64, MANY / 2);
        }),
        Subject::each("SQLite list", || (), move |()| list_table(&rows.path().join("rows.sqlite"))),
    ];
    let name = "gc: plan over 100000 entries".to_owned();
    Work { name, subjects, against: "SQLite list", goal: Goal::None, effort: Effort::Large }
}

fn collecting(folder: &Folder) -> Work {
    let (ours, rows) = (Rc::clone(folder), Rc::clone(folder));
    let subjects = vec![
        Subject::each(
            "heirloom",
            move || copy(&ours.path().join("store")),
            |copied| {
                let store = Store::open(copied.path()).expect("the store opens");
                let (plan, orphans) = store.engine().plan_collection(&facts()).expect("the store answers");
                let collected = store.engine().collect(&plan, &orphans, &mut |_, _| ());
                assert_eq!(collected.expect("the store answers").entries as u64, MANY / 2);
                copied
            },
        ),
        Subject::each(
            "SQLite",
            move || {
                let copied = TempDir::new().expect("a folder can be made");
                let (from, to) = (rows.path().join("rows.sqlite"), copied.path().join("rows.sqlite"));
                fs::copy(from, to).expect("the table can be copied");
                copied
            },
            |copied| {
                collect_table(&copied.path().join("rows.sqlite"));
                copied
            },
        ),
    ];
    let goal = Goal::Time(Duration::from_secs(2));
    let name = "gc: plan and collect 50000 of 100000 entries".to_owned();
    Work { name, subjects, against: "SQLite", goal, effort: Effort::Large }
}

/// Lists, decides, and deletes one by one, a thousand a transaction.
fn collect_table(path: &Path) {
    let mut table = Connection::open(path).expect("the table opens");
    let mut statement = table.prepare("SELECT entry, version, record FROM entries").expect("it is SQL");
    let listed: Vec<(Vec<u8>, i64, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .expect("the table answers");
    drop(statement);
    let old: Vec<_> = listed.into_iter().filter(|row| row.1 == 1).collect();
    for batch in old.chunks(1000) {
        let deleting = table.transaction().expect("a transaction begins");
        for (entry, _, _) in batch {
            let delete = deleting.prepare_cached("DELETE FROM entries WHERE entry = ?1");
            delete.and_then(|mut delete| delete.execute([entry])).expect("the row goes");
        }
        deleting.commit().expect("the rows are gone");
    }
}

/// A copy of a store, with whatever folders it has.
fn copy(store: &Path) -> TempDir {
    let copied = TempDir::new().expect("a folder can be made");
    copy_into(store, copied.path());
    copied
}

fn copy_into(from: &Path, to: &Path) {
    for child in fs::read_dir(from).expect("the folder is there").flatten() {
        let (source, target) = (child.path(), to.join(child.file_name()));
        if source.is_dir() {
            fs::create_dir_all(&target).expect("a folder can be made");
            copy_into(&source, &target);
        } else {
            fs::copy(&source, &target).expect("the file can be copied");
        }
    }
}
