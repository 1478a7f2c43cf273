//! Memory hits: every key is there, the popular ones are asked for often, and each subject returns an `Arc`.
//!
//! Promises: the loop around the look-up is the same machine code for all but the look-up itself. Refuses: misses;
//! a look-up that finds nothing ends the run.

use std::hash::Hash;
use std::hint::black_box;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use heirloom::{Factory, Store, Tiers};
use quick_cache::UnitWeighter;
use quick_cache::sync::DefaultLifecycle;

use crate::crowd::together;
use crate::keys;
use crate::subject::{Effort, Goal, Subject, Work};

/// What a key must be to be looked up by everybody.
pub trait AnyKey: serde::Serialize + Hash + Eq + Clone + Send + Sync + 'static {}
impl<K: serde::Serialize + Hash + Eq + Clone + Send + Sync + 'static> AnyKey for K {}

/// Keys, the order in which they are asked for, and how many ask.
struct Asked<K> {
    keys: Vec<K>,
    order: Vec<u32>,
    threads: usize,
}

/// All hit works: number and text keys, one, two and four threads.
pub fn works() -> Vec<Work> {
    let count = keys::count();
    let of_numbers = [1, 2, 4].map(|threads| work("u64", keys::numbers(count), threads));
    let of_texts = [1, 2, 4].map(|threads| work("String", keys::texts(count), threads));
    of_numbers.into_iter().chain(of_texts).collect()
}

fn work<K: AnyKey>(kind: &str, keys: Vec<K>, threads: usize) -> Work {
    let order = keys::zipf(keys.len());
    let asked = Arc::new(Asked { keys, order, threads });
    let subjects = vec![ours(&asked), quick(&asked), moka(&asked), locked(&asked), unlocked(&asked)];
    Work {
        name: format!("memory hit, {kind} keys, {threads} threads"),
        subjects,
        against: "quick_cache",
        goal: Goal::Ratio(1.0),
        effort: Effort::Small,
    }
}

/// A factory whose objects live in memory only, and are all there.
pub fn filled<K: AnyKey>(keys: &[K]) -> Factory<K, u64> {
    let factory = Store::in_memory()
        .factory("hit")
        .tiers(Tiers { memory: true, disk: false })
        .size(|_: &u64| 8)
        .build(|_: &K| Ok::<u64, std::io::Error>(7));
    for key in keys {
        factory.get(key).expect("a trivial builder succeeds");
    }
    factory
}

/// The peer with everything in it.
pub fn filled_quick<K: AnyKey>(
    keys: &[K],
) -> quick_cache::sync::Cache<K, Arc<u64>, UnitWeighter, RandomState> {
    let room = 2 * keys.len();
    let (hasher, lifecycle) = (RandomState::default(), DefaultLifecycle::default());
    let cache = quick_cache::sync::Cache::with(room, room as u64, UnitWeighter, hasher, lifecycle);
    for key in keys {
        cache.insert(key.clone(), Arc::new(7));
    }
    cache
}

fn ours<K: AnyKey>(asked: &Arc<Asked<K>>) -> Subject {
    subject("heirloom", asked, |keys| {
        let factory = filled(keys);
        move |key| factory.get(key).ok()
    })
}

fn quick<K: AnyKey>(asked: &Arc<Asked<K>>) -> Subject {
    subject("quick_cache", asked, |keys| {
        let cache = filled_quick(keys);
        move |key| cache.get(key)
    })
}

fn moka<K: AnyKey>(asked: &Arc<Asked<K>>) -> Subject {
    subject("moka", asked, |keys| {
        let builder = moka::sync::Cache::builder().max_capacity(2 * keys.len() as u64);
        let cache = builder.build_with_hasher(RandomState::default());
        for key in keys {
            cache.insert(key.clone(), Arc::new(7));
        }
        cache.run_pending_tasks();
        move |key| cache.get(key)
    })
}

fn map<K: AnyKey>(keys: &[K]) -> HashMap<K, Arc<u64>, RandomState> {
    keys.iter().map(|key| (key.clone(), Arc::new(7))).collect()
}

fn locked<K: AnyKey>(asked: &Arc<Asked<K>>) -> Subject {
    subject("RwLock<HashMap>", asked, |keys| {
        let map = RwLock::new(map(keys));
        move |key| map.read().ok()?.get(key).cloned()
    })
}

fn unlocked<K: AnyKey>(asked: &Arc<Asked<K>>) -> Subject {
    subject("HashMap (limit)", asked, |keys| {
        let map = map(keys);
        move |key| map.get(key).cloned()
    })
}

/// Every thread asks `times` times, each from another place in the order.
fn subject<K: AnyKey, G: Fn(&K) -> Option<Arc<u64>> + Sync + 'static>(
    name: &'static str,
    asked: &Arc<Asked<K>>,
    fill: impl FnOnce(&[K]) -> G + 'static,
) -> Subject {
    let asked = Arc::clone(asked);
    Subject::new(name, move || {
        let get = fill(&asked.keys);
        move |times| ask(&asked, &get, times)
    })
}

fn ask<K: AnyKey>(asked: &Asked<K>, get: &(impl Fn(&K) -> Option<Arc<u64>> + Sync), times: u64) -> Duration {
    let Asked { keys, order, threads } = asked;
    together(*threads, |thread| {
        let mut at = thread * keys::DRAWS / threads;
        for _ in 0..times {
            at = (at + 1) % keys::DRAWS;
            let found = get(&keys[order[at] as usize]);
            assert!(black_box(found).is_some(), "every key is there");
        }
    })
}
