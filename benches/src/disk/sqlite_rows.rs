//! Bare SQLite with the settings of our registry: one table, one prepared statement, no digest.
//!
//! Promises: WAL, `synchronous=NORMAL`, one commit a put. Refuses: a second index, a record, a lease.

use std::path::Path;

use bytes::Bytes;
use rusqlite::Connection;

use super::Keeper;

struct Rows(Connection);

pub(super) fn open(folder: &Path, _size: usize) -> Box<dyn Keeper> {
    let connection = Connection::open(folder.join("rows.sqlite")).expect("a database can be made");
    let schema = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
                  CREATE TABLE entries (number INTEGER PRIMARY KEY, content BLOB NOT NULL);";
    connection.execute_batch(schema).expect("the table can be made");
    Box::new(Rows(connection))
}

impl Keeper for Rows {
    fn put(&self, number: u64, content: Bytes) {
        let mut insert = self.0.prepare_cached("INSERT INTO entries VALUES (?1, ?2)").expect("it is SQL");
        insert.execute((number.cast_signed(), &*content)).expect("the row is written");
    }

    fn get(&self, number: u64) -> Bytes {
        let mut find =
            self.0.prepare_cached("SELECT content FROM entries WHERE number = ?1").expect("it is SQL");
        let content: Vec<u8> =
            find.query_row([number.cast_signed()], |row| row.get(0)).expect("the row is there");
        Bytes::from(content)
    }

    fn forget(&self, number: u64) {
        self.0.execute("DELETE FROM entries WHERE number = ?1", [number.cast_signed()]).ok();
    }
}
