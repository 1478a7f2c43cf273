//! The fingerprint: built by what. Counters, code, schema, codec and type of value.
//!
//! The key finds the candidates; the fingerprint decides which of them was made as we would make it now.
//! Promises: 1. two digests are equal exactly when nothing has changed but where code stands; 2. the parts stay readable beside the
//! digest, so that [`Fingerprint::changes`] can name what differs. Refuses: anything from the clock or the disk.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::version::VersionVector;
use crate::digest::Digest;
use crate::settings::CodeLevel;

/// Everything that made an object, apart from its arguments and its inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// One counter per developer.
    pub versions: VersionVector,
    /// The code that counts, by the level the user chose.
    pub code: Code,
    /// The number of the object's format; raised together with a migration.
    pub schema: u32,
    /// The codec that seals the object, with its own version: `postcard/1`.
    pub codec: String,
    /// The full name of the object's type.
    pub value_type: String,
    /// The digest of the type's shape (its fields and variants), for a codec whose bytes do not say it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Digest>,
}

/// The code an object was built by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// How much of the code counts.
    pub level: CodeLevel,
    /// Every piece that counts, by name.
    pub parts: BTreeMap<String, Part>,
}

/// One piece of code that counts: a function, a type, a binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The digest of what counts in it (tokens, bytes; never comments or layout).
    pub digest: Digest,
    /// Where it stands, for people: `src/table.rs:12`. Not part of the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// One difference between the fingerprint of an entry and the present one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Change {
    /// A developer's counter differs.
    Version {
        /// The developer.
        developer: String,
        /// The counter the entry was built with.
        old: u64,
        /// The counter now.
        new: u64,
    },
    /// A piece of code reads differently now.
    Code {
        /// The piece's name.
        part: String,
        /// Where it stands now, when known.
        place: Option<String>,
        /// The one line that reads differently, as it was; known only where both texts are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<String>,
        /// The same line as it is now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<String>,
    },
    /// A piece of code counts now that did not.
    CodeAdded {
        /// The piece's name.
        part: String,
    },
    /// A piece of code counted that no longer does.
    CodeRemoved {
        /// The piece's name.
        part: String,
    },
    /// Another level was chosen.
    Level {
        /// The entry's level.
        old: CodeLevel,
        /// The level now.
        new: CodeLevel,
    },
    /// The number of the object's format differs.
    Schema {
        /// The entry's schema.
        old: u32,
        /// The schema now.
        new: u32,
    },
    /// Another codec seals the object.
    Codec {
        /// The entry's codec.
        old: String,
        /// The codec now.
        new: String,
    },
    /// The object's type has another name.
    ValueType {
        /// The entry's type.
        old: String,
        /// The type now.
        new: String,
    },
    /// The object's type has the same name, and other fields or variants.
    Shape {
        /// The type.
        value_type: String,
    },
}

impl Code {
    /// Nothing counts: only counters and traits decide.
    pub fn manual() -> Self {
        Self { level: CodeLevel::Manual, parts: BTreeMap::new() }
    }

    /// The digest of the level and of every part's name and digest; places do not count.
    pub fn digest(&self) -> Digest {
        let parts: Vec<_> = self.parts.iter().map(|(name, part)| (name, part.digest)).collect();
        digest_of(&(self.level, parts))
    }

    fn changes(&self, new: &Self) -> Vec<Change> {
        if self.level != new.level {
            return vec![Change::Level { old: self.level, new: new.level }];
        }
        let mut changes = Vec::new();
        for (name, part) in &new.parts {
            match self.parts.get(name) {
                None => changes.push(Change::CodeAdded { part: name.clone() }),
                Some(old) if old.digest != part.digest => {
                    let (part, place) = (name.clone(), part.place.clone());
                    changes.push(Change::Code { part, place, old: None, new: None });
                }
                Some(_) => {}
            }
        }
        let gone = self.parts.keys().filter(|name| !new.parts.contains_key(*name));
        changes.extend(gone.map(|name| Change::CodeRemoved { part: name.clone() }));
        changes
    }
}

impl Fingerprint {
    /// The digest under which the entry stands beside its other versions.
    pub fn digest(&self) -> Digest {
        let known = (&self.versions, self.code.digest(), self.schema, &self.codec, &self.value_type);
        match self.shape {
            None => digest_of(&known),
            Some(shape) => digest_of(&(known.0, known.1, known.2, known.3, known.4, shape)),
        }
    }

    /// Every difference from `self` (an entry's) to `new` (the present one); empty when they are equal.
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let mut changes = self.version_changes(new);
        changes.extend(self.code.changes(&new.code));
        if self.schema != new.schema {
            changes.push(Change::Schema { old: self.schema, new: new.schema });
        }
        if self.codec != new.codec {
            changes.push(Change::Codec { old: self.codec.clone(), new: new.codec.clone() });
        }
        if self.value_type != new.value_type {
            let (old, new) = (self.value_type.clone(), new.value_type.clone());
            changes.push(Change::ValueType { old, new });
        } else if self.shape != new.shape {
            changes.push(Change::Shape { value_type: new.value_type.clone() });
        }
        changes
    }

    fn version_changes(&self, new: &Self) -> Vec<Change> {
        let both = self.versions.union(&new.versions);
        both.iter()
            .map(|(developer, _)| {
                (developer, self.versions.counter(developer), new.versions.counter(developer))
            })
            .filter(|(_, old, new)| old != new)
            .map(|(developer, old, new)| Change::Version { developer: developer.to_owned(), old, new })
            .collect()
    }
}

/// Digests the JSON of a value whose maps are sorted: the same bytes on every machine.
fn digest_of(value: &impl Serialize) -> Digest {
    let json = serde_json::to_vec(value).unwrap_or_default();
    Digest::of(&json)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { developer, old, new } => write!(f, "{developer} {old} → {new}"),
            Self::Code { part, place, old, new } => {
                write!(f, "`{part}` changed")?;
                place.iter().try_for_each(|place| write!(f, " in {place}"))?;
                old.iter().zip(new).try_for_each(|(old, new)| write!(f, ": `{old}` → `{new}`"))
            }
            Self::CodeAdded { part } => write!(f, "`{part}` is part of its code now"),
            Self::CodeRemoved { part } => write!(f, "`{part}` is no longer part of its code"),
            Self::Level { old, new } => write!(f, "level of code that counts {old} → {new}"),
            Self::Schema { old, new } => write!(f, "schema {old} → {new}"),
            Self::Codec { old, new } => write!(f, "codec {old} → {new}"),
            Self::ValueType { old, new } => write!(f, "type of value {old} → {new}"),
            Self::Shape { value_type } => write!(f, "fields or variants of {value_type} changed"),
        }
    }
}
