//! The record beside each blob: a file that describes the entry by itself.
//!
//! `docs/format/record.md` describes the bytes: one head line with the digest of the body, then the body as JSON.
//! Promises: a record whose body is not what was written is told apart. Refuses: being read on the road of a
//! request; the registry's row is the same record.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::fault::Fault;
use super::files::{self, Files};
use super::layout::Layout;
use crate::digest::Digest;
use crate::object::Record;

const HEAD: &str = "heirloom-record 1 ";

/// Writes the record of an entry.
pub(super) fn write(files: &Files, layout: &Layout, entry: &Digest, json: &str) -> Result<(), Fault> {
    let text = format!("{HEAD}{}\n{json}\n", Digest::of(json.as_bytes()));
    files.stage(&layout.staging(), &layout.record(entry), &[Bytes::from(text)])
}

/// Reads a record's file.
pub(super) fn read(path: &Path) -> Result<(Record, String), Fault> {
    let text = files::read(path).map_err(Fault::io("read", path))?;
    parse(text).map_err(|what| Fault::Corrupt(format!("{}: {what}", path.display())))
}

/// Reads the text of a record's file: the record, and its body as it stands.
pub(crate) fn parse(text: Vec<u8>) -> Result<(Record, String), String> {
    let text = String::from_utf8(text).map_err(|_| "not UTF-8")?;
    let (head, body) = text.split_once('\n').ok_or("has no head")?;
    let digest = head.strip_prefix(HEAD).ok_or("is not a record of version 1")?;
    let body = body.strip_suffix('\n').ok_or("is cut short")?;
    if digest.parse() != Ok(Digest::of(body.as_bytes())) {
        return Err("its body is not what was written".into());
    }
    let record = serde_json::from_str(body).map_err(|fault| fault.to_string())?;
    Ok((record, body.to_owned()))
}

/// The files below a sharded folder (`blobs/`, `records/`), in no order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    files::list(folder).iter().flat_map(|shard| files::list(shard)).collect()
}

/// The digest that a file of a sharded folder is named by.
pub(super) fn named(path: &Path) -> Option<Digest> {
    path.file_stem()?.to_str()?.parse().ok()
}
