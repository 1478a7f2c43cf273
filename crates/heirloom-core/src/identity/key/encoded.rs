//! One complete value in the canonical encoding, kept apart so that it can be sorted.
//!
//! Between two [`KeyWriter`]s: the members of maps and sets are written on their own, sorted by their bytes, and
//! taken over. Promises: an [`Encoded`] always holds exactly one complete value. Refuses: to be made from bytes.

use std::fmt;

use super::key_writer::KeyWriter;
use super::shown::shown;
use crate::{Error, Result};

/// One complete value in the canonical encoding, ordered by its bytes; the members of maps and sets are made of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Encoded(Vec<u8>);

/// The same key stands twice in a map, or the same element twice in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// `map key` or `set element`.
    member: &'static str,
    /// The member, for people.
    shown: String,
}

impl Encoded {
    /// The value that `write` writes.
    ///
    /// # Errors
    /// What `write` returns; [`Invalid`](crate::ErrorKind::Invalid) when it wrote less or more than one value.
    pub fn written<E: From<Error>>(
        write: impl FnOnce(&mut KeyWriter<'_>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut bytes = Vec::new();
        let mut writer = KeyWriter::new(&mut bytes);
        write(&mut writer)?;
        writer.finish()?;
        Ok(Self(bytes))
    }

    /// The value for people; its length when it cannot be shown.
    pub(super) fn shown(&self) -> String {
        shown(&self.0).unwrap_or_else(|_| format!("({} bytes)", self.0.len()))
    }

    /// The canonical bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Duplicate {
    pub(super) fn new(member: &'static str, value: &Encoded) -> Self {
        Self { member, shown: value.shown() }
    }
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} `{}` stands twice", self.member, self.shown)
    }
}

impl std::error::Error for Duplicate {}

impl From<Duplicate> for Error {
    fn from(duplicate: Duplicate) -> Self {
        Self::invalid(format!("{duplicate}; take one of them out"))
    }
}
