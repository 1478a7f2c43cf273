//! The tables of the registry.
//!
//! Promises: a registry of a newer version is refused with a sentence, never changed. An older one gets
//! the columns it lacks. Refuses: to change what a column means; that would be a new folder.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::disk::fault::Fault;

/// The version of the tables below, kept as SQLite's `user_version`.
const VERSION: i64 = 2;

/// How long to sleep before a change that met another is tried again.
const RETRY: Duration = Duration::from_millis(1);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    entry BLOB NOT NULL UNIQUE,
    key BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    factory TEXT NOT NULL,
    shown TEXT NOT NULL,
    versions TEXT NOT NULL,
    lifetime TEXT NOT NULL,
    schema INTEGER NOT NULL,
    created INTEGER NOT NULL,
    build_nanos INTEGER NOT NULL,
    content BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    dependencies TEXT,
    traits TEXT,
    record TEXT NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    inline BLOB,
    code BLOB,
    mac BLOB
);
CREATE INDEX IF NOT EXISTS entries_by_key ON entries (key, fingerprint);
CREATE INDEX IF NOT EXISTS entries_by_content ON entries (content, bytes);
CREATE TABLE IF NOT EXISTS uses (
    id INTEGER PRIMARY KEY,
    hits INTEGER NOT NULL,
    last_used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS blobs (
    content BLOB PRIMARY KEY,
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_nanos INTEGER NOT NULL,
    ctime_nanos INTEGER NOT NULL,
    boot TEXT NOT NULL,
    mac BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS factories (
    name TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS adoptions (
    factory TEXT NOT NULL,
    old_code BLOB NOT NULL,
    new_code BLOB,
    at INTEGER NOT NULL,
    mac BLOB,
    UNIQUE (factory, old_code, new_code)
);
CREATE TABLE IF NOT EXISTS trails (
    key BLOB PRIMARY KEY,
    factory TEXT NOT NULL,
    shown TEXT NOT NULL,
    at INTEGER NOT NULL,
    trail TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removals (
    key BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    by TEXT NOT NULL
) WITHOUT ROWID;
";

/// From version 1, which knew no MAC.
const FROM_1: &str = "
ALTER TABLE entries ADD COLUMN code BLOB;
ALTER TABLE entries ADD COLUMN mac BLOB;
ALTER TABLE blobs ADD COLUMN mac BLOB;
ALTER TABLE adoptions ADD COLUMN mac BLOB;
";

/// Makes the tables where there are none yet, or brings older ones up to date; `true` when they were made. Refuses a newer version.
pub(super) fn prepare(connection: &mut Connection, network: bool, wait: Duration) -> Result<bool, Fault> {
    if version(connection)? == VERSION {
        return Ok(false);
    }
    let failed = |source| Fault::registry("be opened")(source);
    let mode = if network { "DELETE" } else { "WAL" };
    patient(wait, || connection.pragma_update(None, "journal_mode", mode)).map_err(failed)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Somebody else may have made them while we waited.
    let found = version(&transaction)?;
    if found == VERSION {
        return Ok(false);
    }
    transaction.execute_batch(if found == 0 { TABLES } else { FROM_1 }).map_err(failed)?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(found == 0)
}

/// Tries `work` again while others hold the file, for as long as `wait`. SQLite does not wait by itself where two that wait could wait for
/// each other for ever, and a change of the journal mode is such a place: several that make one registry meet there.
fn patient<T>(wait: Duration, mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let begun = Instant::now();
    loop {
        match work() {
            Err(busy)
                if busy.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < wait =>
            {
                thread::sleep(RETRY);
            }
            answer => return answer,
        }
    }
}

/// The version of the tables; 0 when there are none.
pub(super) fn version(connection: &Connection) -> Result<i64, Fault> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    let version: i64 = version.map_err(Fault::registry("be opened"))?;
    if version > VERSION {
        return Err(Fault::Newer(format!(
            "the store's registry has version {version}, this heirloom reads up to {VERSION}: upgrade heirloom, \
             or choose another folder"
        )));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a registry that is made on such a file system keeps its journal.
    fn journal(network: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(folder.path().join("registry.sqlite")).unwrap();
        assert!(prepare(&mut connection, network, Duration::ZERO).unwrap(), "the tables are made");
        assert_eq!(version(&connection).unwrap(), VERSION);
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap()
    }

    #[test]
    fn on_a_network_file_system_there_is_no_write_ahead_log() {
        assert_eq!((journal(true).as_str(), journal(false).as_str()), ("delete", "wal"));
    }
}
