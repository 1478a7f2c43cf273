//! The trail of a request: one line for each step of the road, and the reasons for every miss.
//!
//! A miss is data, not an event: the trail is kept with the entry, so that another process can ask "why?" tomorrow.
//! Pure. `Reason` is a closed enum with old and new values; `sentence` turns each into one English sentence.

mod reason;
mod sentence;
mod steps;
#[cfg(test)]
mod tests;

pub use reason::Reason;
pub use steps::{Outcome, Step, Tier, Trail};
