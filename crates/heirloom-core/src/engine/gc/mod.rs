//! The collector: first a plan, then somebody carries it out.
//!
//! `plan` decides and is pure; `collect` does; `--dry-run` prints the very plan. Promises: nobody is the sole owner
//! of an object, so collecting never breaks a holder: mapped files stay valid after they are unlinked, live objects
//! are counted. Refuses: collecting what is pinned.

mod collect;
mod plan;
#[cfg(test)]
mod tests;

pub(in crate::engine) use collect::unavailable;
pub use collect::{Collected, Orphan};
pub use plan::{CollectReason, GcFacts, Plan, Removal, plan};
