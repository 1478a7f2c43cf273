//! The MAC: keyed BLAKE3 over the statement that an entry makes.
//!
//! Pure. `docs/format/record.md` describes the bytes. Promises: 1. a check takes the same time whatever is wrong; 2. a
//! MAC names its key, so that another key and a change are told apart. Refuses: to show a secret.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::distrust::{Distrust, shown};
use crate::clock::Timestamp;
use crate::digest::{Digest, read_hexadecimal, write_hexadecimal};

const MAC_DOMAIN: &[u8] = b"heirloom mac 1\n";
const IDENTITY_DOMAIN: &str = "heirloom key identity 1";
/// Stands for the digest of a code frame where there is none.
const NO_CODE: [u8; 32] = [0; 32];
const STATEMENT_DOMAIN: &[u8] = b"heirloom statement 1\n";

/// The secret that MACs are made with.
#[derive(Clone)]
pub struct MacKey {
    secret: [u8; 32],
    identity: [u8; 8],
    team: bool,
}

/// A MAC with the identity of the key that made it: 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mac([u8; 40]);

/// Everything that decides whether an entry may be served; what the MAC of an entry covers.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Which thing.
    pub key: &'a Digest,
    /// Built by what.
    pub fingerprint: &'a Digest,
    /// When the build ended.
    pub created: Timestamp,
    /// How long the build took, in nanoseconds.
    pub build_nanos: u64,
    /// The digest of the blob: of all its frames.
    pub content: &'a Digest,
    /// The length of the blob, in bytes.
    pub bytes: u64,
    /// The digest of the frame whose opening can run code.
    pub code: Option<&'a Digest>,
    /// From what, in the JSON of the record; empty when from nothing.
    pub dependencies: &'a str,
    /// What it offers, in the JSON of the record; empty when nothing.
    pub traits: &'a str,
    /// Until when, in the JSON of the record.
    pub lifetime: &'a str,
}

impl MacKey {
    /// A key of these 32 secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        let derived = blake3::derive_key(IDENTITY_DOMAIN, &secret);
        let mut identity = [0; 8];
        identity.copy_from_slice(&derived[..8]);
        Self { secret, identity, team: false }
    }

    /// The same key, known to be shared by several users.
    #[must_use]
    pub fn of_team(self) -> Self {
        Self { team: true, ..self }
    }

    /// Whether several users share it.
    pub fn is_team(&self) -> bool {
        self.team
    }

    /// The key's name in 16 hexadecimal letters; tells nothing of the secret.
    pub fn identity(&self) -> String {
        shown(self.identity)
    }

    /// The MAC of what `digest` stands for.
    ///
    /// ```
    /// use heirloom_core::{Digest, trust::MacKey};
    /// let (key, other) = (MacKey::new([1; 32]), MacKey::new([2; 32]));
    /// let mac = key.sign(&Digest::of(b"flights"));
    /// assert!(key.check(&Digest::of(b"flights"), Some(&mac)).is_ok());
    /// assert!(key.check(&Digest::of(b"planes"), Some(&mac)).is_err());
    /// assert!(other.check(&Digest::of(b"flights"), Some(&mac)).is_err());
    /// ```
    pub fn sign(&self, digest: &Digest) -> Mac {
        let mut mac = [0; 40];
        mac[..8].copy_from_slice(&self.identity);
        mac[8..].copy_from_slice(self.tag(digest).as_bytes());
        Mac(mac)
    }

    /// Checks a MAC.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn check(&self, digest: &Digest, mac: Option<&Mac>) -> Result<(), Distrust> {
        let Mac(bytes) = mac.ok_or(Distrust::Unsigned)?;
        let (identity, tag) = bytes.split_at(8);
        if identity != self.identity {
            let mut theirs = [0; 8];
            theirs.copy_from_slice(identity);
            return Err(Distrust::OtherKey { theirs, ours: self.identity });
        }
        let mut found = [0; 32];
        found.copy_from_slice(tag);
        // This comparison takes the same time wherever the two differ.
        if self.tag(digest) == blake3::Hash::from_bytes(found) { Ok(()) } else { Err(Distrust::Changed) }
    }

    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    fn tag(&self, digest: &Digest) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(MAC_DOMAIN).update(digest.as_bytes());
        hasher.finalize()
    }
}

impl Statement<'_> {
    /// The digest that stands for it.
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(STATEMENT_DOMAIN);
        hasher.update(self.key.as_bytes()).update(self.fingerprint.as_bytes());
        hasher.update(&self.created.as_nanos().to_le_bytes()).update(&self.build_nanos.to_le_bytes());
        hasher.update(self.content.as_bytes()).update(&self.bytes.to_le_bytes());
        hasher.update(self.code.map_or(NO_CODE.as_slice(), |code| code.as_bytes()));
        for text in [self.dependencies, self.traits, self.lifetime] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        hasher.finalize().into()
    }
}

impl Mac {
    /// A MAC from its 40 bytes; `None` when there are fewer or more.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 40 bytes.
    pub fn as_bytes(&self) -> &[u8; 40] {
        &self.0
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MacKey({})", self.identity())
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(f, &self.0)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mac {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_hexadecimal(text).map(Self).ok_or("a MAC is 80 hexadecimal letters")
    }
}

impl Serialize for Mac {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
