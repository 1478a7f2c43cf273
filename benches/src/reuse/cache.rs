//! `Cache` beside quick_cache, moka and `lru` behind a mutex: hits, and puts that push another out.
//!
//! Promises: equal keys, values and bounds. Refuses: expiry and cost, which not all of them have.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use heirloom_reuse::Cache;
use lru::LruCache;

use super::{Asked, each_key};
use crate::keys;
use crate::subject::{Effort, Goal, Subject, Work};

const KEYS: usize = 10_000;

pub(super) fn works() -> Vec<Work> {
    vec![hits(1), hits(2), puts()]
}

fn hits(threads: usize) -> Work {
    let asked = Asked::new(keys::numbers(KEYS), threads);
    let plural = if threads == 1 { "" } else { "s" };
    Work {
        name: format!("reuse: cache hit, u64 keys, {threads} thread{plural}"),
        subjects: vec![
            each_key("heirloom `Cache`", &asked, |keys: &[u64]| {
                let cache = Cache::new(2 * KEYS).expect("a bound above 0");
                for key in keys {
                    let _ = cache.insert(*key, Arc::new(7_u64));
                }
                move |key| assert!(black_box(cache.get(key)).is_some())
            }),
            each_key("heirloom `Cache`, cost-aware", &asked, |keys: &[u64]| {
                let cache = Cache::builder().max_entries(2 * KEYS).cost_aware().build().expect("a bound");
                for key in keys {
                    let _ = cache.insert(*key, Arc::new(7_u64));
                }
                move |key| assert!(black_box(cache.get(key)).is_some())
            }),
            each_key("Mutex<LruCache>", &asked, |keys: &[u64]| {
                let room = (2 * KEYS).try_into().expect("above 0");
                let mut cache = LruCache::with_hasher(room, RandomState::default());
                for key in keys {
                    let _ = cache.put(*key, Arc::new(7_u64));
                }
                let cache = Mutex::new(cache);
                move |key| {
                    let found = cache.lock().expect("nobody panics").get(key).cloned();
                    assert!(black_box(found).is_some());
                }
            }),
            each_key("quick_cache", &asked, |keys: &[u64]| {
                let cache = crate::hit::filled_quick(keys);
                move |key| assert!(black_box(cache.get(key)).is_some())
            }),
            each_key("moka", &asked, |keys: &[u64]| {
                let builder = moka::sync::Cache::builder().max_capacity(2 * KEYS as u64);
                let cache = builder.build_with_hasher(RandomState::default());
                for key in keys {
                    cache.insert(*key, Arc::new(7_u64));
                }
                cache.run_pending_tasks();
                move |key| assert!(black_box(cache.get(key)).is_some())
            }),
            each_key("RwLock<HashMap> (limit)", &asked, |keys: &[u64]| {
                let map: HashMap<u64, Arc<u64>, RandomState> =
                    keys.iter().map(|key| (*key, Arc::new(7))).collect();
                let map = RwLock::new(map);
                move |key| {
                    let found = map.read().expect("nobody panics").get(key).cloned();
                    assert!(black_box(found).is_some());
                }
            }),
        ],
        against: "Mutex<LruCache>",
        goal: Goal::Ratio(1.0),
        effort: Effort::Small,
    }
}

/// Puts under ever new keys into a full cache.
fn puts() -> Work {
    fn subject<S: Fn(u64) + Sync + 'static>(
        name: &'static str,
        make: impl FnOnce() -> S + 'static,
    ) -> Subject {
        Subject::new(name, move || {
            let (put, next) = (make(), AtomicU64::new(0));
            let step = move || put(next.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            (0..KEYS).for_each(|_| step());
            move |times| crate::crowd::together(1, |_| (0..times).for_each(|_| step()))
        })
    }
    Work {
        name: "reuse: cache put that evicts, u64 keys".to_owned(),
        subjects: vec![
            subject("heirloom `Cache`", || {
                let cache = Cache::new(KEYS).expect("a bound above 0");
                move |key| _ = cache.insert(key, key)
            }),
            subject("heirloom `Cache`, cost-aware", || {
                let cache = Cache::builder().max_entries(KEYS).cost_aware().build().expect("a bound");
                move |key| _ = cache.insert(key, key)
            }),
            subject("Mutex<LruCache>", || {
                let room = KEYS.try_into().expect("above 0");
                let cache = Mutex::new(LruCache::with_hasher(room, RandomState::default()));
                move |key| _ = cache.lock().expect("nobody panics").push(key, key)
            }),
            subject("quick_cache", || {
                let cache = quick_cache::sync::Cache::new(KEYS);
                move |key| cache.insert(key, key)
            }),
            subject("moka", || {
                let builder = moka::sync::Cache::builder().max_capacity(KEYS as u64);
                let cache = builder.build_with_hasher(RandomState::default());
                move |key| cache.insert(key, key)
            }),
        ],
        against: "Mutex<LruCache>",
        goal: Goal::None,
        effort: Effort::Small,
    }
}
