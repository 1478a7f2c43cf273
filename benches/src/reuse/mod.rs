//! The types of `heirloom::reuse` beside the crates that people use for the same: caches, pools, interners.
//!
//! Promises: each peer is set up as its own documentation shows. Refuses: features that only one side has.

mod cache;
mod intern;
mod pool;

use std::sync::Arc;
use std::time::Duration;

use crate::crowd::together;
use crate::keys;
use crate::subject::{Subject, Work};

/// All works of reuse.
pub fn works() -> Vec<Work> {
    [cache::works(), pool::works(), intern::works()].into_iter().flatten().collect()
}

/// Keys, the order in which they are asked for, and how many threads ask.
struct Asked<K> {
    keys: Vec<K>,
    order: Vec<u32>,
    threads: usize,
}

impl<K> Asked<K> {
    fn new(keys: Vec<K>, threads: usize) -> Arc<Self> {
        let order = keys::zipf(keys.len());
        Arc::new(Self { keys, order, threads })
    }
}

/// Every thread does `step` with a popular key, over and over, each from another place in the order.
fn each_key<K: Send + Sync + 'static, S: Fn(&K) + Sync + 'static>(
    name: &'static str,
    asked: &Arc<Asked<K>>,
    prepare: impl FnOnce(&[K]) -> S + 'static,
) -> Subject {
    let asked = Arc::clone(asked);
    Subject::new(name, move || {
        let step = prepare(&asked.keys);
        move |times| -> Duration {
            together(asked.threads, |thread| {
                let mut at = thread * keys::DRAWS / asked.threads;
                for _ in 0..times {
                    at = (at + 1) % keys::DRAWS;
                    step(&asked.keys[asked.order[at] as usize]);
                }
            })
        }
    })
}
