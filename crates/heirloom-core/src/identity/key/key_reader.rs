//! Reads the parts of an encoding: tags, counts, names, runs of bytes; each with its bounds checked.
//!
//! Under [`shown`](super::shown). Promises: 1. hostile bytes give a [`Malformed`], never a panic; 2. nothing is
//! allocated here, so no length that stands in the bytes can ask for memory; 3. only the shortest form of a count is
//! accepted. Refuses: everything the writer would not have written.

use std::fmt;

use super::tag::Tag;

/// Bytes that are not a canonical encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where reading stopped, in bytes from the start.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a canonical key encoding: {} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for Malformed {}

/// A place in an encoding.
pub(super) struct KeyReader<'bytes> {
    bytes: &'bytes [u8],
    at: usize,
}

impl<'bytes> KeyReader<'bytes> {
    pub(super) fn new(bytes: &'bytes [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The bytes between two places that have been read.
    pub(super) fn between(&self, start: usize, end: usize) -> &'bytes [u8] {
        &self.bytes[start..end]
    }

    pub(super) fn finish(&self) -> Result<(), Malformed> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.malformed("bytes are left over")) }
    }

    pub(super) fn tag(&mut self) -> Result<Tag, Malformed> {
        let unknown = self.malformed("an unknown tag stands");
        Tag::from_byte(self.byte()?).ok_or(unknown)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const WIDTH: usize>(&mut self) -> Result<[u8; WIDTH], Malformed> {
        let rest = &self.bytes[self.at..];
        let array = *rest.first_chunk().ok_or_else(|| self.malformed("the end comes too early"))?;
        self.at += WIDTH;
        Ok(array)
    }

    /// A count or length in its shortest form.
    pub(super) fn count(&mut self) -> Result<u64, Malformed> {
        let mut count = 0;
        for position in 0..10 {
            let byte = self.byte()?;
            if position == 9 && byte > 1 {
                return Err(self.malformed("a count has more than 64 bits"));
            }
            count |= u64::from(byte & 0x7f) << (7 * position);
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || position == 0;
                return if shortest {
                    Ok(count)
                } else {
                    Err(self.malformed("a count is longer than it need be"))
                };
            }
        }
        Err(self.malformed("a count has more than 64 bits"))
    }

    /// A length and that many bytes.
    pub(super) fn run(&mut self) -> Result<&'bytes [u8], Malformed> {
        let length = self.count()?;
        let rest = &self.bytes[self.at..];
        let run = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let run = run.ok_or_else(|| self.malformed("the end comes too early"))?;
        self.at += run.len();
        Ok(run)
    }

    /// A length and that many bytes of UTF-8.
    pub(super) fn text(&mut self) -> Result<&'bytes str, Malformed> {
        let run = self.run()?;
        std::str::from_utf8(run).map_err(|_| self.malformed("a text is not UTF-8"))
    }
}
