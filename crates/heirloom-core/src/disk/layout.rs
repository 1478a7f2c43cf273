//! The folder of a store, drawn once.
//!
//! ```text
//! STORE/
//! ├── CACHEDIR.TAG                 backup programs leave the folder out
//! ├── .gitignore                   so does git
//! └── v1/                          the version of everything below
//!     ├── registry.sqlite          the index (with -wal and -shm beside it)
//!     ├── blobs/ab/HEX.blob        sealed objects, named by the digest of their bytes
//!     ├── records/ab/HEX.json      one self-describing record an entry, named by the entry
//!     ├── pins/ab/HEX.pin         an empty file an entry that must stay, named by the entry
//!     ├── locks/HEX.lock           one an object being built; the kernel releases it when its holder dies
//!     ├── staging/                 files being written; renamed into place when whole
//!     └── quarantine/              what was found corrupt
//! ```
//!
//! Promises: every path of the store is made here. Refuses: touching the disk.

use std::path::{Path, PathBuf};

use crate::digest::Digest;

/// The paths of one store.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    version: PathBuf,
}

impl Layout {
    /// The layout of a store at `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), version: root.join("v1") }
    }

    /// The store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of this format's version.
    pub fn version(&self) -> &Path {
        &self.version
    }

    /// The registry's file.
    pub fn registry(&self) -> PathBuf {
        self.version.join("registry.sqlite")
    }

    /// All blobs.
    pub fn blobs(&self) -> PathBuf {
        self.version.join("blobs")
    }

    /// One blob.
    pub fn blob(&self, content: &Digest) -> PathBuf {
        sharded(&self.blobs(), content, "blob")
    }

    /// All records.
    pub fn records(&self) -> PathBuf {
        self.version.join("records")
    }

    /// One record.
    pub fn record(&self, entry: &Digest) -> PathBuf {
        sharded(&self.records(), entry, "json")
    }

    /// All marks of pinned entries.
    pub fn pins(&self) -> PathBuf {
        self.version.join("pins")
    }

    /// The mark of one pinned entry.
    pub fn pin(&self, entry: &Digest) -> PathBuf {
        sharded(&self.pins(), entry, "pin")
    }

    /// All lock files.
    pub fn locks(&self) -> PathBuf {
        self.version.join("locks")
    }

    /// The lock file of one thing being built.
    pub fn lock(&self, name: &Digest) -> PathBuf {
        self.locks().join(format!("{name}.lock"))
    }

    /// The lock that writers share and the collector holds alone.
    pub fn sweep_lock(&self) -> PathBuf {
        self.locks().join("sweep")
    }

    /// Files being written.
    pub fn staging(&self) -> PathBuf {
        self.version.join("staging")
    }

    /// What was found corrupt.
    pub fn quarantine(&self) -> PathBuf {
        self.version.join("quarantine")
    }
}

fn sharded(folder: &Path, name: &Digest, ending: &str) -> PathBuf {
    let hex = name.to_string();
    folder.join(&hex[..2]).join(format!("{hex}.{ending}"))
}
