//! The engine, tested row by row: one file a topic, one vocabulary (`house.rs`).
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod believing;
mod care_storm;
mod changed_inputs;
mod child;
mod collecting;
mod explaining;
mod failing;
mod failing_disk;
mod format_fixture;
mod house;
mod kill_storm;
mod mending;
mod migrating;
mod model;
mod mounts;
mod nested;
mod recording;
mod registry_loss;
mod serving;
mod single_flight;
#[cfg(feature = "tracing")]
mod spans;
mod telling;
mod times;
mod traits;
mod trust;
mod versions;
mod vouching;
