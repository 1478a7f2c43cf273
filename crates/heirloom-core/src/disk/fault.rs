//! What can go wrong on the disk: closed by what the engine does about it.
//!
//! Promises: a fault names what was being done, to which file. Refuses: reaching a caller; the engine turns each
//! into a reason and builds.

use std::fmt;
use std::io;
use std::path::Path;

/// A fault of the disk tier.
#[derive(Debug)]
pub enum Fault {
    /// The file system said no; the text names what was tried.
    Io {
        /// What was being done, with the path.
        doing: String,
        /// What came back.
        source: io::Error,
    },
    /// The registry said no.
    Registry {
        /// What was being done.
        doing: &'static str,
        /// What came back.
        source: rusqlite::Error,
    },
    /// Bytes are not what was written.
    Corrupt(String),
    /// A blob that the registry knows is not there.
    Missing(String),
    /// The registry's file was taken away or replaced while it was open.
    Lost(String),
    /// The store is not one at all.
    Unusable(String),
    /// The store belongs to a newer version.
    Newer(String),
    /// There is no memory for so many bytes.
    NoMemory(u64),
}

impl Fault {
    pub(super) fn io<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { doing: format!("{doing} {}", path.display()), source }
    }

    pub(super) fn registry(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Registry { doing, source }
    }

    /// Whether the registry found no space on the disk.
    pub(super) fn is_full_disk(&self) -> bool {
        let Self::Registry { source, .. } = self else { return false };
        matches!(
            source.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure)
        )
    }

    /// Whether others hold the registry's file.
    pub(super) fn is_busy(&self) -> bool {
        let Self::Registry { source, .. } = self else { return false };
        source.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
    }

    /// Whether it is one that the disk tier mends as soon as it is met.
    pub(crate) fn is_mended_by_now(&self) -> bool {
        matches!(self, Self::Lost(_)) || self.is_damaged_registry()
    }

    /// Whether the registry's own file is damaged, so that it should be made anew from the records.
    pub(super) fn is_damaged_registry(&self) -> bool {
        let Self::Registry { source, .. } = self else { return false };
        matches!(
            source.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(f, "could not {doing}: {source}"),
            Self::Registry { doing, source } => write!(f, "the registry could not {doing}: {source}"),
            Self::NoMemory(bytes) => write!(f, "there is no memory for {bytes} bytes"),
            Self::Corrupt(what)
            | Self::Missing(what)
            | Self::Lost(what)
            | Self::Unusable(what)
            | Self::Newer(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Fault {}
