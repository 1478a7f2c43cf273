//! Fills a folder with a store of Heirloom, a bare SQLite table and a cacache, all with the same entries.
//!
//! Promises: the table has the columns of our registry that weigh something, and as many indexes. Refuses: speed;
//! filling is not what is measured.

use std::path::Path;

use heirloom::{Factory, Store};
use rusqlite::Connection;
use tempfile::TempDir;

/// A folder with a store, a bare SQLite table and a cacache of so many entries of 1 kB.
///
/// Half the entries of the store were built under the version `dev: 1`, half under `dev: 2`.
pub(super) fn filled(entries: u64) -> TempDir {
    let folder = tempfile::Builder::new().prefix("heirloom-bench-").tempdir().expect("a folder can be made");
    let store = Store::open(folder.path().join("store")).expect("a store opens in an empty folder");
    for version in 1..=2 {
        let factory = kilobytes(&store, version);
        for key in (0..entries).filter(|key| key % 2 + 1 == version) {
            factory.get(&key).expect("a trivial builder succeeds");
        }
    }
    fill_table(&folder.path().join("rows.sqlite"), entries);
    // 100,000 files take cacache a minute to make, and it finds one among them as fast as among a hundred.
    for key in 0..entries.min(super::FEW) {
        let content = kilobyte(key);
        cacache::write_sync(folder.path().join("cacache"), key.to_string(), content).expect("it is written");
    }
    folder
}

fn kilobyte(key: u64) -> Vec<u8> {
    key.to_le_bytes().repeat(125)
}

pub(super) fn kilobytes(store: &Store, version: u64) -> Factory<u64, Vec<u8>> {
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
