//! Makes what a store must have: its folders, and a registry that fits its records.
//!
//! Promises: 1. a damaged registry is put aside, never overwritten; 2. a registry that was lost is made anew from
//! the records, also while the store is open. Refuses: opening payloads; a small blob is taken into the registry
//! when its digest is right, a large one is verified when it is first opened.

use std::fs;
use std::path::PathBuf;

use super::fault::Fault;
use super::files::{self, Files};
use super::layout::Layout;
use super::registry::NewEntry;
use super::store::{Disk, INLINE_MAX};
use super::{pins, quarantine, records};
use crate::digest::Digest;
use crate::object::Record;

const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                   # A store of Heirloom: everything in it can be built again.\n";

impl Disk {
    /// Makes the registry where there is none, from the records if there are any.
    pub(super) fn prepare(&self) -> Result<(), Fault> {
        match self.registry().make() {
            Ok(false) => Ok(()),
            Ok(true) => {
                if !records::files(&self.layout().records()).is_empty() {
                    let _alone = self.hold_sweep_lock()?;
                    self.index_records();
                }
                Ok(())
            }
            Err(fault) if fault.is_damaged_registry() => self.recover(),
            Err(fault) => Err(fault),
        }
    }

    /// Passes an answer on, and mends the registry when the answer says that it is damaged or lost: the request
    /// that met it goes on without the store, the next one finds it well again.
    pub(super) fn mending<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        match &answer {
            Err(fault) if fault.is_damaged_registry() => {
                // What cannot be mended now is met, and told, by the next request.
                self.recover().ok();
            }
            // Why it cannot be made again says more than that it is gone.
            Err(Fault::Lost(_)) => self.recover()?,
            _ => {}
        }
        answer
    }

    /// Puts a damaged registry aside, or makes one that was lost, and fills it from the records.
    fn recover(&self) -> Result<(), Fault> {
        make_folders(self.layout(), self.files())?;
        let _alone = self.hold_sweep_lock_briefly()?;
        self.registry().close();
        let made = match self.registry().make() {
            Err(fault) if !fault.is_damaged_registry() => return Err(fault),
            // Somebody else mended it while we waited for the lock.
            Ok(false) if self.registry().is_whole() => return Ok(()),
            Ok(made) => made,
            Err(_) => false,
        };
        if !made {
            self.registry().close();
            put_aside(self.layout(), self.files())?;
            self.registry().make()?;
        }
        self.index_records();
        Ok(())
    }

    /// Makes a row of every record whose blob is there and that the registry does not know; the caller holds the
    /// sweep lock. What cannot be read stays for `verify`.
    pub(super) fn index_records(&self) {
        for path in records::files(&self.layout().records()) {
            let known = |entry: Digest| self.registry().knows(&entry).unwrap_or(false);
            if records::named(&path).is_some_and(known) {
                continue;
            }
            if let Ok((record, json)) = records::read(&path) {
                self.index(&record, &json);
            }
        }
    }

    fn index(&self, record: &Record, json: &str) {
        let path = self.layout().blob(&record.content);
        if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.len() == record.bytes) {
            return;
        }
        let small = (record.bytes <= INLINE_MAX).then(|| files::read(&path).ok()).flatten();
        let inline = small.filter(|bytes| Digest::of(bytes) == record.content);
        if inline.is_none() && record.bytes <= INLINE_MAX {
            return;
        }
        let entry = record.entry();
        let pinned = pins::is_marked(self.layout(), &entry);
        let new = NewEntry { entry, record, json, inline: inline.as_deref(), seal: None, pinned };
        self.registry().insert(&new, &[]).ok();
    }
}

/// Makes the folders of a store, with the marks that keep it out of backups and of git.
pub(super) fn make_folders(layout: &Layout, files: &Files) -> Result<(), Fault> {
    let root = layout.root();
    files.make_private_folder(root)?;
    for folder in [layout.blobs(), layout.records(), layout.locks(), layout.staging()] {
        files.make_folder(&folder)?;
    }
    for (name, text) in [("CACHEDIR.TAG", TAG), (".gitignore", "*\n")] {
        let path = root.join(name);
        if !path.exists() {
            // A store without its marks works as well.
            files.write_mark(&path, text).ok();
        }
    }
    Ok(())
}

/// Moves the registry's files into quarantine.
fn put_aside(layout: &Layout, files: &Files) -> Result<(), Fault> {
    let registry = layout.registry();
    for ending in ["", "-wal", "-shm"] {
        let mut path = registry.clone().into_os_string();
        path.push(ending);
        let path = PathBuf::from(path);
        if let Some(name) = path.file_name() {
            quarantine::put(files, layout, &path, &name.to_string_lossy())?;
        }
    }
    Ok(())
}
