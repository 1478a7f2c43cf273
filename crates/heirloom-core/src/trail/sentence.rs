//! The English of the trail: one sentence for each reason, step and tier.
//!
//! Promises: a sentence names what differs with old and new values, and the way out where there is one.
//! Refuses: being parsed; programs read the JSON of the same values.

use std::fmt;
use std::time::Duration;

use super::reason::Reason;
use super::steps::{Outcome, Tier};
use crate::identity::{Change, Standing};
use crate::settings::{shown_duration, shown_size};

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Flight => "flight",
            Self::Disk => "disk",
            Self::Lease => "lease",
            Self::Build => "build",
            Self::Keep => "keep",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit => f.write_str("hit"),
            Self::HitAlthough(reason) => write!(f, "hit, although {reason}"),
            Self::Miss(reasons) => write!(f, "miss: {}", joined(reasons, "; ")),
            Self::Skipped(reason) => write!(f, "skipped: {reason}"),
            Self::Waited(nanos) => write!(f, "waited {}", duration(*nanos)),
            Self::Built(nanos) => write!(f, "built in {}", duration(*nanos)),
            Self::Kept => f.write_str("kept"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInMemory => f.write_str("not in this process's memory"),
            Self::NeverBuilt => f.write_str("never built"),
            Self::Removed { at, by } => write!(f, "removed at {at} by {by}"),
            Self::FingerprintChanged { built, standing, changes } => {
                let note = match standing {
                    Standing::Newer => ", and is newer than this code",
                    Standing::Concurrent => ", on another branch",
                    Standing::Equal | Standing::Dominated => "",
                };
                write!(f, "{} (the entry was built {built}{note})", joined(changes, ", "))
            }
            Self::DependencyChanged { dependency, now } => write!(f, "{dependency} {now}"),
            Self::TraitLacking(lacking) => write!(f, "{lacking}"),
            Self::EpochPassed { built, period_nanos } => {
                write!(f, "its epoch of {} is over (built {built})", duration(*period_nanos))
            }
            Self::TtlPassed { built, ttl_nanos } => {
                write!(f, "older than its time to live of {} (built {built})", duration(*ttl_nanos))
            }
            Self::Migrated { from, to, changes } if changes.is_empty() => {
                write!(f, "converted from schema {from} to {to}")
            }
            Self::Migrated { from, to, changes } => {
                write!(f, "converted from schema {from} to {to}; also {}", joined(changes, ", "))
            }
            Self::MigrationFailed { from, to, fault } => {
                write!(f, "could not be converted from schema {from} to {to}, so it is built anew: {fault}")
            }
            Self::Adopted { changes, at } => {
                write!(f, "{} (adopted at {at}: its author vouched for it)", joined(changes, ", "))
            }
            Self::BlobMissing { path } => write!(f, "its blob is gone, so its entry was taken out: {path}"),
            Self::Corrupt { what } => write!(f, "corrupt, put into quarantine: {what}"),
            Self::Untrusted { what } => write!(f, "not trusted, so it is built anew: {what}"),
            Self::OpenFailed { fault } => write!(
                f,
                "the codec could not open it: {fault}; if its type has changed, raise `schema` and add a migration"
            ),
            Self::Unreachable { fault } => write!(f, "the store did not answer: {fault}"),
            Self::Disabled { by } => write!(f, "the cache is switched off by {by}"),
            Self::Bypassed => f.write_str("the client asked to bypass the cache"),
            Self::Refreshed => f.write_str("the client asked to build again"),
            Self::TierOff => f.write_str("its factory does not keep objects here"),
            Self::TooLarge { bytes, budget } => {
                let fits = bytes <= budget;
                let (bytes, budget) = (shown_size(*bytes), shown_size(*budget));
                if fits {
                    return write!(
                        f,
                        "weighs {bytes}, and the whole budget of {budget} was taken by objects on their way out"
                    );
                }
                write!(
                    f,
                    "weighs {bytes}, more than the whole budget of {budget}; raise `memory` in heirloom.toml"
                )
            }
            Self::SealFailed { fault } => {
                write!(f, "the codec could not seal it, so it lives in this process's memory only: {fault}")
            }
            Self::KeepFailed { fault } => write!(f, "it could not be kept: {fault}"),
        }
    }
}

impl Reason {
    /// Whether something is broken, so that the user should be warned once.
    pub fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::BlobMissing { .. }
                | Self::Corrupt { .. }
                | Self::Untrusted { .. }
                | Self::OpenFailed { .. }
                | Self::Unreachable { .. }
                | Self::SealFailed { .. }
                | Self::KeepFailed { .. }
                | Self::MigrationFailed { .. }
        )
    }

    /// The changes that this reason carries, if it is about a fingerprint.
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::FingerprintChanged { changes, .. }
            | Self::Migrated { changes, .. }
            | Self::Adopted { changes, .. } => changes,
            _ => &[],
        }
    }
}

fn joined<T: fmt::Display>(items: &[T], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn duration(nanos: u64) -> String {
    shown_duration(Duration::from_nanos(nanos))
}
