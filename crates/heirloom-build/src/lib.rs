//! What of Rust source counts: its tokens; and, for a build script, all sources of a crate and its dependencies.
//!
//! On the road: only at compile time. `tokens` is shared with the attributes of Heirloom; `sources` and `dependencies`
//! find what [`fingerprint`] writes down for the code level `crate`. It is a crate of its own so that a build script does
//! not compile the engine.
//!
//! ```no_run
//! // build.rs
//! heirloom_build::fingerprint();
//! ```
//!
//! Promises: 1. nothing absolute is written down, so a moved crate has the same fingerprint; 2. what cannot be read is
//! an error of the build, never half a fingerprint. Refuses: running the crate's code; the network.

mod dependencies;
mod script;
mod sources;
pub mod tokens;

pub use script::fingerprint;
