//! Dependencies: from what an object was built. Recorded while building, checked before serving.
//!
//! Promises: 1. what cannot be checked is recorded as such, never left out; 2. a secret is never stored: of an
//! environment variable only the digest is kept. Refuses: looking at the disk; `inputs` does that.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::path::StoredPath;
use crate::digest::Digest;

/// One thing that a builder really used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Dependency {
    /// A file's content.
    File {
        /// Which file.
        path: StoredPath,
        /// What it was when it was read.
        state: FileState,
    },
    /// The names in a directory (not the files' content).
    Directory {
        /// Which directory.
        path: StoredPath,
        /// The digest of its sorted names and their kinds.
        listing: Digest,
        /// Names that the build itself wrote there, which do not count.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        written: Vec<String>,
    },
    /// The paths that a pattern matched; contents that were read stand as [`Dependency::File`] beside it.
    Pattern {
        /// The pattern, such as `./data/*.csv`.
        path: StoredPath,
        /// The digest of the sorted matching paths.
        matches: Digest,
        /// Paths that the build itself wrote there, which do not count.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        written: Vec<StoredPath>,
    },
    /// A path that the builder looked for and did not find.
    Absent {
        /// The path.
        path: StoredPath,
    },
    /// One property of a path, where nothing else of it was asked.
    Stat {
        /// The path.
        path: StoredPath,
        /// Which property.
        property: Property,
        /// What it was.
        value: String,
    },
    /// A path that the builder looked for, did not find, and then made: a later build may find it as it was left.
    Made {
        /// The path.
        path: StoredPath,
        /// How the build left it; `None` for a directory.
        state: Option<FileState>,
    },
    /// The working directory.
    WorkingDirectory {
        /// Which one it was.
        path: StoredPath,
    },
    /// A state of the process that the face can look at: the arguments of a program, a time zone, a locale.
    Ambient {
        /// Which one: `sys.argv`.
        what: String,
        /// The digest of what it was.
        value: Digest,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
        /// The digest of its value; `None` when it was not set.
        value: Option<Digest>,
    },
    /// Another cached object.
    Object {
        /// The factory that made it.
        factory: String,
        /// Its key.
        key: Digest,
        /// The key for people.
        shown: String,
        /// What it was built by.
        fingerprint: Digest,
        /// The digest of its sealed content; `None` when it could not be sealed.
        content: Option<Digest>,
        /// How the face can make the call again, in a form of its own; `None` when it cannot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<String>,
    },
    /// What another factory builds by: that of a cached call whose object cannot be compared, because it failed or was never
    /// sealed. What that build read stands beside it.
    Factory {
        /// The factory's name.
        factory: String,
        /// What it was built by.
        fingerprint: Digest,
    },
    /// Code that ran and that the fingerprint does not hold, such as a module found by its name. Only the face that
    /// recorded it can look at it again.
    Code {
        /// Which code: `plugins.csv`.
        name: String,
        /// What the face knows of it, in a form of its own.
        state: String,
        /// Whether it can change while a process runs; the code of an installed package cannot.
        live: bool,
    },
    /// Something that cannot be checked later, such as a network read.
    Unchecked {
        /// What kind of thing: `network`, `time`, `randomness`.
        what: String,
        /// Which one: `https://example.org/rates`.
        detail: String,
    },
}

/// A property of a path that can be asked for alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// `file`, `directory` or `other`.
    Kind,
    /// Bytes.
    Size,
    /// The time of the last change, in nanoseconds since 1970.
    Modified,
    /// The permission bits, in octal.
    Mode,
    /// Where the symbolic link leads; `no link` where it is none.
    Link,
}

/// What a file was when it was read: the digest decides, the rest is the shortcut.
///
/// An `mtime_nanos` of 0 switches the shortcut off: the file had changed so shortly before it was read that a later
/// change could carry the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileState {
    /// Bytes.
    pub size: u64,
    /// Time of the last change of content, in nanoseconds since 1970.
    pub mtime_nanos: i64,
    /// Time of the last change of anything, in nanoseconds since 1970; unlike `mtime`, nobody can set it back.
    pub ctime_nanos: i64,
    /// The file's number on its device.
    pub inode: u64,
    /// The digest of the content.
    pub digest: Digest,
}

impl FileState {
    /// The state of a file that could not be read whole: it never holds, whatever is there later.
    pub const UNKNOWN: Self =
        Self { size: 0, mtime_nanos: 0, ctime_nanos: 0, inode: 0, digest: Digest::from_bytes([0; 32]) };

    /// Whether the content was never known.
    pub fn is_unknown(&self) -> bool {
        self.digest == Self::UNKNOWN.digest
    }
}

impl Dependency {
    /// Whether a live object must be checked against it, again and again while a process runs.
    pub fn can_change_while_running(&self) -> bool {
        !matches!(self, Self::Code { live: false, .. } | Self::Unchecked { .. })
    }

    /// Which input it is, whatever its state: two looks at one input have the same subject, two inputs never do.
    pub fn subject(&self) -> (u8, String) {
        match self {
            Self::File { path, .. } => (0, path.to_string()),
            Self::Directory { path, .. } => (1, path.to_string()),
            Self::Pattern { path, .. } => (2, path.to_string()),
            Self::Absent { path } => (3, path.to_string()),
            Self::Variable { name, .. } => (4, name.clone()),
            // Not by what people are shown: that may be cut short.
            Self::Object { factory, key, fingerprint, .. } => (5, format!("{factory}\0{key}\0{fingerprint}")),
            Self::Code { name, .. } => (7, name.clone()),
            Self::Unchecked { what, detail } => (6, format!("{what}\0{detail}")),
            Self::Stat { path, property, .. } => (8, format!("{path}\0{property}")),
            Self::Made { path, .. } => (9, path.to_string()),
            Self::WorkingDirectory { .. } => (10, String::new()),
            Self::Ambient { what, .. } => (11, what.clone()),
            Self::Factory { factory, fingerprint } => (12, format!("{factory}\0{fingerprint}")),
        }
    }

    /// What decides, without the shortcuts: a file that was touched and not changed is the same dependency, and of an object
    /// it does not matter how its call is spelled.
    #[must_use]
    pub fn essence(&self) -> Self {
        match self {
            Self::File { path, state } => {
                let state = FileState { mtime_nanos: 0, ctime_nanos: 0, inode: 0, ..*state };
                Self::File { path: path.clone(), state }
            }
            Self::Made { path, state } => {
                let state =
                    state.map(|state| FileState { mtime_nanos: 0, ctime_nanos: 0, inode: 0, ..state });
                Self::Made { path: path.clone(), state }
            }
            Self::Object { factory, key, shown, fingerprint, content, .. } => Self::Object {
                factory: factory.clone(),
                key: *key,
                shown: shown.clone(),
                fingerprint: *fingerprint,
                content: *content,
                call: None,
            },
            other => other.clone(),
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind => "kind",
            Self::Size => "size",
            Self::Modified => "time of change",
            Self::Mode => "permissions",
            Self::Link => "link target",
        })
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "file {path}"),
            Self::Directory { path, .. } => write!(f, "directory {path}"),
            Self::Pattern { path, .. } => write!(f, "files {path}"),
            Self::Absent { path } => write!(f, "absence of {path}"),
            Self::Variable { name, .. } => write!(f, "environment variable {name}"),
            Self::Object { factory, shown, .. } => write!(f, "object {factory}{shown}"),
            Self::Factory { factory, .. } => write!(f, "the code of {factory}"),
            Self::Code { name, .. } => write!(f, "code of {name}"),
            Self::Unchecked { what, detail } => write!(f, "{what} {detail}"),
            Self::Stat { path, property, .. } => write!(f, "{property} of {path}"),
            Self::Made { path, .. } => write!(f, "file {path}, which the build itself made,"),
            Self::WorkingDirectory { .. } => write!(f, "the working directory"),
            Self::Ambient { what, .. } => f.write_str(what),
        }
    }
}
