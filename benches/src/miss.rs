//! Misses: the builder is trivial, the room is for a few objects, so every request builds one and evicts one.
//!
//! Promises: keys never come back, so nobody can hit. Refuses: measuring the builder; it returns its key.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use heirloom::{Factory, Store, Tiers};
use quick_cache::UnitWeighter;
use quick_cache::sync::DefaultLifecycle;

use crate::subject::{Effort, Goal, Subject, Work};

/// How many objects there is room for.
const ROOM: usize = 1024;

/// The miss work.
pub fn works() -> Vec<Work> {
    let against_peer = "quick_cache";
    let subjects = vec![ours(), quick(), moka(), queue()];
    let goal = Goal::Time(Duration::from_micros(1));
    vec![Work {
        name: "miss, trivial builder, each evicts".to_owned(),
        subjects,
        against: against_peer,
        goal,
        effort: Effort::Small,
    }]
}

/// A factory with room for `ROOM` objects.
pub fn cramped() -> Factory<u64, u64> {
    let store = Store::builder().in_memory().memory(8 * ROOM as u64).open().expect("memory always opens");
    store
        .factory("miss")
        .tiers(Tiers { memory: true, disk: false })
        .size(|_: &u64| 8)
        .build(|key: &u64| Ok::<u64, Infallible>(*key))
}

fn ours() -> Subject {
    Subject::new("heirloom", || {
        let factory = cramped();
        counting(move |key| factory.get(&key).expect("a trivial builder succeeds"))
    })
}

fn quick() -> Subject {
    Subject::new("quick_cache", || {
        let (hasher, lifecycle) = (RandomState::default(), DefaultLifecycle::default());
        let cache: quick_cache::sync::Cache<u64, Arc<u64>, _, _> =
            quick_cache::sync::Cache::with(ROOM, ROOM as u64, UnitWeighter, hasher, lifecycle);
        counting(move |key| {
            let built = cache.get_or_insert_with(&key, || Ok::<_, Infallible>(Arc::new(key)));
            built.unwrap_or_else(|never| match never {})
        })
    })
}

fn moka() -> Subject {
    Subject::new("moka", || {
        let builder = moka::sync::Cache::builder().max_capacity(ROOM as u64);
        let cache = builder.build_with_hasher(RandomState::default());
        counting(move |key| cache.get_with(key, || Arc::new(key)))
    })
}

type Map = HashMap<u64, Arc<u64>, RandomState>;

/// What a map, a queue and one lock cost, without single flight.
fn queue() -> Subject {
    Subject::new("map and queue (limit)", || {
        let state: Mutex<(Map, VecDeque<u64>)> = Mutex::default();
        counting(move |key| {
            let built = Arc::new(key);
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let (map, queue) = &mut *state;
            map.insert(key, Arc::clone(&built));
            queue.push_back(key);
            if queue.len() > ROOM
                && let Some(oldest) = queue.pop_front()
            {
                map.remove(&oldest);
            }
            built
        })
    })
}

fn counting(get: impl Fn(u64) -> Arc<u64> + 'static) -> impl FnMut(u64) -> Duration + 'static {
    let mut next = 0_u64;
    move |times| {
        let begun = Instant::now();
        for _ in 0..times {
            // Scattered, so that no hash function is favoured; never the same twice.
            next += 1;
            std::hint::black_box(get(next.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        }
        begun.elapsed()
    }
}
