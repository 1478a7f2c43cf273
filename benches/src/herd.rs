//! The herd: four threads ask for the same cold keys in the same order, and each build takes about a millisecond.
//!
//! Promises: the ideal is measured in the same run, as the same builds one after the other on one thread. Refuses:
//! sleeping builders; a builder counts a fixed number of rounds.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use heirloom::{Store, Tiers};

use crate::crowd::together;
use crate::keys::Numbers;
use crate::subject::{Effort, Goal, Subject, Work};

const THREADS: usize = 4;
/// Cold keys in one run of the herd.
const KEYS: u64 = 32;

/// Counts for about a millisecond: as many rounds as that took when they were first counted.
fn build(key: u64) -> u64 {
    static ROUNDS: OnceLock<u64> = OnceLock::new();
    let mut numbers = Numbers(key);
    (0..*ROUNDS.get_or_init(rounds_of_a_millisecond)).fold(0_u64, |sum, _| sum.wrapping_add(numbers.draw()))
}

/// The herd work; times are of `KEYS` keys together.
pub fn works() -> Vec<Work> {
    let subjects = vec![ours(), quick(), moka(), once(), ideal()];
    vec![Work {
        name: "herd: 4 threads, 32 cold keys, 1 ms builds".to_owned(),
        subjects,
        against: "one thread (ideal)",
        goal: Goal::Ratio(1.3),
        effort: Effort::Small,
    }]
}

fn ours() -> Subject {
    herd("heirloom", move || {
        let factory = Store::in_memory()
            .factory("herd")
            .tiers(Tiers { memory: true, disk: false })
            .size(|_: &u64| 8)
            .build(move |key: &u64| Ok::<u64, Infallible>(build(*key)));
        move |key| factory.get(&key).expect("the builder succeeds")
    })
}

fn quick() -> Subject {
    herd("quick_cache", move || {
        let cache = quick_cache::sync::Cache::<u64, Arc<u64>>::new(1000);
        move |key| {
            let built = cache.get_or_insert_with(&key, || Ok::<_, Infallible>(Arc::new(build(key))));
            built.unwrap_or_else(|never| match never {})
        }
    })
}

fn moka() -> Subject {
    herd("moka", move || {
        let cache = moka::sync::Cache::<u64, Arc<u64>>::new(1000);
        move |key| cache.get_with(key, || Arc::new(build(key)))
    })
}

/// The simplest thing that builds once: a map of cells, without any bound.
fn once() -> Subject {
    type Cells = Mutex<HashMap<u64, Arc<OnceLock<Arc<u64>>>>>;
    herd("OnceLock map", move || {
        let cells = Cells::default();
        move |key| {
            let mut known = cells.lock().unwrap_or_else(PoisonError::into_inner);
            let cell = Arc::clone(known.entry(key).or_default());
            drop(known);
            Arc::clone(cell.get_or_init(|| Arc::new(build(key))))
        }
    })
}

fn ideal() -> Subject {
    Subject::new("one thread (ideal)", || {
        move |times| {
            let begun = Instant::now();
            for _ in 0..times {
                for key in 0..KEYS {
                    black_box(build(key));
                }
            }
            begun.elapsed()
        }
    })
}

/// A fresh cache for each iteration, filled by the herd.
fn herd<G: Fn(u64) -> Arc<u64> + Sync>(name: &'static str, fresh: impl Fn() -> G + 'static) -> Subject {
    Subject::new(name, || {
        move |times| {
            let mut total = Duration::ZERO;
            for _ in 0..times {
                let get = fresh();
                total += together(THREADS, |_| {
                    for key in 0..KEYS {
                        black_box(get(key));
                    }
                });
            }
            total
        }
    })
}

fn rounds_of_a_millisecond() -> u64 {
    let mut rounds = 1 << 16;
    loop {
        let mut numbers = Numbers(0);
        let begun = Instant::now();
        black_box((0..rounds).fold(0_u64, |sum, _| sum.wrapping_add(numbers.draw())));
        let took = begun.elapsed();
        if took > Duration::from_millis(20) {
            let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            return rounds * 1_000_000 / nanos;
        }
        rounds *= 2;
    }
}
