//! The record beside each blob: a file that describes the entry by itself.
//!
//! `docs/format/record.md` describes the bytes: one head line with the digest of the body, then the body as JSON.
//! Promises: a record whose body is not what was written is told apart. Refuses: being read on the road of a
//! request; the registry's row is the same record.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::blobs::stage;
use super::fault::Fault;
use super::layout::Layout;
use crate::digest::Digest;
use crate::object::Record;

const HEAD: &str = "heirloom-record 1 ";

/// Writes the record of an entry.
pub(super) fn write(layout: &Layout, entry: &Digest, json: &str) -> Result<(), Fault> {
    let head = format!("{HEAD}{}\n", Digest::of(json.as_bytes()));
    stage(&layout.staging(), &layout.record(entry), |file| {
        file.write_all([head.as_bytes(), json.as_bytes(), b"\n"].concat().as_slice())
    })
}

/// Reads a record's file.
pub(super) fn read(path: &Path) -> Result<(Record, String), Fault> {
    let text = fs::read(path).map_err(Fault::io("read", path))?;
    let damaged = |what: &str| Fault::Corrupt(format!("{}: {what}", path.display()));
    let text = String::from_utf8(text).map_err(|_| damaged("not UTF-8"))?;
    let (head, body) = text.split_once('\n').ok_or_else(|| damaged("has no head"))?;
    let digest = head.strip_prefix(HEAD).ok_or_else(|| damaged("is not a record of version 1"))?;
    let body = body.strip_suffix('\n').ok_or_else(|| damaged("is cut short"))?;
    if digest.parse() != Ok(Digest::of(body.as_bytes())) {
        return Err(damaged("its body is not what was written"));
    }
    let record = serde_json::from_str(body).map_err(|fault| damaged(&fault.to_string()))?;
    Ok((record, body.to_owned()))
}

/// The files below a sharded folder (`blobs/`, `records/`), in no order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    list(folder).iter().filter(|path| path.is_dir()).flat_map(|shard| list(shard)).collect()
}

/// The digest that a file of a sharded folder is named by.
pub(super) fn named(path: &Path) -> Option<Digest> {
    path.file_stem()?.to_str()?.parse().ok()
}
