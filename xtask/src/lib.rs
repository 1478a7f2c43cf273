//! The project's own chores: `cargo xtask tidy` and `cargo xtask test`.
//!
//! Where it stands: beside the house; no crate of ours depends on it and it depends on none of them.
//!
//! Promises: 1. works from a clean clone with nothing but cargo; 2. each rule is a pure function from a [`Tree`] to
//! findings, and each finding says the way out. Refuses: recipes that only some people run; there is one for all
//! tests, and CI runs that one.

pub mod recipe;
pub mod rust;
pub mod task;
pub mod tidy;
pub mod tree;

pub use tree::Tree;

use std::path::PathBuf;

/// The root of the repository, known since compilation.
#[must_use]
pub fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
