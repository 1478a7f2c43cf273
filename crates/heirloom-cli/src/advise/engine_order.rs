//! The order of eviction that programs really get: the memory tier of the engine itself, with empty objects.
//!
//! Promises: not a copy of the policy but the policy. Refuses: objects of any content; the tier goes by what it is
//! told of their size.

use std::sync::Arc;

use heirloom_core::identity::{Dependency, Traits};
use heirloom_core::memory::{Entry, Facts, Memory, SlotId, Tally};
use heirloom_core::object::Object;
use heirloom_core::{Digest, Timestamp};

use super::trace::{Call, Trace};

pub(super) struct EngineOrder {
    memory: Memory,
    names: Vec<SlotId>,
    tally: Arc<Tally>,
    nothing: Arc<[Dependency]>,
}

impl EngineOrder {
    pub(super) fn new(trace: &Trace, budget: u64) -> Self {
        let name = |number: usize| (Digest::of(&number.to_le_bytes()), Digest::of(b""));
        Self {
            memory: Memory::new(budget),
            names: (0..trace.things).map(name).collect(),
            tally: Arc::default(),
            nothing: Arc::new([]),
        }
    }

    /// Whether the thing was there.
    pub(super) fn ask(&self, call: Call) -> bool {
        let id = self.names[call.thing as usize];
        if self.memory.find(&id).and_then(|slot| slot.hit()).is_some() {
            return true;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a finite time, not negative"
        )]
        let build_nanos = (call.seconds * 1e9) as u64;
        let facts = Facts {
            created: Timestamp::from_nanos(0),
            build_nanos,
            dependencies: Arc::clone(&self.nothing),
            traits: Traits::new(),
            content: None,
            ends: Timestamp::NEVER,
            built_here: true,
        };
        let object = Object::new(Arc::new(()), call.bytes);
        let checked = Timestamp::from_nanos(0);
        self.memory.keep(Entry { id, object, facts, tally: Arc::clone(&self.tally), checked });
        false
    }
}
