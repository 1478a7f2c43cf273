//! The codec: how a live object becomes frames of bytes and comes back. The cache itself knows no serialisation.
//!
//! Promises (asked of every codec): 1. `open(seal(x))` equals `x`; 2. frames may be borrowed from a mapped file,
//! which outlives every object that points into it. Refuses: a codec without a name, because an entry sealed by
//! another codec must be told apart.

use super::live::Object;
use super::payload::Payload;
use crate::digest::Digest;

/// Why a codec could not do its work; its text becomes part of the trail.
pub type CodecFault = Box<dyn std::error::Error + Send + Sync>;

/// Seals objects into frames and opens them again.
pub trait Codec: Send + Sync {
    /// The name with a version of its own: `postcard/1`. Part of the fingerprint.
    fn name(&self) -> &str;

    /// The digest of the shape that the object's type has in this codec's bytes, for a codec whose bytes do not say it
    /// themselves. Part of the fingerprint.
    fn shape(&self) -> Option<Digest> {
        None
    }

    /// Turns the object into frames.
    ///
    /// # Errors
    /// When the object cannot be expressed; it is then served from memory only, and the trail says so.
    fn seal(&self, object: &Object) -> Result<Payload, CodecFault>;

    /// Turns frames back into an object.
    ///
    /// # Errors
    /// When the frames do not hold such an object; it is then built again, and the trail says so.
    fn open(&self, payload: &Payload) -> Result<Object, CodecFault>;

    /// Whether opening the first frame can run code, as that of a pickle can. If so, the engine hands out no frame
    /// before the entry's MAC holds, and the first one as a private copy that was digested itself.
    fn runs_code(&self) -> bool {
        false
    }
}

/// One step from an older format: opens entries of schema `from` and converts them to `from + 1`.
#[expect(clippy::type_complexity, reason = "plain functions behind a pointer")]
pub struct Migration {
    /// The schema that this step understands.
    pub from: u32,
    /// Opens frames that were kept with schema `from`.
    pub open: Box<dyn Fn(&Payload) -> Result<Object, CodecFault> + Send + Sync>,
    /// Converts an object of schema `from` to one of `from + 1`.
    pub convert: Box<dyn Fn(&Object) -> Result<Object, CodecFault> + Send + Sync>,
}

impl std::fmt::Debug for Migration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Migration({} → {})", self.from, self.from + 1)
    }
}
