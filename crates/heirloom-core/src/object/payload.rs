//! The payload: an object's frames, laid out so that a mapped file can be used in place.
//!
//! `docs/format/blob.md` describes the bytes. Promises: 1. every frame starts at a multiple of 64 bytes, counted
//! from the start of the blob, so any element type is aligned in a mapping; 2. taking a layout apart checks every
//! bound before it is used. Refuses: meaning; a frame is just bytes.

use std::collections::TryReserveError;

use bytes::Bytes;

use crate::digest::{Digest, update_large};

/// Frames start at multiples of this many bytes.
pub const FRAME_ALIGN: usize = 64;

const MAGIC: &[u8; 8] = b"HEIRBLOB";
const VERSION: u32 = 1;
const HEAD: usize = 16;
static PADDING: [u8; FRAME_ALIGN] = [0; FRAME_ALIGN];
const RAYON_FROM: usize = 1 << 20;

/// The frames of one sealed object.
///
/// ```
/// use heirloom_core::object::Payload;
/// let payload = Payload::new(vec![b"head".as_slice().into(), vec![7; 100].into()]);
/// let blob = payload.to_blob();
/// assert_eq!(Payload::from_blob(blob).unwrap().frames()[1], vec![7; 100]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(Vec<Bytes>);

impl Payload {
    /// A payload of these frames, in this order.
    pub fn new(frames: Vec<Bytes>) -> Self {
        Self(frames)
    }

    /// A payload of one frame.
    pub fn single(frame: impl Into<Bytes>) -> Self {
        Self(vec![frame.into()])
    }

    /// The frames.
    pub fn frames(&self) -> &[Bytes] {
        &self.0
    }

    /// The same payload with a private copy of the first frame, when the copy has this digest: what lies in a mapped
    /// file can change between being digested and being read, a copy cannot.
    ///
    /// # Errors
    /// When there is no memory for the copy.
    pub fn with_private_first(mut self, digest: &Digest) -> Result<Option<Self>, TryReserveError> {
        let Some(first) = self.0.first_mut() else { return Ok(None) };
        let mut copy = Vec::new();
        // Asked for, not taken: a process that may have no more must not end here.
        copy.try_reserve_exact(first.len())?;
        copy.extend_from_slice(first);
        *first = copy.into();
        Ok((self.first_digest() == Some(*digest)).then_some(self))
    }

    /// The digest of the first frame, when there is one.
    pub fn first_digest(&self) -> Option<Digest> {
        let first = self.0.first()?;
        Some(if first.len() >= RAYON_FROM { Digest::of_large(first) } else { Digest::of(first) })
    }

    /// The bytes of all frames together, without head and padding.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|frame| frame.len() as u64).sum()
    }

    /// The length of the whole blob, head and padding included.
    pub fn blob_len(&self) -> u64 {
        let (last, others) = match self.0.split_last() {
            Some((last, others)) => (last.len(), others),
            None => (0, &[][..]),
        };
        let padded: usize = others.iter().map(|frame| aligned(frame.len())).sum();
        (self.head_len() + padded + last) as u64
    }

    /// The whole blob as the pieces to write one after another: head, then frames, with padding between.
    pub fn pieces(&self) -> Vec<Bytes> {
        let mut head = Vec::with_capacity(self.head_len());
        head.extend_from_slice(MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&u32::try_from(self.0.len()).unwrap_or(u32::MAX).to_le_bytes());
        for frame in &self.0 {
            head.extend_from_slice(&(frame.len() as u64).to_le_bytes());
        }
        head.resize(self.head_len(), 0);
        let mut pieces = vec![Bytes::from(head)];
        for (at, frame) in self.0.iter().enumerate() {
            pieces.push(frame.clone());
            let gap = aligned(frame.len()) - frame.len();
            if gap > 0 && at + 1 < self.0.len() {
                pieces.push(Bytes::from_static(&PADDING[..gap]));
            }
        }
        pieces
    }

    /// The digest of the whole blob; equal content has an equal digest.
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        for piece in self.pieces() {
            if piece.len() >= RAYON_FROM {
                update_large(&mut hasher, &piece);
            } else {
                hasher.update(&piece);
            }
        }
        hasher.finalize().into()
    }

    /// The blob in one run of bytes; for small payloads.
    pub fn to_blob(&self) -> Bytes {
        self.pieces().concat().into()
    }

    /// Takes a blob apart without copying; `None` when the bytes are not a whole blob.
    #[expect(clippy::needless_pass_by_value, reason = "the frames share it, so it is handed over")]
    pub fn from_blob(blob: Bytes) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(blob.get(at..at + 4)?.try_into().ok()?));
        if blob.get(..8)? != MAGIC || number(8)? != VERSION {
            return None;
        }
        let count = number(12)? as usize;
        let mut at = aligned(HEAD.checked_add(count.checked_mul(8)?)?);
        if at > blob.len() && count > 0 {
            return None;
        }
        let mut frames = Vec::with_capacity(count);
        for index in 0..count {
            let place = HEAD + 8 * index;
            let length = u64::from_le_bytes(blob.get(place..place + 8)?.try_into().ok()?);
            let end = at.checked_add(usize::try_from(length).ok()?)?;
            if end > blob.len() {
                return None;
            }
            frames.push(blob.slice(at..end));
            at = end.checked_next_multiple_of(FRAME_ALIGN)?;
        }
        Some(Self(frames))
    }

    fn head_len(&self) -> usize {
        aligned(HEAD + 8 * self.0.len())
    }
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(FRAME_ALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(lengths: &[usize]) -> Payload {
        let frame = |(at, length): (usize, &usize)| Bytes::from(vec![u8::try_from(at).unwrap(); *length]);
        Payload::new(lengths.iter().enumerate().map(frame).collect())
    }

    #[test]
    fn frames_come_back_aligned() {
        for lengths in [&[][..], &[0], &[1], &[64], &[63, 64, 65], &[0, 0, 5], &[1; 9]] {
            let payload = payload(lengths);
            let blob = payload.to_blob();
            assert_eq!(Digest::of(&blob), payload.digest());
            assert_eq!(blob.len() as u64, payload.blob_len());
            let base = blob.as_ptr() as usize;
            let opened = Payload::from_blob(blob).unwrap();
            assert_eq!(opened, payload, "{lengths:?}");
            for frame in opened.frames().iter().filter(|frame| !frame.is_empty()) {
                assert_eq!((frame.as_ptr() as usize - base) % FRAME_ALIGN, 0);
            }
        }
    }

    #[test]
    fn a_cut_blob_is_refused() {
        let blob = payload(&[3, 100, 7]).to_blob();
        for end in 0..blob.len() {
            assert_eq!(Payload::from_blob(blob.slice(..end)), None, "cut at {end}");
        }
    }

    #[test]
    fn a_hostile_head_is_refused() {
        let mut blob = payload(&[3]).to_blob().to_vec();
        blob[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(Payload::from_blob(blob.clone().into()), None);
        blob[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Payload::from_blob(blob.into()), None);
    }
}
