//! The record: everything that is known of a kept object, readable without opening it.
//!
//! It stands beside the blob as a file of its own, so the registry can be rebuilt from the records, and in the
//! registry's row, so that a look-up needs no file. `docs/format/record.md` describes the bytes.
//! Promises: the unhashed parts of the fingerprint are kept, so `explain` and `gc` can tell versions apart.
//! Refuses: payload bytes.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::identity::{Dependency, Fingerprint, Lifetime, Traits};
use crate::trail::Trail;
use crate::trust::{Mac, Statement};

/// What is known of one kept object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The factory's name.
    pub factory: String,
    /// The digest of the canonical arguments: which thing.
    pub key: Digest,
    /// The arguments for people.
    pub shown: String,
    /// Built by what.
    pub fingerprint: Fingerprint,
    /// From what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// What the object offers.
    #[serde(default, skip_serializing_if = "Traits::is_empty")]
    pub traits: Traits,
    /// Until when, as its factory said when it was built.
    #[serde(default)]
    pub lifetime: Lifetime,
    /// When the build ended.
    pub created: Timestamp,
    /// How long the build took, in nanoseconds.
    pub build_nanos: u64,
    /// The digest of the blob.
    pub content: Digest,
    /// The length of the blob, in bytes.
    pub bytes: u64,
    /// The digest of the frame whose opening can run code, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Digest>,
    /// The MAC over everything above that decides; see [`Record::statement`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Who built it.
    pub origin: Origin,
    /// Why it was built.
    #[serde(default)]
    pub trail: Trail,
}

/// Who built an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The machine's name.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The program's name, when the face told it.
    #[serde(default)]
    pub program: String,
}

impl Record {
    /// The digest of everything that decides: what the MAC covers.
    pub fn statement(&self) -> Digest {
        let statement = Statement {
            key: &self.key,
            fingerprint: &self.fingerprint.digest(),
            created: self.created,
            build_nanos: self.build_nanos,
            content: &self.content,
            bytes: self.bytes,
            code: self.code.as_ref(),
            dependencies: &json(&self.dependencies),
            traits: &json(&self.traits),
            lifetime: &json(&self.lifetime),
        };
        statement.digest()
    }

    /// The entry's own identity: one per key, fingerprint and state of the inputs. Several stand side by side.
    pub fn entry(&self) -> Digest {
        let inputs: Vec<Dependency> = self.dependencies.iter().map(Dependency::essence).collect();
        let inputs = serde_json::to_vec(&inputs).unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"heirloom entry 1");
        hasher.update(self.key.as_bytes());
        hasher.update(self.fingerprint.digest().as_bytes());
        hasher.update(&inputs);
        hasher.finalize().into()
    }
}

/// A part of a record as its statement and the registry have it: empty for what is empty.
pub(crate) fn json(part: &impl Serialize) -> String {
    let text = serde_json::to_string(part).unwrap_or_default();
    if text == "[]" || text == "{}" { String::new() } else { text }
}
