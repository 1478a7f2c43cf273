//! Stores with few and with many entries: opening and the first get, listing, collecting.
//!
//! Promises: a store is filled once and used again; each collection works on its own copy. Refuses: warm handles;
//! each iteration opens its own, and closes it when the clock has stopped.

mod filling;
mod sweeping;

use std::cell::LazyCell;
use std::rc::Rc;
use std::time::Duration;

use heirloom::Store;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::subject::{Effort, Goal, Subject, Work, each};
use filling::{filled, kilobytes};

/// Entries of the large store.
const MANY: u64 = 100_000;
/// Entries of the small one.
const FEW: u64 = 100;

/// A folder that is filled when it is first needed.
type Folder = Rc<LazyCell<TempDir, Box<dyn FnOnce() -> TempDir>>>;

/// All works on few and on many entries.
pub fn works() -> Vec<Work> {
    let lazy = |entries| -> Folder { Rc::new(LazyCell::new(Box::new(move || filled(entries)))) };
    let (few, many) = (lazy(FEW), lazy(MANY));
    let mut works = vec![opening(&few, FEW), opening(&many, MANY)];
    works.extend(sweeping::works(&many));
    works
}

fn opening(folder: &Folder, entries: u64) -> Work {
    let mut subjects = vec![
        subject("heirloom", folder, move |folder| {
            let store = Store::open(folder.path().join("store")).expect("the store opens");
            let (many, key) = (kilobytes(&store, 2), (entries / 2) | 1);
            assert_eq!(many.get(&key).expect("it is kept").len(), 1000);
            assert_eq!(many.stats().builds, 0, "nothing was built again");
            (store, many)
        }),
        subject("SQLite", folder, move |folder| {
            let table = Connection::open(folder.path().join("rows.sqlite")).expect("the table opens");
            let digest = *heirloom::Digest::of(&(entries / 2 * 3 + 1).to_le_bytes()).as_bytes();
            let find = "SELECT payload FROM entries WHERE key = ?1";
            let payload: Vec<u8> =
                table.query_row(find, [digest], |row| row.get(0)).expect("the row is there");
            assert_eq!(payload.len(), 1000);
            table
        }),
    ];
    if entries == FEW {
        subjects.push(subject("cacache", folder, move |folder| {
            let content = cacache::read_sync(folder.path().join("cacache"), (entries / 2).to_string());
            assert_eq!(content.expect("it was written").len(), 1000);
        }));
    }
    let name = format!("open + first get, {entries} entries");
    let goal = Goal::Time(Duration::from_millis(1));
    Work { name, subjects, against: "SQLite", goal, effort: Effort::Small }
}

/// A subject that works on a filled folder and needs no preparation of its own.
fn subject<R>(name: &'static str, folder: &Folder, work: impl Fn(&TempDir) -> R + 'static) -> Subject {
    let folder = Rc::clone(folder);
    Subject::new(name, move || {
        LazyCell::force(&folder);
        each(|| (), move |()| work(&folder))
    })
}
