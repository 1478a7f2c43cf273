//! A path as it is stored: relative to the project where it lies inside it, to the working directory where it was
//! asked for so, absolute otherwise.
//!
//! So that a clone of the project in another place still hits, and a program started elsewhere means another file.
//! Promises: 1. `resolve` gives back the very path that was stored, byte for byte, also when it is not UTF-8; 2. the
//! text is what people see. Refuses: touching the disk, following links.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A stored path. The text starts with `./` (inside the project), with `/`, or with neither (in the working
/// directory); `%` and bytes that are not UTF-8 stand as `%XX`.
///
/// ```
/// use std::path::Path;
/// use heirloom_core::identity::StoredPath;
/// let stored = StoredPath::new(Path::new("/home/ann/etl/data/a.csv"), Some(Path::new("/home/ann/etl")));
/// assert_eq!(stored.to_string(), "./data/a.csv");
/// assert_eq!(stored.resolve(Some(Path::new("/tmp/clone"))), Path::new("/tmp/clone/data/a.csv"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredPath(String);

impl StoredPath {
    /// Stores an absolute `path`, relative to `project` when it lies inside.
    pub fn new(path: &Path, project: Option<&Path>) -> Self {
        match project.and_then(|root| path.strip_prefix(root).ok()) {
            Some(inside) => Self(format!("./{}", escape(inside))),
            None => Self(escape(path)),
        }
    }

    /// Stores a relative path as it was asked for: it means another file in another working directory.
    pub fn in_working_directory(path: &Path) -> Self {
        let plain: PathBuf = path.components().filter(|part| !matches!(part, Component::CurDir)).collect();
        Self(if plain.as_os_str().is_empty() { ".".to_owned() } else { escape(&plain) })
    }

    /// The path on this machine, with the project at `project`; a path in the working directory stays relative.
    pub fn resolve(&self, project: Option<&Path>) -> PathBuf {
        match self.0.strip_prefix("./") {
            Some(inside) => project.unwrap_or(Path::new("")).join(unescape(inside)),
            None => unescape(&self.0),
        }
    }
}

fn escape(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            text.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    text
}

fn hex(digit: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(digit)])
}

fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.filter(|_| first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

impl fmt::Display for StoredPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_stays_relative_and_is_never_taken_for_one_in_the_project() {
        for (asked, stored) in [("a.csv", "a.csv"), ("./a.csv", "a.csv"), ("../b/./a", "../b/a"), (".", ".")]
        {
            let path = StoredPath::in_working_directory(Path::new(asked));
            assert_eq!(path.to_string(), stored);
            assert_eq!(path.resolve(Some(Path::new("/proj"))), Path::new(stored));
        }
    }

    #[test]
    fn every_path_comes_back() {
        for bytes in [&b"/a/b"[..], b"/a/50%.csv", b"/a/\xff\xfe", "/a/é".as_bytes(), b"/proj/%41"] {
            let path = PathBuf::from(OsString::from_vec(bytes.to_vec()));
            for project in [None, Some(Path::new("/proj"))] {
                assert_eq!(StoredPath::new(&path, project).resolve(project), path);
            }
        }
    }
}
