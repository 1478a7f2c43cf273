//! Code that counts: the fingerprints that `#[tracked]` and `#[cached]` compute at compile time.
//!
//! Promises: comments, layout and documentation do not count; everything else in an item's tokens does. Refuses:
//! finding what an item uses by itself; `uses(...)` names it, and a missing `#[tracked]` is a compile error.

use std::collections::BTreeMap;

use heirloom_core::Digest;
use heirloom_core::identity::Part;

/// The pieces of code that count for one factory, by name.
pub type Parts = BTreeMap<String, Part>;

/// An item whose code counts. Implemented by the attribute [`tracked`](crate::tracked).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not tracked, so its code cannot count",
    label = "this item is not tracked",
    note = "put `#[heirloom::tracked]` on it, or take it out of `uses(...)`"
)]
pub trait Tracked {
    /// Adds the item's own code and that of everything it uses.
    fn collect(parts: &mut Parts);
}

/// Adds one piece of code; `true` when it was not there yet, so that what it uses must be added too.
pub fn tokens(parts: &mut Parts, name: &str, digest: [u8; 32], place: &str) -> bool {
    let part = Part { digest: Digest::from_bytes(digest), place: Some(place.to_owned()) };
    parts.insert(name.to_owned(), part).is_none()
}
