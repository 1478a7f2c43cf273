//! Builds of the cache's values: among threads and tasks, failing, circular, cancelled.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use super::{Cache, Memo};
use crate::liveness::must_end;

#[test]
fn threads_that_ask_for_one_key_build_once() {
    must_end(|| {
        let (cache, builds, start) = (Cache::unbounded(), AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    for key in 0..200 {
                        let built = cache.get_or_insert_with(key, || {
                            builds.fetch_add(1, Ordering::Relaxed);
                            std::thread::yield_now();
                            key * 2
                        });
                        assert_eq!(built, key * 2);
                    }
                });
            }
        });
        let stats = cache.stats();
        assert_eq!((builds.load(Ordering::Relaxed), stats.builds), (200, 200));
        assert_eq!(stats.hits + stats.misses, 1600);
        assert_eq!(stats.misses - stats.waited, 200);
    });
}

#[test]
fn a_builder_that_fails_or_panics_hands_its_seat_on() {
    must_end(|| {
        let (cache, start, tries) = (Cache::unbounded(), Barrier::new(4), AtomicUsize::new(0));
        let build = || match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Err("no"),
            1 => panic!("on purpose"),
            _ => Ok(7),
        };
        let ask = || {
            start.wait();
            let asked = || cache.try_get_or_insert_with("key", build);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(asked)).map_or("panic", |result| {
                match result {
                    Ok(7) => "seven",
                    Ok(_) => "wrong",
                    Err(no) => no,
                }
            })
        };
        let mut ends: Vec<&str> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        ends.sort_unstable();
        assert_eq!(ends, ["no", "panic", "seven", "seven"]);
        assert_eq!(tries.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn a_build_that_asks_for_its_own_key_does_not_hang() {
    must_end(|| {
        let cache = Cache::unbounded();
        let outer = cache.get_or_insert_with(1, || {
            let inner = cache.get_or_insert_with(2, || cache.get_or_insert_with(1, || 10) + 1);
            inner + 100
        });
        assert_eq!((outer, cache.get(&1), cache.get(&2)), (111, Some(111), Some(11)));
        let task =
            cache.get_or_insert_async(3, || async { cache.get_or_insert_async(3, || async { 5 }).await + 1 });
        assert_eq!(smol::block_on(task), 6);
    });
}

#[test]
fn two_builds_that_want_each_other_do_not_hang() {
    must_end(|| {
        let (cache, both) = (Cache::unbounded(), Barrier::new(2));
        let build = |own: u8, other: u8| {
            cache.get_or_insert_with(own, || {
                both.wait();
                cache.get_or_insert_with(other, || 1) + 1
            })
        };
        let (a, b) = std::thread::scope(|scope| {
            let a = scope.spawn(|| build(1, 2));
            let b = scope.spawn(|| build(2, 1));
            (a.join().unwrap(), b.join().unwrap())
        });
        assert!([(2, 3), (3, 2), (2, 2)].contains(&(a, b)), "one built the other's alone: {a} {b}");
    });
}

#[test]
fn a_cancelled_task_hands_its_build_on() {
    must_end(|| {
        let cache = Cache::unbounded();
        let mut first = Box::pin(cache.get_or_insert_async("key", std::future::pending::<u8>));
        let mut second = Box::pin(cache.get_or_insert_async("key", || async { 2 }));
        smol::block_on(async {
            assert!(smol::future::poll_once(&mut first).await.is_none(), "builds for ever");
            assert!(smol::future::poll_once(&mut second).await.is_none(), "waits");
            drop(first);
            assert_eq!(second.await, 2);
        });
    });
}

#[test]
fn a_value_removed_while_it_is_built_does_not_come_back() {
    let cache = Cache::unbounded();
    let build = |meanwhile: &dyn Fn()| {
        cache.get_or_insert_with("key", || {
            meanwhile();
            1
        })
    };
    assert_eq!(build(&|| _ = cache.remove("key")), 1);
    assert_eq!(cache.get("key"), None);
    assert_eq!(build(&|| cache.clear()), 1);
    assert_eq!(cache.get("key"), None);
    assert_eq!(build(&|| _ = cache.insert("key", 2)), 1);
    assert_eq!(cache.get("key"), Some(2), "the newer one stays");
}

#[test]
fn the_memo_calls_its_function_once_per_kept_key() {
    let calls = AtomicUsize::new(0);
    let double = Memo::new(Cache::new(2).unwrap(), |n: &u32| {
        calls.fetch_add(1, Ordering::Relaxed);
        n * 2
    });
    for n in [1, 2, 1, 3, 1, 2] {
        assert_eq!(double.call(n), n * 2);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4, "2 had to go for 3");
}

#[test]
fn threads_at_odds_leave_the_bounds_and_the_counts_right() {
    let in_and_out = Arc::new(AtomicUsize::new(0));
    let out = Arc::clone(&in_and_out);
    let cache = Cache::builder()
        .max_entries(50)
        .max_bytes(300, |_, value: &u64| *value)
        .on_leave(move |_: &u64, _, _| _ = out.fetch_sub(1, Ordering::Relaxed))
        .build()
        .unwrap();
    std::thread::scope(|scope| {
        for seed in 1..=4_u64 {
            let (cache, in_and_out) = (&cache, &in_and_out);
            scope.spawn(move || {
                let mut number = seed;
                for _ in 0..5000 {
                    number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed);
                    let (key, value) = ((number >> 40) % 100, (number >> 50) % 12);
                    if number >> 63 == 0 {
                        in_and_out.fetch_add(1, Ordering::Relaxed);
                        cache.insert(key, value);
                    } else if value == 0 {
                        cache.remove(&key);
                    } else {
                        cache.get(&key);
                    }
                    assert!(cache.weight() <= 300);
                }
            });
        }
    });
    assert!(cache.len() <= 50);
    assert_eq!(in_and_out.load(Ordering::Relaxed), cache.len());
    assert_eq!(cache.iter().map(|(_, value)| value).sum::<u64>(), cache.weight());
}
