//! The trail of a request: one line for each step of the road, and the reasons for every miss.
//!
//! A miss is data, not an event: the trail is kept with the entry, so that another process can ask "why?" tomorrow.
//! Pure. `Reason` is a closed enum with old and new values; `sentence` turns each into one English sentence;
//! `span` shows each step to `tracing` where the feature is on.

mod reason;
mod sentence;
mod span;
mod steps;
#[cfg(test)]
mod tests;

pub use reason::Reason;
pub(crate) use span::StepSpan;
pub use steps::{Outcome, Step, Tier, Trail};
