//! Why an entry is not believed.
//!
//! Promises: one sentence each, with the keys' identities where they tell something. Refuses: secrets.

use std::fmt;

/// Why an entry is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It carries no MAC.
    Unsigned,
    /// It was kept with another key.
    OtherKey {
        /// The identity of the key it was kept with.
        theirs: [u8; 8],
        /// The identity of the key of this process.
        ours: [u8; 8],
    },
    /// It was kept with this key, and is not what was kept.
    Changed,
    /// This process has no key.
    NoKey,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str("it carries no MAC"),
            Self::OtherKey { theirs, ours } => write!(
                f,
                "it was kept with the key {}, and this process has the key {}; who shares a store shares a key, \
                 see `heirloom keys`",
                shown(*theirs),
                shown(*ours)
            ),
            Self::Changed => f.write_str("its MAC does not hold, so somebody changed it after it was kept"),
            Self::NoKey => {
                f.write_str("opening it can run code, and this process has no key to check its MAC with")
            }
        }
    }
}

/// The identity of a key for people.
pub(super) fn shown(identity: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(identity))
}
