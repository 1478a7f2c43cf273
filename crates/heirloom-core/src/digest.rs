//! The one digest of the house: BLAKE3, 256 bits.
//!
//! Ground floor of the road: imports nothing of ours. Everything that is compared by content (keys, fingerprints,
//! dependencies, blobs) is compared through a [`Digest`].
//!
//! Promises: 1. equal bytes give equal digests on every machine and in every version; 2. 256 bits everywhere, so
//! a collision is not a case we handle. Refuses: shortened digests as identity ([`Digest::short`] is for people).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::str::FromStr;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// A BLAKE3 digest of 32 bytes; shown as 64 lower-case hexadecimal letters.
///
/// ```
/// use heirloom_core::Digest;
/// let digest = Digest::of(b"flights");
/// assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
/// assert_eq!(digest.short().len(), 12);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests one run of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Digests one run of bytes on all cores; worth it from about a mebibyte on.
    #[must_use]
    pub fn of_large(bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        update_large(&mut hasher, bytes);
        hasher.finalize().into()
    }

    /// Digests all that a reader gives, on all cores, a mebibyte at a time.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; 1 << 20]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finalize().into()),
                Ok(read) => update_large(&mut hasher, &buffer[..read]),
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Wraps 32 bytes that are a digest already.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal letters, for people; never an identity.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(12);
        text
    }
}

/// Hashes on all cores; on one in a forked child, where the pool's threads do not exist and would be waited for.
pub(crate) fn update_large(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    static BORN: OnceLock<u32> = OnceLock::new();
    let pid = std::process::id();
    if *BORN.get_or_init(|| pid) == pid {
        hasher.update_rayon(bytes);
    } else {
        hasher.update(bytes);
    }
}

/// Writes two letters for each of up to 64 bytes.
pub(crate) fn write_hexadecimal(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    const LETTERS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 128];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = LETTERS[usize::from(byte >> 4)];
        pair[1] = LETTERS[usize::from(byte & 15)];
    }
    f.write_str(std::str::from_utf8(&text[..2 * bytes.len()]).unwrap_or_default())
}

/// Reads two letters for each byte; `None` when there are fewer or more, or others.
pub(crate) fn read_hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let letter = |byte: u8| (byte as char).to_digit(16);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; N] = pairs.try_into().ok()?;
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = u8::try_from(letter(*high)? << 4 | letter(*low)?).ok()?;
    }
    Some(bytes)
}

impl Hash for Digest {
    /// Eight of its bytes: a digest is a hash already, so a table need not stir all 32 again.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0[..8]);
        state.write_u64(u64::from_le_bytes(first));
    }
}

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(f, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl FromStr for Digest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_hexadecimal(text).map(Self).ok_or("a digest is 64 hexadecimal letters")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
