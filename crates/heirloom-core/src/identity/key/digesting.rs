//! Where encoded bytes go: into a digest, or into a plain run of bytes that is sorted later.
//!
//! Under the [`KeyWriter`](super::KeyWriter). Promises: 1. an ordinary small key stays in one buffer on the stack
//! and is digested in one go, with no allocation; 2. a large one streams, so no second copy of an argument is made;
//! 3. the encoding is retained only when asked, and only while it is no longer than [`SHOWN_BYTES_MAX`].
//! Refuses: a part of an encoding; it is retained whole or not at all.

use std::sync::Arc;

use crate::Digest;
use crate::digest::update_large;

/// The first bytes of everything a key's digest covers: the domain and the version of the key format.
pub const KEY_DOMAIN: &[u8; 15] = b"heirloom key 1\n";

/// The longest encoding, in bytes, that a [`Key`](super::Key) carries along to show it.
pub const SHOWN_BYTES_MAX: usize = 4096;

/// Room on the stack; a key with a name of full length (217 bytes of head) and ordinary arguments fits.
const BUFFER_BYTES: usize = 512;

/// From this length on, one argument is worth digesting on all cores.
const ALL_CORES_BYTES_MIN: usize = 1 << 20;

/// Whether a key keeps its encoding, so that it can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retain {
    /// Keep the encoding when it is no longer than [`SHOWN_BYTES_MAX`]; costs one allocation.
    Encoding,
    /// Keep the digest only.
    Nothing,
}

/// Takes encoded bytes, in order.
pub(super) trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Digests domain, factory name and encoding as they come.
pub(super) struct Digesting {
    buffer: [u8; BUFFER_BYTES],
    /// How much of `buffer` is taken.
    filled: usize,
    /// Where the part of `buffer` that may be retained begins.
    encoding_start: usize,
    /// Made when the buffer first runs over.
    hasher: Option<Box<blake3::Hasher>>,
    retain: Retain,
    retained: Vec<u8>,
    length: u64,
}

/// What is left when all bytes have come.
pub(super) struct Digested {
    pub(super) digest: Digest,
    pub(super) encoded: Option<Arc<[u8]>>,
    pub(super) length: u64,
}

impl Digesting {
    /// Starts with domain and factory name; neither counts to the encoding.
    pub(super) fn new(factory: &str, retain: Retain) -> Self {
        let mut sink = Self {
            buffer: [0; BUFFER_BYTES],
            filled: 0,
            encoding_start: 0,
            hasher: None,
            retain: Retain::Nothing,
            retained: Vec::new(),
            length: 0,
        };
        let (name_length, length_bytes) = super::key_writer::count_bytes(factory.len() as u64);
        sink.put(KEY_DOMAIN);
        sink.put(&name_length[..length_bytes]);
        sink.put(factory.as_bytes());
        sink.encoding_start = sink.filled;
        sink.retain = retain;
        sink.length = 0;
        sink
    }

    /// Ends the digest.
    pub(super) fn finish(&mut self) -> Digested {
        let tail = &self.buffer[..self.filled];
        let digest = match &mut self.hasher {
            None => blake3::hash(tail).into(),
            Some(hasher) => hasher.update(tail).finalize().into(),
        };
        let encoding = &self.buffer[self.encoding_start..self.filled];
        let room = SHOWN_BYTES_MAX - self.retained.len();
        let encoded = if self.retain == Retain::Nothing || encoding.len() > room {
            None
        } else if self.retained.is_empty() {
            Some(encoding.into())
        } else {
            self.retained.extend_from_slice(encoding);
            Some(std::mem::take(&mut self.retained).into())
        };
        Digested { digest, encoded, length: self.length }
    }

    /// Empties the buffer into the hasher and takes `bytes` behind it.
    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        let hasher = self.hasher.get_or_insert_with(Box::default);
        hasher.update(&self.buffer[..self.filled]);
        let encoding = self.encoding_start..self.filled;
        Self::keep(&mut self.retain, &mut self.retained, &self.buffer[encoding]);
        (self.encoding_start, self.filled) = (0, 0);
        if bytes.len() <= BUFFER_BYTES {
            self.buffer[..bytes.len()].copy_from_slice(bytes);
            self.filled = bytes.len();
            return;
        }
        if bytes.len() < ALL_CORES_BYTES_MIN {
            hasher.update(bytes);
        } else {
            update_large(hasher, bytes);
        }
        Self::keep(&mut self.retain, &mut self.retained, bytes);
    }

    /// Retains `bytes`, or gives up retaining when the encoding grows too long to be shown.
    fn keep(retain: &mut Retain, retained: &mut Vec<u8>, bytes: &[u8]) {
        if *retain == Retain::Nothing {
            return;
        }
        if bytes.len() > SHOWN_BYTES_MAX - retained.len() {
            *retain = Retain::Nothing;
            *retained = Vec::new();
            return;
        }
        retained.extend_from_slice(bytes);
    }
}

impl Sink for Digesting {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if let Some(room) = self.buffer.get_mut(self.filled..self.filled + bytes.len()) {
            room.copy_from_slice(bytes);
            self.filled += bytes.len();
        } else {
            self.spill(bytes);
        }
    }
}
