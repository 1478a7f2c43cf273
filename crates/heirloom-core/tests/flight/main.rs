//! The promises of single flight among threads and tasks.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![cfg(not(feature = "shuttle"))]

mod circles;
mod forks;
mod landings;
mod sample;
mod tasks;
