//! `heirloom du`: where the bytes of a store are.
//!
//! Promises: 1. blobs that several entries share count once in a factory and once in all; 2. the folder's total is
//! measured on the files. Refuses: guessing what a file system's blocks cost.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::Args;
use heirloom_core::disk::{EntryRow, Layout};
use heirloom_core::settings::shown_size;
use serde::Serialize;

use super::Call;
use crate::report::distinct_bytes;
use crate::stop::{FINE, Outcome};
use crate::table::Table;

const BELOW: &str = "\
Examples:
  heirloom du
  heirloom du --json | jq .folder.bytes";

/// Tell where the bytes are
#[derive(Args, Clone, Copy)]
#[command(after_help = BELOW)]
pub(crate) struct Du {}

#[derive(Serialize)]
struct Report {
    factories: Vec<Share>,
    objects: Objects,
    folder: Folder,
}

#[derive(Serialize)]
struct Share {
    factory: String,
    entries: usize,
    bytes: u64,
}

/// All kept objects together.
#[derive(Serialize)]
struct Objects {
    entries: usize,
    bytes: u64,
    inline_bytes: u64,
}

/// The files of the store.
#[derive(Serialize)]
struct Folder {
    blobs_bytes: u64,
    records_bytes: u64,
    registry_bytes: u64,
    quarantine_bytes: u64,
    bytes: u64,
}

pub(crate) fn run(_: Du, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let rows = open.engine.entries(None)?;
    let report = Report {
        factories: factories(&rows),
        objects: Objects {
            entries: rows.len(),
            bytes: distinct_bytes(&rows),
            inline_bytes: distinct_bytes(rows.iter().filter(|row| row.inline)),
        },
        folder: Folder::measured(&open.project.store),
    };
    if call.console.json {
        open.document(&mut call.console, "du", &report)?;
        return Ok(FINE);
    }
    let mut table = Table::new(&["~FACTORY", ">ENTRIES", ">SIZE"]);
    for factory in &report.factories {
        table.row(&[factory.factory.clone(), factory.entries.to_string(), shown_size(factory.bytes)]);
    }
    let objects = &report.objects;
    table.row(&["total".into(), objects.entries.to_string(), shown_size(objects.bytes)]);
    call.console.table(table)?;
    let folder = &report.folder;
    call.console.line("")?;
    let mut table = Table::new(&["ON DISK", ">SIZE"]);
    for (name, bytes) in [
        ("blobs", folder.blobs_bytes),
        ("records", folder.records_bytes),
        ("registry", folder.registry_bytes),
        ("quarantine", folder.quarantine_bytes),
        ("whole folder", folder.bytes),
    ] {
        table.row(&[name.into(), shown_size(bytes)]);
    }
    call.console.table(table)?;
    Ok(FINE)
}

fn factories(rows: &[EntryRow]) -> Vec<Share> {
    let mut groups: BTreeMap<&str, Vec<&EntryRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(&row.factory).or_default().push(row);
    }
    let mut factories: Vec<Share> = groups
        .into_iter()
        .map(|(factory, rows)| Share {
            factory: factory.to_owned(),
            entries: rows.len(),
            bytes: distinct_bytes(rows),
        })
        .collect();
    factories.sort_by(|left, right| right.bytes.cmp(&left.bytes).then(left.factory.cmp(&right.factory)));
    factories
}

impl Folder {
    fn measured(root: &Path) -> Self {
        let layout = Layout::new(root);
        let registry = layout.registry();
        let beside = ["", "-wal", "-shm"].map(|ending| {
            let mut path = registry.clone().into_os_string();
            path.push(ending);
            fs::metadata(path).map_or(0, |metadata| metadata.len())
        });
        Self {
            blobs_bytes: below(&layout.blobs()),
            records_bytes: below(&layout.records()),
            registry_bytes: beside.iter().sum(),
            quarantine_bytes: below(&layout.quarantine()),
            bytes: below(root),
        }
    }
}

/// The bytes of all files below a folder; what vanishes meanwhile counts nothing.
fn below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let bytes = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => below(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    });
    bytes.sum()
}
