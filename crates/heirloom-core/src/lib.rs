//! The engine of Heirloom: keeps large, immutable, expensive objects so that nobody builds the same one twice.
//!
//! Where it stands: below every face (Rust, Python, command line). It is synchronous and not generic: it speaks
//! bytes and metadata, and carries live objects sealed. The road of a request is `engine/resolve.rs`.
//!
//! Promises: the invariants of ARCHITECTURE.md. Refuses to know: Python, a terminal, HTTP, environment variables,
//! the home directory, or any customer's type.

mod digest;
mod error;
pub mod identity;
pub mod settings;

pub use digest::Digest;
pub use error::{Error, ErrorKind, Result};
