//! The statements about entries.
//!
//! Promises: the look-up of a request is one statement over one index. Refuses: deciding; it returns rows.

use std::cmp::Reverse;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::connections::Registry;
use super::ledger::{self, Touch};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::disk::blobs::{Seal, aligned_copy};
use crate::disk::fault::Fault;
use crate::disk::store::is_worth_a_file;
use crate::identity::{Dependency, Lifetime, Traits, VersionVector};
use crate::object::{self, Record};
use crate::trust::{Distrust, Mac, MacKey, Statement};

/// An entry that may be served: what decides, without its record.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The entry's identity.
    pub entry: Digest,
    /// Built by what.
    pub fingerprint: Digest,
    /// When it was built.
    pub created: Timestamp,
    /// How long the build took, in nanoseconds.
    pub build_nanos: u64,
    /// The digest of its blob.
    pub content: Digest,
    /// The length of its blob.
    pub bytes: u64,
    /// From what.
    pub dependencies: Vec<Dependency>,
    /// What it offers.
    pub traits: Traits,
    /// The digest of the frame whose opening can run code.
    pub code: Option<Digest>,
    /// Whether its MAC holds, for the key that was asked for.
    pub trust: Result<(), Distrust>,
    pub(in crate::disk) inline: Option<Bytes>,
}

/// An entry as maintenance sees it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EntryRow {
    /// The entry's identity.
    pub entry: Digest,
    /// Which thing.
    pub key: Digest,
    /// The factory.
    pub factory: String,
    /// The arguments for people.
    pub shown: String,
    /// The counters it was built with.
    pub versions: VersionVector,
    /// Until when, as its factory said.
    pub lifetime: Lifetime,
    /// The schema of its format.
    pub schema: u32,
    /// When it was built.
    pub created: Timestamp,
    /// How long the build took, in nanoseconds.
    pub build_nanos: u64,
    /// The digest of its blob.
    pub content: Digest,
    /// The length of its blob.
    pub bytes: u64,
    /// When it was served last.
    pub last_used: Timestamp,
    /// How often it was served from disk.
    pub hits: u64,
    /// Whether it is kept from every eviction.
    pub pinned: bool,
    /// Whether its bytes stand in the registry itself.
    pub inline: bool,
}

/// An entry to be kept.
pub(in crate::disk) struct NewEntry<'a> {
    pub(in crate::disk) entry: Digest,
    pub(in crate::disk) record: &'a Record,
    pub(in crate::disk) json: &'a str,
    pub(in crate::disk) inline: Option<&'a [u8]>,
    pub(in crate::disk) seal: Option<&'a Seal>,
    pub(in crate::disk) pinned: bool,
}

/// No JOIN and no ORDER BY: with either, SQLite 3.54 prepares the statement anew at each binding (measured: 12 of
/// 19 µs). The few rows are sorted here, and a seal is asked for when a blob is opened.
const CANDIDATE: &str =
    "SELECT entry, fingerprint, created, build_nanos, content, bytes, dependencies, traits, inline, code,
    lifetime, mac FROM entries WHERE key = ?1 AND fingerprint = ?2";

/// All of them, with the key of each behind; without their bytes.
const CANDIDATES: &str =
    "SELECT entry, fingerprint, created, build_nanos, content, bytes, dependencies, traits, NULL, code,
    lifetime, mac, key FROM entries";

/// From this many on, the pages of all indexes are changed over and over: they stay in SQLite's cache meanwhile.
const MANY: usize = 256;
/// SQLite counts a cache in KiB when the number is negative; this is its own default.
const CACHE_KIB: i64 = -2_000;
const CACHE_OF_MANY_KIB: i64 = -128_000;

const ROW: &str =
    "SELECT e.entry, e.key, e.factory, e.shown, e.versions, e.lifetime, e.schema, e.created, e.build_nanos,
    e.content, e.bytes, max(e.created, coalesce(u.last_used, 0)), coalesce(u.hits, 0), e.pinned,
    e.inline IS NOT NULL FROM entries e LEFT JOIN uses u ON u.id = e.id";

impl Registry {
    /// The entries of one key and fingerprint, the youngest first.
    pub(in crate::disk) fn candidates(
        &self,
        key: &Digest,
        fingerprint: &Digest,
    ) -> Result<Vec<Candidate>, Fault> {
        let mut found: Vec<Candidate> = self.with("be read", |connection| {
            let mut statement = connection.prepare_cached(CANDIDATE)?;
            let row = |row: &Row<'_>| candidate(row, key, self.key());
            statement.query_map(params![key.as_bytes(), fingerprint.as_bytes()], row)?.collect()
        })?;
        found.sort_by_key(|candidate| Reverse(candidate.created));
        Ok(found)
    }

    /// The records of every entry of one key, the youngest first.
    pub(in crate::disk) fn records(&self, key: &Digest) -> Result<Vec<Record>, Fault> {
        let texts: Vec<String> = self.with("be read", |connection| {
            let sql = "SELECT record FROM entries WHERE key = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([key.as_bytes()], |row| row.get(0))?;
            rows.collect()
        })?;
        let read = texts.iter().filter_map(|text| serde_json::from_str(text).ok());
        let mut records: Vec<Record> = read.collect();
        records.sort_by_key(|record| Reverse(record.created));
        Ok(records)
    }

    /// The record of one entry.
    pub(in crate::disk) fn record(&self, entry: &Digest) -> Result<Option<Record>, Fault> {
        let text: Option<String> = self.with("be read", |connection| {
            let sql = "SELECT record FROM entries WHERE entry = ?1";
            connection.prepare_cached(sql)?.query_row([entry.as_bytes()], |row| row.get(0)).optional()
        })?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Every entry, or those of one factory.
    pub(in crate::disk) fn rows(&self, factory: Option<&str>) -> Result<Vec<EntryRow>, Fault> {
        self.with("be listed", |connection| {
            let sql = match factory {
                Some(_) => format!("{ROW} WHERE e.factory = ?1 ORDER BY e.created"),
                None => format!("{ROW} WHERE ?1 IS NULL ORDER BY e.created"),
            };
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map([factory], entry_row)?;
            rows.collect()
        })
    }

    /// Keeps an entry and the touches that were waiting, in one transaction.
    ///
    /// Returns the blob that the entry had before, when nothing points to it any more.
    pub(in crate::disk) fn insert(
        &self,
        new: &NewEntry<'_>,
        touches: &[Touch],
    ) -> Result<Option<Digest>, Fault> {
        self.change(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let replaced = insert(&transaction, new, self.key())?;
            ledger::touch(&transaction, touches)?;
            transaction.commit()?;
            Ok(replaced)
        })
    }

    /// The entries that were changed after the present key had signed them. What another key has signed, or none, may
    /// be good to somebody else.
    pub(in crate::disk) fn distrusted(&self) -> Result<Vec<(Digest, Distrust)>, Fault> {
        let Some(checks) = self.key() else { return Ok(Vec::new()) };
        let found: Vec<Candidate> = self.with("be read", |connection| {
            let mut statement = connection.prepare(CANDIDATES)?;
            statement.query_map([], |row| candidate(row, &digest(row, 12)?, Some(checks)))?.collect()
        })?;
        let changed = |one: Candidate| match one.trust {
            Err(Distrust::Changed) => Some((one.entry, Distrust::Changed)),
            _ => None,
        };
        Ok(found.into_iter().filter_map(changed).collect())
    }

    /// Whether an entry is known.
    pub(in crate::disk) fn knows(&self, entry: &Digest) -> Result<bool, Fault> {
        self.exists("SELECT 1 FROM entries WHERE entry = ?1", entry)
    }

    /// Whether any entry has this content.
    pub(in crate::disk) fn refers_to(&self, content: &Digest) -> Result<bool, Fault> {
        self.exists("SELECT 1 FROM entries WHERE content = ?1", content)
    }

    /// Whether an entry is kept from every eviction.
    pub(in crate::disk) fn is_pinned(&self, entry: &Digest) -> Result<bool, Fault> {
        self.exists("SELECT 1 FROM entries WHERE entry = ?1 AND pinned", entry)
    }

    /// The entries of one key.
    pub(in crate::disk) fn entries_of_key(&self, key: &Digest) -> Result<Vec<Digest>, Fault> {
        self.list("SELECT entry FROM entries WHERE key = ?1", key)
    }

    /// The entries whose content lies in a blob of its own and has this digest.
    pub(in crate::disk) fn entries_of_blob(&self, content: &Digest) -> Result<Vec<Digest>, Fault> {
        self.list("SELECT entry FROM entries WHERE content = ?1 AND inline IS NULL", content)
    }

    /// Those entries that are still the ones that were built then.
    pub(in crate::disk) fn unchanged(&self, entries: &[(Digest, Timestamp)]) -> Result<Vec<Digest>, Fault> {
        self.with("be read", |connection| {
            let transaction = connection.transaction()?;
            let mut same = Vec::new();
            for (entry, created) in entries {
                let sql = "SELECT 1 FROM entries WHERE entry = ?1 AND created = ?2";
                let row = params![entry.as_bytes(), created.as_nanos().cast_signed()];
                same.extend(transaction.prepare_cached(sql)?.exists(row)?.then_some(*entry));
            }
            Ok(same)
        })
    }

    /// The content of an entry and when it was built.
    pub(in crate::disk) fn present(&self, entry: &Digest) -> Result<Option<(Digest, Timestamp)>, Fault> {
        self.with("be read", |connection| {
            let sql = "SELECT content, created FROM entries WHERE entry = ?1";
            let row = |row: &Row<'_>| Ok((digest(row, 0)?, Timestamp::from_nanos(number(row, 1)?)));
            connection.prepare_cached(sql)?.query_row([entry.as_bytes()], row).optional()
        })
    }

    /// What a blob was when it was last verified, by somebody who is believed.
    pub(in crate::disk) fn seal(&self, content: &Digest) -> Result<Option<Seal>, Fault> {
        let found = self.with("be read", |connection| {
            let sql = "SELECT device, inode, size, mtime_nanos, ctime_nanos, boot, mac FROM blobs
                WHERE content = ?1";
            let row = |row: &Row<'_>| Ok((seal(row)?, mac(row, 6)?));
            connection.prepare_cached(sql)?.query_row([content.as_bytes()], row).optional()
        })?;
        let Some((seal, mac)) = found else { return Ok(None) };
        let believed = |key: &MacKey| key.check(&seal.statement(content), mac.as_ref()).is_ok();
        Ok(self.key().is_none_or(believed).then_some(seal))
    }

    fn exists(&self, sql: &str, digest: &Digest) -> Result<bool, Fault> {
        self.with("be read", |connection| connection.prepare_cached(sql)?.exists([digest.as_bytes()]))
    }

    fn list(&self, sql: &str, of: &Digest) -> Result<Vec<Digest>, Fault> {
        self.with("be read", |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map([of.as_bytes()], |row| digest(row, 0))?.collect()
        })
    }

    /// Remembers the seal of a blob that was verified, and the inputs that were touched and not changed.
    pub(in crate::disk) fn remember_seal(&self, content: &Digest, seal: &Seal) -> Result<(), Fault> {
        self.change(|connection| insert_seal(connection, content, seal, self.key()))
    }

    /// Replaces the inputs' stats of a candidate whose files were touched and not changed, and signs it again; one
    /// that is not believed, or not the same any more, stays as it is.
    pub(in crate::disk) fn refresh_inputs(
        &self,
        key: &Digest,
        seen: &Candidate,
        inputs: &[Dependency],
    ) -> Result<(), Fault> {
        self.change(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sql = "SELECT lifetime FROM entries WHERE entry = ?1 AND content = ?2 AND created = ?3";
            let same = params![
                seen.entry.as_bytes(),
                seen.content.as_bytes(),
                seen.created.as_nanos().cast_signed()
            ];
            let lifetime = transaction.prepare_cached(sql)?.query_row(same, |row| row.get(0)).optional()?;
            let Some(lifetime) = lifetime else { return Ok(()) };
            let (lifetime, dependencies): (String, String) = (lifetime, object::json(&inputs));
            let statement = Statement {
                key,
                fingerprint: &seen.fingerprint,
                created: seen.created,
                build_nanos: seen.build_nanos,
                content: &seen.content,
                bytes: seen.bytes,
                code: seen.code.as_ref(),
                dependencies: &dependencies,
                traits: &object::json(&seen.traits),
                lifetime: unless_empty(&lifetime).unwrap_or_default(),
            };
            let signs = self.key().filter(|_| seen.trust.is_ok());
            if self.key().is_some() && signs.is_none() {
                return Ok(());
            }
            let mac = signs.map(|signs| signs.sign(&statement.digest()));
            let row =
                params![seen.entry.as_bytes(), unless_empty(&dependencies), mac.as_ref().map(Mac::as_bytes)];
            let sql = "UPDATE entries SET dependencies = ?2, mac = ?3 WHERE entry = ?1";
            transaction.prepare_cached(sql)?.execute(row)?;
            transaction.commit()
        })
    }

    /// Takes entries out, notes why, and returns the blobs that nothing points to any more.
    pub(in crate::disk) fn delete(
        &self,
        entries: &[Digest],
        at: Timestamp,
        by: &str,
    ) -> Result<Vec<Digest>, Fault> {
        self.change(|connection| {
            let many = entries.len() >= MANY;
            if many {
                connection.pragma_update(None, "cache_size", CACHE_OF_MANY_KIB)?;
            }
            let orphans = delete(connection, entries, at, by);
            if many {
                connection.pragma_update(None, "cache_size", CACHE_KIB)?;
            }
            orphans
        })
    }

    /// Pins or unpins entries; returns how many there were.
    pub(in crate::disk) fn pin(&self, entries: &[Digest], pinned: bool) -> Result<usize, Fault> {
        self.change(|connection| {
            let transaction = connection.transaction()?;
            let mut changed = 0;
            for entry in entries {
                let sql = "UPDATE entries SET pinned = ?2 WHERE entry = ?1";
                changed += transaction.prepare_cached(sql)?.execute(params![entry.as_bytes(), pinned])?;
            }
            transaction.commit()?;
            Ok(changed)
        })
    }

    /// The bytes of all distinct blobs, of one factory or of all.
    pub(in crate::disk) fn bytes(&self) -> Result<u64, Fault> {
        self.with("be read", |connection| {
            let sql = "SELECT coalesce(sum(bytes), 0) FROM (SELECT DISTINCT content, bytes FROM entries)";
            connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
        })
    }
}

fn delete(
    connection: &mut Connection,
    entries: &[Digest],
    at: Timestamp,
    by: &str,
) -> rusqlite::Result<Vec<Digest>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut orphans = Vec::new();
    for entry in entries {
        ledger::note_trail(&transaction, entry)?;
        let sql =
            "DELETE FROM entries WHERE entry = ?1 RETURNING key, content, id, inline IS NULL, build_nanos";
        let deleted = transaction
            .prepare_cached(sql)?
            .query_row([entry.as_bytes()], |row| {
                let has_blob = row.get(3)? || is_worth_a_file(number(row, 4)?);
                Ok((digest(row, 0)?, digest(row, 1)?, row.get::<_, i64>(2)?, has_blob))
            })
            .optional()?;
        let Some((key, content, id, has_blob)) = deleted else { continue };
        transaction.prepare_cached("DELETE FROM uses WHERE id = ?1")?.execute([id])?;
        ledger::note_removal(&transaction, &key, at, by)?;
        if has_blob {
            orphans.extend(freed(&transaction, content)?);
        }
    }
    transaction.commit()?;
    Ok(orphans)
}

/// The blob itself when no entry points to it any more; its seal is then forgotten.
fn freed(transaction: &Transaction<'_>, content: Digest) -> rusqlite::Result<Option<Digest>> {
    let sql = "SELECT 1 FROM entries WHERE content = ?1 LIMIT 1";
    if transaction.prepare_cached(sql)?.exists([content.as_bytes()])? {
        return Ok(None);
    }
    let sql = "DELETE FROM blobs WHERE content = ?1";
    transaction.prepare_cached(sql)?.execute([content.as_bytes()])?;
    Ok(Some(content))
}

fn insert(
    transaction: &Transaction<'_>,
    new: &NewEntry<'_>,
    key: Option<&MacKey>,
) -> rusqlite::Result<Option<Digest>> {
    let record = new.record;
    let sql = "SELECT content FROM entries WHERE entry = ?1";
    let old = transaction.prepare_cached(sql)?.query_row([new.entry.as_bytes()], |row| digest(row, 0));
    let old = old.optional()?.filter(|old| *old != record.content);
    let (dependencies, traits) = (object::json(&record.dependencies), object::json(&record.traits));
    let sql =
        "INSERT INTO entries (entry, key, fingerprint, factory, shown, versions, lifetime, schema, created,
        build_nanos, content, bytes, dependencies, traits, record, pinned, inline, code, mac)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
        ON CONFLICT (entry) DO UPDATE SET created = ?9, build_nanos = ?10, content = ?11, bytes = ?12,
        dependencies = ?13, traits = ?14, record = ?15, lifetime = ?7, pinned = max(pinned, ?16),
        inline = ?17, code = ?18, mac = ?19";
    transaction.prepare_cached(sql)?.execute(params![
        new.entry.as_bytes(),
        record.key.as_bytes(),
        record.fingerprint.digest().as_bytes(),
        record.factory,
        record.shown,
        serde_json::to_string(&record.fingerprint.versions).unwrap_or_default(),
        serde_json::to_string(&record.lifetime).unwrap_or_default(),
        record.fingerprint.schema,
        record.created.as_nanos().cast_signed(),
        record.build_nanos.cast_signed(),
        record.content.as_bytes(),
        record.bytes.cast_signed(),
        unless_empty(&dependencies),
        unless_empty(&traits),
        new.json,
        new.pinned,
        new.inline,
        record.code.as_ref().map(Digest::as_bytes),
        record.mac.as_ref().map(Mac::as_bytes),
    ])?;
    if let Some(seal) = new.seal {
        insert_seal(transaction, &record.content, seal, key)?;
    }
    ledger::forget_removal(transaction, &record.key)?;
    old.map_or(Ok(None), |old| freed(transaction, old))
}

fn insert_seal(
    connection: &Connection,
    content: &Digest,
    seal: &Seal,
    key: Option<&MacKey>,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO blobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mac = key.map(|key| key.sign(&seal.statement(content)));
    let row = params![
        content.as_bytes(),
        seal.device.cast_signed(),
        seal.inode.cast_signed(),
        seal.size.cast_signed(),
        seal.mtime_nanos,
        seal.ctime_nanos,
        seal.boot,
        mac.as_ref().map(Mac::as_bytes),
    ];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

fn candidate(row: &Row<'_>, key: &Digest, checks: Option<&MacKey>) -> rusqlite::Result<Candidate> {
    let inline: Option<Bytes> = row.get_ref(8)?.as_blob_or_null()?.map(aligned_copy);
    let (fingerprint, content) = (digest(row, 1)?, digest(row, 4)?);
    let code: Option<[u8; 32]> = row.get(9)?;
    let code = code.map(Digest::from_bytes);
    let text = |column: usize| -> rusqlite::Result<&str> {
        Ok(row.get_ref(column)?.as_str_or_null()?.unwrap_or_default())
    };
    let statement = Statement {
        key,
        fingerprint: &fingerprint,
        created: Timestamp::from_nanos(number(row, 2)?),
        build_nanos: number(row, 3)?,
        content: &content,
        bytes: number(row, 5)?,
        code: code.as_ref(),
        dependencies: text(6)?,
        traits: text(7)?,
        lifetime: unless_empty(text(10)?).unwrap_or_default(),
    };
    let trust = match checks {
        None => Err(Distrust::NoKey),
        Some(checks) => checks.check(&statement.digest(), mac(row, 11)?.as_ref()),
    };
    Ok(Candidate {
        entry: digest(row, 0)?,
        fingerprint,
        created: statement.created,
        build_nanos: statement.build_nanos,
        content,
        bytes: statement.bytes,
        dependencies: json(row, 6)?,
        traits: json(row, 7)?,
        code,
        trust,
        inline,
    })
}

fn seal(row: &Row<'_>) -> rusqlite::Result<Seal> {
    Ok(Seal {
        device: number(row, 0)?,
        inode: number(row, 1)?,
        size: number(row, 2)?,
        mtime_nanos: row.get(3)?,
        ctime_nanos: row.get(4)?,
        boot: row.get(5)?,
    })
}

fn entry_row(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    Ok(EntryRow {
        entry: digest(row, 0)?,
        key: digest(row, 1)?,
        factory: row.get(2)?,
        shown: row.get(3)?,
        versions: json(row, 4)?,
        lifetime: json(row, 5)?,
        schema: row.get(6)?,
        created: Timestamp::from_nanos(number(row, 7)?),
        build_nanos: number(row, 8)?,
        content: digest(row, 9)?,
        bytes: number(row, 10)?,
        last_used: Timestamp::from_nanos(number(row, 11)?),
        hits: number(row, 12)?,
        pinned: row.get(13)?,
        inline: row.get(14)?,
    })
}

pub(super) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    Ok(Digest::from_bytes(row.get(column)?))
}

pub(super) fn mac(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Mac>> {
    Ok(row.get_ref(column)?.as_blob_or_null()?.and_then(Mac::from_bytes))
}

/// A part's JSON as its column has it: nothing for what is empty.
fn unless_empty(text: &str) -> Option<&str> {
    (!text.is_empty() && text != "{}" && text != "[]").then_some(text)
}

pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

/// A column of JSON; absent text is the empty value.
pub(super) fn json<T: Default + serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(T::default()) };
    serde_json::from_str(text).map_err(|fault| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(fault))
    })
}
