//! Why an object was not served, or not kept: a closed enum with old and new values.
//!
//! Promises: 1. every miss has one; 2. each variant carries the facts, so nothing has to be looked up again to
//! explain it; 3. each has one sentence (`sentence.rs`) and one snapshot test. Refuses: being an error; a reason
//! never leaves a request.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::identity::{Change, Dependency, Lacking, Standing};

/// Why an object was not served from a step of the road, or not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
#[non_exhaustive]
pub enum Reason {
    /// This process has not asked for it yet, or the memory tier let go of it.
    NotInMemory,
    /// Nothing was ever kept under this key.
    NeverBuilt,
    /// There was an entry; it was taken away by `forget`, `clear` or `gc`.
    Removed {
        /// When.
        at: Timestamp,
        /// By what, in words: "gc: dominated by {dev1: 4}".
        by: String,
    },
    /// An entry was built by other counters, code, schema, codec or type.
    FingerprintChanged {
        /// When the entry was built.
        built: Timestamp,
        /// How the entry's version vector stands to the present one.
        standing: Standing,
        /// Everything that differs.
        changes: Vec<Change>,
    },
    /// An input is not what it was.
    DependencyChanged {
        /// The input as it was recorded.
        dependency: Dependency,
        /// What it is now, in words.
        now: String,
    },
    /// The object lacks a trait that the client expects.
    TraitLacking(Lacking),
    /// Its epoch is over.
    EpochPassed {
        /// When the entry was built.
        built: Timestamp,
        /// The length of an epoch, in nanoseconds.
        period_nanos: u64,
    },
    /// It is older than its time to live.
    TtlPassed {
        /// When the entry was built.
        built: Timestamp,
        /// The time to live, in nanoseconds.
        ttl_nanos: u64,
    },
    /// The entry has an older schema and was converted.
    Migrated {
        /// The entry's schema.
        from: u32,
        /// The schema now.
        to: u32,
        /// What else differs; vouched for by the migration.
        changes: Vec<Change>,
    },
    /// A migration failed.
    MigrationFailed {
        /// The entry's schema.
        from: u32,
        /// The schema now.
        to: u32,
        /// The migration's own words.
        fault: String,
    },
    /// The code differs, but its author vouched for the entry by `heirloom adopt`.
    Adopted {
        /// What differs.
        changes: Vec<Change>,
        /// When it was vouched for.
        at: Timestamp,
    },
    /// The registry knows the entry, but its blob is not there.
    BlobMissing {
        /// The blob's file.
        path: String,
    },
    /// The entry's bytes are not what was written; it was put into quarantine.
    Corrupt {
        /// What was found.
        what: String,
    },
    /// Nobody who is believed has kept the entry as it is; one that was changed is put into quarantine.
    Untrusted {
        /// Why it is not believed.
        what: String,
    },
    /// The codec could not open the entry.
    OpenFailed {
        /// The codec's own words.
        fault: String,
    },
    /// The store did not answer.
    Unreachable {
        /// What was tried and what came back.
        fault: String,
    },
    /// The cache is switched off, by this.
    Disabled {
        /// `HEIRLOOM_DISABLE`, a scope, or the settings.
        by: String,
    },
    /// The client asked to build without the cache.
    Bypassed,
    /// The client asked to build again and replace.
    Refreshed,
    /// The settings leave this tier out.
    TierOff,
    /// The object weighs more than the whole budget, or than what was left beside objects on their way out.
    TooLarge {
        /// The object, in bytes.
        bytes: u64,
        /// The budget, in bytes.
        budget: u64,
    },
    /// The codec could not seal the object; it lives in memory only.
    SealFailed {
        /// The codec's own words.
        fault: String,
    },
    /// The object could not be kept.
    KeepFailed {
        /// What was tried and what came back.
        fault: String,
    },
}
