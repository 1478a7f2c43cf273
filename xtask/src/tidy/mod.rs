//! The rules of the house, checked.
//!
//! Each rule is one file: a pure function from the tree to findings. [`findings`] runs them all.
//!
//! Promises: 1. every finding is listed, not only the first; 2. each says where it stands and the way out. Refuses
//! taste: what `rustfmt` and clippy decide is theirs.

mod architecture;
mod checks;
mod crate_edges;
mod finding;
mod format_pages;
mod heads;
mod layer;
mod leftovers;
mod module_edges;
mod names;
mod sizes;
#[cfg(test)]
mod trial;

pub use checks::{findings, run};
pub use finding::Finding;
