//! The engine of Heirloom: keeps large, immutable, expensive objects so that nobody builds the same one twice.
//!
//! Where it stands: below every face (Rust, Python, command line). It is synchronous and not generic: it speaks
//! bytes and metadata, and carries live objects sealed. The road of a request is `engine/resolve.rs`.
//!
//! Promises: the invariants of ARCHITECTURE.md. Refuses to know: Python, a terminal, HTTP, environment variables,
//! the home directory, or any customer's type.

mod clock;
mod digest;
pub mod disk;
pub mod engine;
mod error;
pub mod flight;
pub mod identity;
pub mod inputs;
pub mod memory;
pub mod object;
pub mod settings;
mod sync;
pub mod testing;
pub mod trail;
pub mod trust;

pub use clock::{Clock, SystemClock, Timestamp, nanos};
pub use digest::Digest;
pub use error::{Error, ErrorKind, Result};
pub use inputs::{Ambient, Recorder, Variables};
