//! Code that counts: the fingerprints that `#[tracked]` and `#[cached]` compute at compile time.
//!
//! Promises: 1. comments, layout and documentation do not count; everything else in an item's tokens does; 2. the
//! tracked impl blocks of a type count with it, wherever they stand. Refuses: finding what an item uses by itself;
//! `uses(...)` names it, and a missing `#[tracked]` is a compile error.

use std::any::TypeId;
use std::collections::BTreeMap;

use heirloom_core::Digest;
use heirloom_core::identity::Part;

/// The pieces of code that count for one factory, by name, with what they read like.
#[derive(Default)]
pub struct Parts {
    pub(crate) parts: BTreeMap<String, Part>,
    pub(crate) texts: BTreeMap<String, &'static str>,
}

/// A tracked impl block, found by the type that it stands on.
pub struct TrackedImpl {
    /// The last word of the type's path.
    pub name: &'static str,
    /// The type itself, where it has no parameters.
    pub id: fn() -> Option<TypeId>,
    /// Adds the block's code.
    pub collect: fn(&mut Parts),
}

inventory::collect!(TrackedImpl);

/// An item whose code counts. Implemented by the attribute [`tracked`](crate::tracked).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not tracked, so its code cannot count",
    label = "this item is not tracked",
    note = "put `#[heirloom::tracked]` on it, or take it out of `uses(...)`",
    note = "an impl block of a type that is not yours gets a name: `#[heirloom::tracked(name = its_code)]`, and then `uses(its_code)`"
)]
pub trait Tracked {
    /// Adds the item's own code and that of everything it uses.
    fn collect(parts: &mut Parts);
}

/// One piece of code, as the macros wrote it down.
pub struct Tokens {
    /// Its full name.
    pub name: &'static str,
    /// The digest of what counts in it.
    pub digest: [u8; 32],
    /// Where it stands.
    pub place: &'static str,
    /// What it reads like.
    pub text: &'static str,
}

impl Parts {
    /// Adds one piece of code; `true` when it was not there yet, so that what it uses must be added too.
    pub fn add(&mut self, tokens: &Tokens) -> bool {
        self.texts.insert(tokens.name.to_owned(), tokens.text);
        self.put(tokens.name, tokens.digest, tokens.place)
    }

    pub(crate) fn put(&mut self, name: &str, digest: [u8; 32], place: &str) -> bool {
        let part = Part { digest: Digest::from_bytes(digest), place: Some(place.to_owned()) };
        self.parts.insert(name.to_owned(), part).is_none()
    }

    /// Adds the tracked impl blocks of a type: by the type where both sides know it, else by its name. Two types of one
    /// name then count together, which may build anew for nothing and never serves what is stale.
    pub fn add_impls(&mut self, name: &str, id: Option<TypeId>) {
        for block in inventory::iter::<TrackedImpl> {
            let same = match (id, (block.id)()) {
                (Some(left), Some(right)) => left == right,
                _ => block.name == name,
            };
            if same {
                (block.collect)(self);
            }
        }
    }
}

/// Fails to compile for a type that is not tracked.
pub const fn must_be_tracked<T: Tracked + ?Sized>() {}
