//! Listing, planning and collecting over all entries of a large store.
//!
//! Promises: the peer lists the same columns and deletes the same half, a thousand rows a transaction, as we do.
//! Refuses: collecting from the filled store itself; each collection gets a copy.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use heirloom::{Store, VersionVector};
use heirloom_core::engine::GcFacts;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Folder, MANY, subject};
use crate::subject::{Effort, Goal, Subject, Work, each};

pub(super) fn works(folder: &Folder) -> Vec<Work> {
    let open = |folder: &TempDir| Store::open(folder.path().join("store")).expect("the store opens");
    let listing = vec![
        subject("heirloom", folder, move |folder| {
            let entries = open(folder).engine().entries(None).expect("the store answers");
            assert_eq!(entries.len() as u64, MANY);
            entries
        }),
        subject("SQLite", folder, |folder| list_table(&folder.path().join("rows.sqlite"))),
    ];
    let planning = vec![
        subject("heirloom", folder, move |folder| {
            let (plan, _) = open(folder).engine().plan_collection(&facts()).expect("the store answers");
            assert_eq!(plan.remove.len() as u64, MANY / 2);
        }),
        subject("SQLite list", folder, |folder| list_table(&folder.path().join("rows.sqlite"))),
    ];
    let collecting = vec![
        on_copy("heirloom", folder, "store", |copied| {
            let store = Store::open(copied.join("store")).expect("the store opens");
            let (plan, orphans) = store.engine().plan_collection(&facts()).expect("the store answers");
            let collected = store.engine().collect(&plan, &orphans, &mut |_, _| ());
            assert_eq!(collected.expect("the store answers").entries as u64, MANY / 2);
        }),
        on_copy("SQLite", folder, "rows.sqlite", |copied| collect_table(&copied.join("rows.sqlite"))),
    ];
    let work = |name: &str, subjects, against, goal| {
        let (name, effort) = (name.to_owned(), Effort::Large);
        Work { name, subjects, against, goal, effort }
    };
    let collect = "gc: plan and collect 50000 of 100000 entries";
    let millis = |millis| Goal::Time(Duration::from_millis(millis));
    vec![
        work("list 100000 entries", listing, "SQLite", millis(600)),
        work("gc: plan over 100000 entries", planning, "SQLite list", Goal::None),
        Work { effort: Effort::Huge, ..work(collect, collecting, "SQLite", millis(2000)) },
    ]
}

/// What is true now: the version `dev: 2`, which dominates half the entries.
fn facts() -> GcFacts {
    let mut newest = VersionVector::default();
    newest.set("dev", 2);
    GcFacts { versions: BTreeMap::from([("many".to_owned(), newest)]), ..GcFacts::default() }
}

/// What a listing shows of one row.
type Listed = (Vec<u8>, Vec<u8>, Vec<u8>, String, String);

fn list_table(path: &Path) -> Vec<Listed> {
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

/// A subject that works on a fresh copy of one thing in a filled folder.
fn on_copy(
    name: &'static str,
    folder: &Folder,
    what: &'static str,
    work: impl Fn(&Path) + 'static,
) -> Subject {
    let folder = Rc::clone(folder);
    Subject::new(name, move || {
        let prepare = move || {
            let copied = TempDir::new().expect("a folder can be made");
            copy(&folder.path().join(what), &copied.path().join(what));
            copied
        };
        each(prepare, move |copied: TempDir| {
            work(copied.path());
            copied
        })
    })
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir(to).expect("a folder can be made");
        for child in fs::read_dir(from).expect("the folder is there").flatten() {
            copy(&child.path(), &to.join(child.file_name()));
        }
    } else {
        fs::copy(from, to).expect("the file can be copied");
    }
}
