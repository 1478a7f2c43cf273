//! The statements about texts: what each part of the code that counts read like, by the part's digest.
//!
//! Promises: 1. each text is kept once, however many entries were built by it; 2. the table is made with the first
//! text, so that a store without any looks as it always did. Refuses: being believed; a text is for people, it
//! decides nothing and is never run.

use rusqlite::{Connection, OptionalExtension, params};

use super::connections::Registry;
use crate::digest::Digest;
use crate::disk::fault::Fault;

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS texts (digest BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID";

/// The digests of every part of an entry's code (one entry a fingerprint tells them all) and of every factory as it was
/// seen last.
const FORGET: &str = "DELETE FROM texts WHERE digest NOT IN (
    SELECT unhex(json_extract(part.value, '$.digest')) FROM (SELECT record FROM entries GROUP BY fingerprint),
        json_each(record, '$.fingerprint.code.parts') AS part
    UNION
    SELECT unhex(json_extract(part.value, '$.digest')) FROM factories,
        json_each(factories.fingerprint, '$.code.parts') AS part)";

impl Registry {
    /// Whether every one of these parts has a text.
    pub(in crate::disk) fn has_texts(&self, parts: &[Digest]) -> Result<bool, Fault> {
        self.with("be read", |connection| {
            for part in parts {
                if text(connection, part)?.is_none() {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// The text of a part.
    pub(in crate::disk) fn text(&self, part: &Digest) -> Result<Option<String>, Fault> {
        self.with("be read", |connection| text(connection, part))
    }

    /// Keeps texts; one that is there stays as it is.
    pub(in crate::disk) fn keep_texts(&self, texts: &[(Digest, &str)]) -> Result<(), Fault> {
        self.change(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute(TABLE, [])?;
            for (part, text) in texts {
                let sql = "INSERT OR IGNORE INTO texts VALUES (?1, ?2)";
                transaction.prepare_cached(sql)?.execute(params![part.as_bytes(), text])?;
            }
            transaction.commit()
        })
    }

    /// Takes out every text that no entry and no factory refers to.
    pub(in crate::disk) fn forget_texts(&self) -> Result<(), Fault> {
        self.change(|connection| {
            if !is_made(connection)? {
                return Ok(());
            }
            connection.execute(FORGET, []).map(drop)
        })
    }
}

fn text(connection: &Connection, part: &Digest) -> rusqlite::Result<Option<String>> {
    if !is_made(connection)? {
        return Ok(None);
    }
    let sql = "SELECT text FROM texts WHERE digest = ?1";
    connection.prepare_cached(sql)?.query_row([part.as_bytes()], |row| row.get(0)).optional()
}

fn is_made(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'texts'";
    connection.prepare_cached(sql)?.exists([])
}
