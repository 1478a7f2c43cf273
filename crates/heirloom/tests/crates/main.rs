//! Before and after: crates built by Cargo and run as processes of their own, one change at a time.
//!
//! Promises: what each change must come to is known beforehand. All of them share one target folder, so that the engine
//! is compiled once and a change costs a second or two.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod function_level;
mod trial;
mod whole_crate;
