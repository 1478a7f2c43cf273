//! The policies that are not ours: LRU, textbook GDSF, quick_cache, moka, foyer, and one that knows the future.
//!
//! Promises: the peers are the crates themselves, with the sizes as weights; moka's, which have 32 bits, in units of
//! a part of the budget. Refuses: telling the peers what a build costs; they cannot be told.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::{Call, Trace, share};

pub(super) fn lru(trace: &Trace, budget: u64) -> f64 {
    greedy_dual(trace, budget, |_, _, _| 0.0)
}

/// GreedyDual-Size-Frequency: age, plus uses times seconds per byte (L. Cherkasova, HP Labs 1998).
pub(super) fn gdsf(trace: &Trace, budget: u64) -> f64 {
    greedy_dual(trace, budget, |age, uses, call| age + uses * density(call))
}

#[expect(clippy::cast_precision_loss, reason = "a rank is an estimate")]
fn density(call: Call) -> f64 {
    call.seconds / call.bytes.max(1) as f64
}

fn greedy_dual(trace: &Trace, budget: u64, rank: impl Fn(f64, f64, Call) -> f64) -> f64 {
    let mut held: HashMap<u32, ((u64, usize), f64)> = HashMap::new();
    let mut order: BTreeSet<(u64, usize, u32, u64)> = BTreeSet::new();
    let (mut used, mut age) = (0, 0.0_f64);
    share(trace, |at, call| {
        let before = held.remove(&call.thing);
        if let Some(((rank, last), _)) = before {
            order.remove(&(rank, last, call.thing, call.bytes));
            used -= call.bytes;
        }
        if call.bytes > budget {
            return before.is_some();
        }
        while used > budget - call.bytes {
            let Some((rank, _, thing, bytes)) = order.pop_first() else { break };
            age = age.max(f64::from_bits(rank));
            used -= bytes;
            held.remove(&thing);
        }
        let uses = before.map_or(0.0, |(_, uses)| uses) + 1.0;
        let place = (rank(age, uses, call).to_bits(), at);
        order.insert((place.0, at, call.thing, call.bytes));
        held.insert(call.thing, (place, uses));
        used += call.bytes;
        before.is_some()
    })
}

#[derive(Clone)]
struct Bytes;

impl quick_cache::Weighter<u32, u64> for Bytes {
    fn weight(&self, _: &u32, bytes: &u64) -> u64 {
        *bytes
    }
}

/// Its version for one thread: that of many has a budget for each shard.
pub(super) fn quick(trace: &Trace, budget: u64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "how many will be held is an estimate"
    )]
    let items = (budget as f64 / trace.bytes as f64 * f64::from(trace.things)) as usize + 1;
    let mut cache = quick_cache::unsync::Cache::with_weighter(items, budget, Bytes);
    share(trace, |_, call| {
        let hit = cache.get(&call.thing).is_some();
        if !hit {
            cache.insert(call.thing, call.bytes);
        }
        hit
    })
}

pub(super) fn moka(trace: &Trace, budget: u64) -> f64 {
    let unit = (budget >> 31).max(1);
    let weigher = move |_: &u32, bytes: &u64| u32::try_from(bytes.div_ceil(unit)).unwrap_or(u32::MAX);
    let cache = moka::sync::Cache::builder().max_capacity(budget / unit).weigher(weigher).build();
    share(trace, |at, call| {
        let hit = cache.get(&call.thing).is_some();
        if !hit && call.bytes <= budget {
            cache.insert(call.thing, call.bytes);
        }
        if at % 8 == 0 {
            cache.run_pending_tasks();
        }
        hit
    })
}

/// Its S3-FIFO, in one shard, because each shard has a budget of its own.
pub(super) fn foyer(trace: &Trace, budget: u64) -> f64 {
    let weigh = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let cache = foyer::CacheBuilder::new(weigh(budget))
        .with_shards(1)
        .with_eviction_config(foyer::S3FifoConfig::default())
        .with_weighter(move |_: &u32, bytes: &u64| weigh(*bytes))
        .build::<foyer::CacheProperties>();
    share(trace, |_, call| {
        let hit = cache.get(&call.thing).is_some();
        if !hit && call.bytes <= budget {
            cache.insert(call.thing, call.bytes);
        }
        hit
    })
}

/// Lets go of what saves least per byte and per call until its next use; a bound, not a policy.
pub(super) fn clairvoyant(trace: &Trace, budget: u64) -> f64 {
    let (mut next, mut soonest) = (vec![usize::MAX; trace.calls.len()], HashMap::new());
    for (at, call) in trace.calls.iter().enumerate().rev() {
        next[at] = soonest.insert(call.thing, at).unwrap_or(usize::MAX);
    }
    let (mut held, mut used) = (HashMap::<u32, (usize, Call)>::new(), 0_u64);
    share(trace, |at, call| {
        let again = next[at];
        if let Some(known) = held.get_mut(&call.thing) {
            known.0 = again;
            if again == usize::MAX {
                held.remove(&call.thing);
                used -= call.bytes;
            }
            return true;
        }
        if again == usize::MAX || call.bytes > budget {
            return false;
        }
        if let Some(going) = victims(&held, (again, call), at, (used + call.bytes).saturating_sub(budget)) {
            for thing in going {
                used -= held.remove(&thing).map_or(0, |(_, gone)| gone.bytes);
            }
            used += call.bytes;
            held.insert(call.thing, (again, call));
        }
        false
    })
}

/// Those worth less than the newcomer that have so many bytes together; `None` when they have not.
fn victims(
    held: &HashMap<u32, (usize, Call)>,
    newcomer: (usize, Call),
    at: usize,
    needed: u64,
) -> Option<Vec<u32>> {
    #[expect(clippy::cast_precision_loss, reason = "a worth is an estimate")]
    let worth = |(again, call): (usize, Call)| (density(call) / (again - at) as f64).to_bits();
    if needed == 0 {
        return Some(Vec::new());
    }
    let mut least: BinaryHeap<_> =
        held.iter().map(|(thing, known)| (Reverse(worth(*known)), *thing, known.1.bytes)).collect();
    let (mut going, mut room) = (Vec::new(), 0);
    while room < needed {
        let (_, thing, bytes) = least.pop().filter(|(least, ..)| least.0 < worth(newcomer))?;
        going.push(thing);
        room += bytes;
    }
    Some(going)
}
