//! Policies of eviction on one trace: what share of all build seconds each saves.
//!
//! `traces` makes and reads the calls, `rivals` are the policies that are not ours. Promises: the engine's memory tier
//! itself plays, not a copy of its policy. Refuses: tuning; the seeds and parameters here are not those the policy was
//! tried on.

mod rivals;
mod traces;

use std::sync::Arc;

use heirloom_core::identity::Traits;
use heirloom_core::memory::{Entry, Facts, Memory, Tally};
use heirloom_core::object::Object;
use heirloom_core::{Digest, Timestamp};

pub use traces::{made_up, read};

/// One call: which thing, numbered by first appearance, how large it is and what building it takes.
#[derive(Clone, Copy)]
pub struct Call {
    thing: u32,
    bytes: u64,
    seconds: f64,
}

/// Calls in their order.
#[derive(Default)]
pub struct Trace {
    name: String,
    calls: Vec<Call>,
    things: u32,
    bytes: u64,
}

/// A row of the table: the trace, with so many per cent of all its bytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a budget is rounded"
)]
pub fn play(trace: &Trace, percent: f64) -> String {
    let budget = (trace.bytes as f64 * percent / 100.0) as u64;
    let shares = [
        rivals::lru(trace, budget),
        rivals::quick(trace, budget),
        rivals::moka(trace, budget),
        rivals::foyer(trace, budget),
        rivals::gdsf(trace, budget),
        heirloom(trace, budget),
        rivals::clairvoyant(trace, budget),
    ];
    let peers = shares[..5].iter().copied().fold(0.0, f64::max);
    let cells: Vec<String> = shares
        .iter()
        .enumerate()
        .map(|(at, share)| if at == 5 { format!("**{share:.3}**") } else { format!("{share:.3}") })
        .collect();
    let behind = if shares[5] < peers { " (behind)" } else { "" };
    format!("| {} | {percent} % | {} |{behind}", trace.name, cells.join(" | "))
}

/// The share of all build seconds saved by one that knows at each call whether the thing is there.
fn share(trace: &Trace, mut ask: impl FnMut(usize, Call) -> bool) -> f64 {
    let (mut saved, mut all) = (0.0, 0.0);
    for (at, call) in trace.calls.iter().enumerate() {
        all += call.seconds;
        saved += if ask(at, *call) { call.seconds } else { 0.0 };
    }
    saved / all
}

fn heirloom(trace: &Trace, budget: u64) -> f64 {
    let (memory, tally) = (Memory::new(budget), Arc::<Tally>::default());
    share(trace, |_, call| {
        let id = (Digest::of(&call.thing.to_le_bytes()), Digest::of(b""));
        if memory.find(&id).and_then(|slot| slot.hit()).is_some() {
            return true;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a finite time")]
        let facts = Facts {
            created: Timestamp::from_nanos(0),
            build_nanos: (call.seconds * 1e9) as u64,
            dependencies: Arc::new([]),
            traits: Traits::new(),
            content: None,
            ends: Timestamp::NEVER,
            built_here: true,
        };
        let object = Object::new(Arc::new(()), call.bytes);
        let checked = Timestamp::from_nanos(0);
        memory.keep(Entry { id, object, facts, tally: Arc::clone(&tally), checked });
        false
    })
}
