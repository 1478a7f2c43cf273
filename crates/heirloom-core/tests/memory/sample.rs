//! Entries for the tests of this folder, in one line.

use std::sync::Arc;

use heirloom_core::identity::Traits;
use heirloom_core::memory::{Entry, Facts, SlotId, Tally};
use heirloom_core::object::Object;
use heirloom_core::{Digest, Timestamp};

pub(crate) fn id(name: u64) -> SlotId {
    (Digest::of(&name.to_le_bytes()), Digest::of(b"fingerprint"))
}

/// An entry that took a second to build.
pub(crate) fn entry(name: u64, object: Object) -> Entry {
    costing(name, object, 1_000_000_000)
}

pub(crate) fn costing(name: u64, object: Object, build_nanos: u64) -> Entry {
    let facts = Facts {
        created: Timestamp::from_nanos(0),
        build_nanos,
        dependencies: Arc::new([]),
        traits: Traits::new(),
        content: None,
        ends: Timestamp::NEVER,
        built_here: true,
    };
    Entry { id: id(name), object, facts, tally: Arc::default(), checked: Timestamp::from_nanos(0) }
}

pub(crate) fn counted(entry: Entry, tally: &Arc<Tally>) -> Entry {
    Entry { tally: Arc::clone(tally), ..entry }
}

/// An object of `bytes` that nobody else holds.
pub(crate) fn lone(bytes: u64) -> Object {
    Object::new(Arc::new(bytes), bytes)
}
