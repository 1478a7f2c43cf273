//! The Rust face as its users see it; one module a subject, tests named after the rows of the design.

#![expect(clippy::unwrap_used, reason = "what stands beside the tests is test code too")]

mod attribute;
mod bad_input;
mod child;
mod codecs;
mod formats;
mod front_table;
mod ground;
mod holders;
mod hygiene;
mod identity;
mod injection;
mod inputs;
#[cfg(feature = "rkyv")]
mod mapped;
mod processes;
mod reasons;
mod shapes;
mod tasks;
mod threads;
mod time;
mod versions;
