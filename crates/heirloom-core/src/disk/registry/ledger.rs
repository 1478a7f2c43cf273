//! The statements about everything around the entries: factories, adoptions, trails, removals, touches.
//!
//! Promises: the last trail of every key is kept, so "why?" can be asked tomorrow. Refuses: growing without end;
//! one trail and one removal a key.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::connections::Registry;
use super::entries::{digest, json, mac, number};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::disk::fault::Fault;
use crate::identity::Fingerprint;
use crate::trail::Trail;
use crate::trust::Mac;

/// Hits on one entry that the registry does not know of yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The entry.
    pub entry: Digest,
    /// How many.
    pub hits: u64,
    /// The last one.
    pub last: Timestamp,
}

/// A factory as it was seen last.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FactoryRow {
    /// Its name.
    pub name: String,
    /// Its fingerprint then.
    pub fingerprint: Fingerprint,
    /// When.
    pub seen: Timestamp,
}

/// A vouch of an author: entries built by `old_code` are as good as those `new_code` would build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The digest of the code that the entries were built by.
    pub old_code: Digest,
    /// The digest of the code that they are bound to; `None` until that code is first seen.
    pub new_code: Option<Digest>,
    /// When it was vouched for.
    pub at: Timestamp,
}

/// A vouch that waits for the code that asks next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAdoption {
    /// The factory.
    pub factory: String,
    /// The digest of the code that the entries were built by.
    pub old_code: Digest,
    /// When it was vouched for.
    pub at: Timestamp,
}

/// The last trail of a key; that of an entry which is there stands in its record.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrailRow {
    /// Which thing.
    pub key: Digest,
    /// The factory.
    pub factory: String,
    /// The arguments for people.
    pub shown: String,
    /// When.
    pub at: Timestamp,
    /// The steps.
    pub trail: Trail,
}

impl Registry {
    /// Notes how a factory looks now.
    pub(in crate::disk) fn see_factory(
        &self,
        name: &str,
        now: &Fingerprint,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let text = serde_json::to_string(now).unwrap_or_default();
        self.change(|connection| {
            let sql = "SELECT 1 FROM factories WHERE name = ?1 AND fingerprint = ?2";
            if connection.prepare_cached(sql)?.exists(params![name, text])? {
                return Ok(());
            }
            let sql = "INSERT OR REPLACE INTO factories VALUES (?1, ?2, ?3)";
            let at = at.as_nanos().cast_signed();
            connection.prepare_cached(sql)?.execute(params![name, text, at]).map(drop)
        })
    }

    /// Every factory that was ever seen.
    pub(in crate::disk) fn factories(&self) -> Result<Vec<FactoryRow>, Fault> {
        let rows: Vec<(String, String, u64)> = self.with("be listed", |connection| {
            let mut statement = connection.prepare_cached("SELECT name, fingerprint, seen FROM factories")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, number(row, 2)?)))?;
            rows.collect()
        })?;
        let factory = |(name, text, seen): (String, String, u64)| {
            let fingerprint = serde_json::from_str(&text).ok()?;
            Some(FactoryRow { name, fingerprint, seen: Timestamp::from_nanos(seen) })
        };
        Ok(rows.into_iter().filter_map(factory).collect())
    }

    /// How long the builds of a factory took at the last few times, in nanoseconds; the median.
    pub(in crate::disk) fn usual_nanos(&self, factory: &str) -> Result<Option<u64>, Fault> {
        let mut times: Vec<u64> = self.with("be read", |connection| {
            let sql = "SELECT build_nanos FROM entries WHERE factory = ?1 ORDER BY id DESC LIMIT 9";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([factory], |row| number(row, 0))?;
            rows.collect()
        })?;
        times.sort_unstable();
        Ok(times.get(times.len() / 2).copied())
    }

    /// Vouches for entries of `factory` that were built by these codes.
    pub(in crate::disk) fn adopt(
        &self,
        factory: &str,
        old: &[Digest],
        new: Option<Digest>,
        at: Timestamp,
    ) -> Result<(), Fault> {
        self.change(|connection| {
            let transaction = connection.transaction()?;
            for code in old {
                let sql = "INSERT OR REPLACE INTO adoptions VALUES (?1, ?2, ?3, ?4, ?5)";
                let mac = self.key().map(|key| key.sign(&vouch(factory, code, at)));
                let new = new.as_ref().map(Digest::as_bytes);
                let row = params![
                    factory,
                    code.as_bytes(),
                    new,
                    at.as_nanos().cast_signed(),
                    mac.as_ref().map(Mac::as_bytes)
                ];
                transaction.prepare_cached(sql)?.execute(row)?;
            }
            transaction.commit()
        })
    }

    /// Binds the vouches of `factory` that wait for the next code to `new`, then returns all that stand for it.
    pub(in crate::disk) fn adoptions(&self, factory: &str, new: &Digest) -> Result<Vec<Adoption>, Fault> {
        self.with("be read", |connection| {
            let sql = "SELECT 1 FROM adoptions WHERE factory = ?1 AND new_code IS NULL AND old_code <> ?2";
            if connection.prepare_cached(sql)?.exists(params![factory, new.as_bytes()])? {
                let sql =
                    "UPDATE OR REPLACE adoptions SET new_code = ?2 WHERE factory = ?1 AND new_code IS NULL
                    AND old_code <> ?2";
                connection.prepare_cached(sql)?.execute(params![factory, new.as_bytes()])?;
            }
            let sql = "SELECT old_code, at, mac FROM adoptions WHERE factory = ?1 AND new_code = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![factory, new.as_bytes()], |row| {
                let at = Timestamp::from_nanos(number(row, 1)?);
                Ok((Adoption { old_code: digest(row, 0)?, new_code: Some(*new), at }, mac(row, 2)?))
            })?;
            let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
            let believed = |(adoption, mac): &(Adoption, Option<Mac>)| {
                let vouch = vouch(factory, &adoption.old_code, adoption.at);
                self.key().is_none_or(|key| key.check(&vouch, mac.as_ref()).is_ok())
            };
            Ok(rows.into_iter().filter(believed).map(|(adoption, _)| adoption).collect())
        })
    }

    /// The vouches that no code has taken yet, the youngest first; of one factory, or of all.
    pub(in crate::disk) fn pending_adoptions(
        &self,
        factory: Option<&str>,
    ) -> Result<Vec<PendingAdoption>, Fault> {
        let rows: Vec<(PendingAdoption, Option<Mac>)> = self.with("be read", |connection| {
            let sql = "SELECT factory, old_code, at, mac FROM adoptions
                WHERE new_code IS NULL AND (?1 IS NULL OR factory = ?1) ORDER BY at DESC, factory, old_code";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([factory], |row| {
                let at = Timestamp::from_nanos(number(row, 2)?);
                let pending = PendingAdoption { factory: row.get(0)?, old_code: digest(row, 1)?, at };
                Ok((pending, mac(row, 3)?))
            })?;
            rows.collect()
        })?;
        let believed = |(pending, mac): &(PendingAdoption, Option<Mac>)| {
            let vouch = vouch(&pending.factory, &pending.old_code, pending.at);
            self.key().is_none_or(|key| key.check(&vouch, mac.as_ref()).is_ok())
        };
        let mut pending: Vec<_> = rows.into_iter().filter(believed).map(|(pending, _)| pending).collect();
        // Vouched for twice is vouched for once, the last time.
        let mut seen = HashSet::new();
        pending.retain(|one| seen.insert((one.factory.clone(), one.old_code)));
        Ok(pending)
    }

    /// The last trails, the youngest first; of one key, of one factory, or of all.
    pub(in crate::disk) fn trails(
        &self,
        factory: Option<&str>,
        key: Option<&Digest>,
    ) -> Result<Vec<TrailRow>, Fault> {
        self.with("be read", |connection| {
            // One statement for one key, so that its index is used.
            let of_key = if key.is_some() { "key = ?2" } else { "?2 IS NULL" };
            let sql = format!(
                "SELECT key, factory, shown, created AS at, record ->> '$.trail', id FROM entries
                WHERE {of_key} AND (?1 IS NULL OR factory = ?1)
                UNION ALL SELECT key, factory, shown, at, trail, 0 AS id FROM trails
                WHERE {of_key} AND (?1 IS NULL OR factory = ?1) ORDER BY at DESC, id DESC"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params![factory, key.map(Digest::as_bytes)], |row| {
                let at = Timestamp::from_nanos(number(row, 3)?);
                let (key, trail) = (digest(row, 0)?, json(row, 4)?);
                Ok(TrailRow { key, factory: row.get(1)?, shown: row.get(2)?, at, trail })
            })?;
            let mut rows: Vec<TrailRow> = rows.collect::<rusqlite::Result<_>>()?;
            let mut seen = HashSet::new();
            rows.retain(|row| seen.insert(row.key));
            Ok(rows)
        })
    }

    /// When and by what an entry of this key was taken away last.
    pub(in crate::disk) fn removal(&self, key: &Digest) -> Result<Option<(Timestamp, String)>, Fault> {
        self.with("be read", |connection| {
            let sql = "SELECT at, by FROM removals WHERE key = ?1";
            let row = |row: &rusqlite::Row<'_>| Ok((Timestamp::from_nanos(number(row, 0)?), row.get(1)?));
            connection.prepare_cached(sql)?.query_row([key.as_bytes()], row).optional()
        })
    }

    /// Writes down the hits that were waiting.
    pub(in crate::disk) fn flush(&self, touches: &[Touch]) -> Result<(), Fault> {
        self.change(|connection| {
            let transaction = connection.transaction()?;
            touch(&transaction, touches)?;
            transaction.commit()
        })
    }
}

pub(super) fn touch(connection: &Connection, touches: &[Touch]) -> rusqlite::Result<()> {
    // A small table of its own: hits on many entries change few pages.
    let sql = "INSERT INTO uses SELECT id, ?2, ?3 FROM entries WHERE entry = ?1
        ON CONFLICT (id) DO UPDATE SET hits = hits + ?2, last_used = max(last_used, ?3)";
    for touch in touches {
        let row =
            params![touch.entry.as_bytes(), touch.hits.cast_signed(), touch.last.as_nanos().cast_signed()];
        connection.prepare_cached(sql)?.execute(row)?;
    }
    Ok(())
}

/// Keeps the trail of an entry that is about to go; while it is there, its record has it.
pub(super) fn note_trail(connection: &Connection, entry: &Digest) -> rusqlite::Result<()> {
    // An older entry does not hide the trail of a younger one that went before.
    let sql = "INSERT INTO trails
        SELECT key, factory, shown, created, record ->> '$.trail' FROM entries WHERE entry = ?1
        ON CONFLICT (key) DO UPDATE SET at = excluded.at, trail = excluded.trail WHERE at <= excluded.at";
    connection.prepare_cached(sql)?.execute([entry.as_bytes()]).map(drop)
}

/// An entry of this key is there again.
pub(super) fn forget_removal(connection: &Connection, key: &Digest) -> rusqlite::Result<()> {
    let sql = "DELETE FROM removals WHERE key = ?1";
    connection.prepare_cached(sql)?.execute([key.as_bytes()]).map(drop)
}

pub(super) fn note_removal(
    connection: &Connection,
    key: &Digest,
    at: Timestamp,
    by: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO removals VALUES (?1, ?2, ?3)";
    let row = params![key.as_bytes(), at.as_nanos().cast_signed(), by];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// The digest that stands for a vouch: what its MAC covers. Not the code that it is bound to, which is not known when
/// the vouch is given.
fn vouch(factory: &str, old_code: &Digest, at: Timestamp) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"heirloom vouch 1\n").update(old_code.as_bytes()).update(&at.as_nanos().to_le_bytes());
    hasher.update(factory.as_bytes());
    hasher.finalize().into()
}
