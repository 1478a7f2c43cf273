//! Just enough Rust to check rules: comments and strings told from code, items with their bodies, paths with their
//! leaves.
//!
//! It is not a parser: it needs no types and no macros expanded, and stays a few small files without dependencies.

mod item;
mod path;
mod scrub;
mod source;

pub use item::Item;
pub use path::{Leaf, leaves};
pub use source::Source;
