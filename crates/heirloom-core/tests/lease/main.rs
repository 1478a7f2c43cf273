//! The promises of the lease among real processes: the test binary runs itself again as each of them.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod child;
mod circles;
mod exclusion;
mod forks;
mod holders;
