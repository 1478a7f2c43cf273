//! The cache against a naive model, alone, among threads and among tasks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use proptest::prelude::*;

use super::{Cache, CacheBuilder, Cause};
use crate::clock::ManualClock;
use crate::liveness::must_end;
use crate::sync::lock;

const fn secs(time: u64) -> Duration {
    Duration::from_secs(time)
}

/// What the cache should be: a list from the least to the most recently used.
#[derive(Default)]
struct Model {
    /// Key, value, when put in, when used.
    entries: Vec<(u8, u64, u64, u64)>,
    now: u64,
}

const ENTRIES: usize = 5;
const BYTES: u64 = 30;
const TTL: u64 = 9;
const IDLE: u64 = 4;

impl Model {
    fn expire(&mut self) {
        let now = self.now;
        self.entries.retain(|(_, _, put, used)| put + TTL > now && used + IDLE > now);
    }

    fn get(&mut self, key: u8) -> Option<u64> {
        let at = self.entries.iter().position(|entry| entry.0 == key)?;
        let mut entry = self.entries.remove(at);
        entry.3 = self.now;
        self.entries.push(entry);
        Some(entry.1)
    }

    fn remove(&mut self, key: u8) -> Option<u64> {
        let at = self.entries.iter().position(|entry| entry.0 == key)?;
        Some(self.entries.remove(at).1)
    }

    fn insert(&mut self, key: u8, value: u64) -> Option<u64> {
        let old = self.remove(key);
        if value <= BYTES {
            self.entries.push((key, value, self.now, self.now));
            while self.entries.len() > ENTRIES || self.weight() > BYTES {
                self.entries.remove(0);
            }
        }
        old
    }

    fn weight(&self) -> u64 {
        self.entries.iter().map(|entry| entry.1).sum()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Get(u8),
    Insert(u8, u64),
    Build(u8, u64),
    Remove(u8),
    Wait(u64),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..12_u8;
    let step = prop_oneof![
        6 => key().prop_map(Step::Get),
        6 => (key(), 0..35_u64).prop_map(|(key, value)| Step::Insert(key, value)),
        4 => (key(), 0..35_u64).prop_map(|(key, value)| Step::Build(key, value)),
        2 => key().prop_map(Step::Remove),
        3 => (0..5_u64).prop_map(Step::Wait),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 0..200)
}

fn limited(clock: &ManualClock) -> CacheBuilder<u8, u64> {
    Cache::builder()
        .max_entries(ENTRIES)
        .max_bytes(BYTES, |_, value| *value)
        .ttl(secs(TTL))
        .idle(secs(IDLE))
        .clock(clock.clone())
}

proptest! {
    #[test]
    fn the_cache_does_what_the_model_does(steps in steps()) {
        let clock = ManualClock::default();
        let held = Arc::new(Mutex::new(0_i64));
        let left = Arc::clone(&held);
        let cache = limited(&clock).on_leave(move |_, _, _| *lock(&left) -= 1).build().unwrap();
        let mut model = Model::default();
        for step in steps {
            model.expire();
            match step {
                Step::Get(key) => prop_assert_eq!(cache.get(&key), model.get(key)),
                Step::Insert(key, value) => {
                    *lock(&held) += 1;
                    prop_assert_eq!(cache.insert(key, value), model.insert(key, value));
                }
                Step::Build(key, value) => {
                    let expected = model.get(key).unwrap_or_else(|| {
                        model.insert(key, value);
                        *lock(&held) += 1;
                        value
                    });
                    prop_assert_eq!(cache.get_or_insert_with(key, || value), expected);
                }
                Step::Remove(key) => prop_assert_eq!(cache.remove(&key), model.remove(key)),
                Step::Wait(time) => {
                    model.now += time;
                    clock.advance(secs(time));
                }
                Step::Clear => {
                    model.entries.clear();
                    cache.clear();
                }
            }
            model.expire();
            prop_assert_eq!((cache.len(), cache.weight()), (model.entries.len(), model.weight()));
            prop_assert_eq!(*lock(&held), i64::try_from(cache.len()).unwrap(), "told of each that left, once");
        }
    }

    /// Where everything is used once only, the victim has the lowest of age plus density squared, reckoned anew for
    /// each eviction; with equal costs and weights that is first in, first out.
    #[test]
    fn cost_aware_evicts_the_lowest_rank(new in prop::collection::vec((0..4_u32, 0..4_u32), 0..200), equal in any::<bool>()) {
        let evicted = Arc::new(Mutex::new(Vec::new()));
        let out = Arc::clone(&evicted);
        let cache = Cache::builder()
            .max_bytes(20, |_, bytes: &u64| *bytes)
            .cost_aware()
            .on_leave(move |key: &usize, _, cause| if cause == Cause::Evicted { lock(&out).push(*key) })
            .build()
            .unwrap();
        // Number, bytes, rank.
        let mut model: Vec<(usize, u64, f64)> = Vec::new();
        let mut age = 0.0;
        for (number, (bytes, cost)) in new.into_iter().enumerate() {
            // Powers of two, whose sums and products are the same however they are reckoned.
            let (bytes, cost) = if equal { (4, 4) } else { (1 << bytes, 1 << cost) };
            let mut expected = Vec::new();
            while model.iter().map(|entry| entry.1).sum::<u64>() + bytes > 20 {
                // Of equal ranks the first; they are in the order of entering.
                let first = (0..model.len()).min_by(|a, b| model[*a].2.total_cmp(&model[*b].2)).unwrap();
                prop_assert!(!equal || first == 0);
                age = model[first].2;
                expected.push(model.remove(first).0);
            }
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let worth = 0.1_f64.ln().exp() * (cost as f64 / bytes as f64).powi(2);
            model.push((number, bytes, age + worth));
            cache.insert_costing(number, bytes, secs(cost));
            prop_assert_eq!(std::mem::take(&mut *lock(&evicted)), expected);
        }
    }
}

#[test]
fn cost_aware_knows_who_was_used_and_who_was_there_before() {
    let cache = Cache::builder().max_entries(2).cost_aware().build().unwrap();
    cache.insert("used", ());
    assert!(cache.get("used").is_some());
    for stranger in 0..5 {
        cache.insert(["a", "b", "c", "d", "e"][stranger], ());
        assert!(cache.peek("used").is_some(), "stranger {stranger}");
    }
    cache.clear();
    cache.insert("back", ());
    for name in ["a", "b", "back", "c", "d", "e"] {
        cache.insert(name, ());
    }
    assert!(cache.peek("back").is_some(), "its first stay counts");
}

#[test]
fn what_expired_is_freed_by_other_operations() {
    let clock = ManualClock::default();
    let cache = Cache::builder().ttl(secs(1)).clock(clock.clone()).build().unwrap();
    let value = Arc::new(());
    for key in 0..1000 {
        cache.insert(key, Arc::clone(&value));
    }
    clock.advance(secs(1));
    assert_eq!(Arc::strong_count(&value), 1001);
    for _ in 0..32 {
        assert!(cache.get(&5000).is_none(), "another key");
    }
    assert_eq!(Arc::strong_count(&value), 1, "32 at each of 32 operations");
    assert_eq!(cache.stats().expired, 1000);
}

#[test]
fn what_nobody_used_is_freed_where_idleness_is_the_only_limit() {
    let clock = ManualClock::default();
    let cache = Cache::builder().idle(secs(5)).clock(clock.clone()).build().unwrap();
    cache.insert("used", 1);
    cache.insert("not", 2);
    for _ in 0..2 {
        clock.advance(secs(4));
        assert_eq!(cache.get("used"), Some(1));
    }
    assert_eq!((cache.stats().entries, cache.stats().expired), (1, 1));
}

#[test]
fn an_entry_says_itself_when_it_expires() {
    let clock = ManualClock::default();
    let by_value = |_: &u8, time: &u64| (*time < 100).then(|| secs(*time));
    let cache = Cache::builder().expire_after(by_value).clock(clock.clone()).build().unwrap();
    for time in [0, 1, 2, 100] {
        cache.insert(u8::try_from(time).unwrap(), time);
    }
    assert_eq!(cache.get(&0), None, "a time of zero is not kept");
    clock.advance(secs(1));
    assert_eq!((cache.get(&1), cache.get(&2)), (None, Some(2)));
    clock.advance(secs(1_000_000));
    assert_eq!((cache.get(&2), cache.get(&100)), (None, Some(100)));
}

#[test]
fn what_expired_makes_room_before_what_did_not() {
    let clock = ManualClock::default();
    let cache = Cache::builder()
        .max_bytes(100, |_, bytes| *bytes)
        .expire_after(|key: &u8, _| (*key > 0).then(|| secs(1)))
        .clock(clock.clone())
        .build()
        .unwrap();
    for key in 0..100 {
        cache.insert(key, 1);
    }
    clock.advance(secs(1));
    cache.insert(100, 90);
    assert_eq!((cache.get(&0), cache.stats().evicted), (Some(1), 0), "though it is the least recently used");
}

#[test]
fn of_two_deadlines_the_earlier_counts() {
    let clock = ManualClock::default();
    let by_value = |_: &u8, time: &u64| Some(secs(*time));
    let cache = Cache::builder().ttl(secs(5)).expire_after(by_value).clock(clock.clone()).build().unwrap();
    cache.insert(1, 3);
    cache.insert(2, 7);
    clock.advance(secs(3));
    assert_eq!((cache.get(&1), cache.get(&2)), (None, Some(7)));
    clock.advance(secs(2));
    assert_eq!(cache.get(&2), None);
}

#[test]
fn a_cost_aware_cache_measures_what_builds_take() {
    let clock = ManualClock::default();
    let cache = Cache::builder().max_entries(2).cost_aware().clock(clock.clone()).build().unwrap();
    for (key, time) in [("slow", 9), ("fast", 1), ("last", 5)] {
        cache.get_or_insert_with(key, || clock.advance(secs(time)));
    }
    assert!(cache.peek("slow").is_some() && cache.peek("fast").is_none());
    let task = cache.get_or_insert_async("async", || async { clock.advance(secs(20)) });
    smol::block_on(task);
    cache.insert_costing("more", (), secs(19));
    assert!(cache.peek("async").is_some() && cache.peek("last").is_none());
}

#[test]
fn each_cause_is_told() {
    let clock = ManualClock::default();
    let told = Arc::new(Mutex::new(Vec::new()));
    let out = Arc::clone(&told);
    let cache = Cache::builder()
        .max_entries(2)
        .max_bytes(10, |_, value| *value)
        .ttl(secs(5))
        .clock(clock.clone())
        .on_leave(move |key: &char, value: &u64, cause| lock(&out).push((*key, *value, cause)))
        .build()
        .unwrap();
    cache.insert('a', 1);
    cache.insert('a', 2);
    cache.insert('b', 3);
    cache.insert('c', 4);
    cache.insert('d', 11);
    cache.remove(&'b');
    clock.advance(secs(5));
    cache.purge();
    cache.insert('e', 5);
    cache.clear();
    let expected = [
        ('a', 1, Cause::Replaced),
        ('a', 2, Cause::Evicted),
        ('d', 11, Cause::TooLarge),
        ('b', 3, Cause::Removed),
        ('c', 4, Cause::Expired),
        ('e', 5, Cause::Removed),
    ];
    assert_eq!(*lock(&told), expected);
    assert_eq!((cache.stats().evicted, cache.stats().expired, cache.stats().refused), (1, 1, 1));
}

#[test]
fn clearing_tells_what_was_over_from_what_was_not() {
    let (clock, told) = (ManualClock::default(), Arc::new(Mutex::new(Vec::new())));
    let out = Arc::clone(&told);
    let cache = Cache::builder().idle(secs(5)).clock(clock.clone());
    let cache =
        cache.on_leave(move |key: &u8, (): &(), cause| lock(&out).push((*key, cause))).build().unwrap();
    for key in 0..200 {
        cache.insert(key, ());
    }
    clock.advance(secs(5));
    cache.insert(200, ());
    cache.clear();
    let causes = |which| lock(&told).iter().filter(|(_, cause)| *cause == which).count();
    assert_eq!((causes(Cause::Expired), causes(Cause::Removed), told.lock().unwrap().len()), (200, 1, 201));
}

#[test]
fn a_listener_may_use_the_cache() {
    must_end(|| {
        let made = Arc::new_cyclic(|itself: &Weak<Cache<u8, u8>>| {
            let itself = itself.clone();
            let listener = move |key: &u8, value: &u8, cause| {
                if let (Some(cache), Cause::Evicted, ..100) = (itself.upgrade(), cause, *key) {
                    cache.insert(*key + 100, *value);
                }
            };
            Cache::builder().max_entries(2).on_leave(listener).build().unwrap()
        });
        for key in 0..3 {
            made.insert(key, key);
        }
        assert_eq!(
            (made.get(&101), made.get(&102), made.len()),
            (Some(1), Some(2), 2),
            "each pushed out the next"
        );
    });
}

#[test]
fn a_listener_that_panics_hears_of_the_others_and_leaves_no_build_in_the_air() {
    must_end(|| {
        let (clock, told) = (ManualClock::default(), Arc::new(AtomicUsize::new(0)));
        let heard = Arc::clone(&told);
        let listener = move |_: &u8, _: &u8, _| {
            heard.fetch_add(1, Ordering::SeqCst);
            panic!("on purpose");
        };
        let cache = Cache::builder().ttl(secs(5)).clock(clock.clone()).on_leave(listener).build().unwrap();
        let panics = |ask: &dyn Fn() -> u8| {
            cache.insert(1, 1);
            cache.insert(2, 2);
            clock.advance(secs(5));
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask)).is_err()
        };
        assert!(panics(&|| cache.get_or_insert_with(3, || 3)));
        assert_eq!(told.load(Ordering::SeqCst), 2);
        assert!(panics(&|| smol::block_on(cache.get_or_insert_async(4, || async { 4 }))));
        assert_eq!((cache.get_or_insert_with(3, || 5), cache.get_or_insert_with(4, || 6)), (5, 6));
    });
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let check = |builder: CacheBuilder<u8, u8>, sentence: &str| {
        assert_eq!(builder.build().unwrap_err().to_string(), sentence);
    };
    let new = Cache::builder;
    check(new().max_entries(0), "`max_entries` is 0, so nothing could ever be kept; give at least 1");
    check(new().max_bytes(0, |_, _| 1), "`max_bytes` is 0, so nothing could ever be kept; give at least 1");
    let sentence = "`ttl` is 0, so every entry would expire at once; give a longer time or leave it out";
    check(new().ttl(Duration::ZERO), sentence);
    let sentence = "`idle` is 0, so every entry would expire at once; give a longer time or leave it out";
    check(new().idle(Duration::ZERO), sentence);
}
