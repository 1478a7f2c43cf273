//! Every interleaving that a random scheduler can think of: models of single flight, the pool, the weak tables and the
//! observers.
//!
//! Run by `cargo test -p heirloom-reuse --features shuttle --test shuttle`; the feature makes the locks of this crate
//! shuttle's own, so a model that deadlocks or breaks a promise names the schedule that did it.
#![cfg(feature = "shuttle")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use heirloom_reuse::{Cache, Interner, Observers, Pool, Pooled, WeakValueCache};
use shuttle::thread;

const RANDOM: usize = 1_000;
const BY_PRIORITY: usize = 500;

/// Runs a model under random schedules, and under those that are known to find rare orders of few steps.
fn explore(model: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_random(model.clone(), RANDOM);
    shuttle::check_pct(model, BY_PRIORITY, 3);
}

/// Runs the same in so many threads to its end.
fn in_threads<R: Send + 'static>(count: usize, work: impl Fn(usize) -> R + Send + Sync + 'static) -> Vec<R> {
    let work = Arc::new(work);
    let threads: Vec<_> = (0..count)
        .map(|number| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(number))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn of_all_who_ask_one_builds() {
    explore(|| {
        let cache = Arc::new(Cache::unbounded());
        let (asked, builds) = (Arc::clone(&cache), Arc::new(AtomicUsize::new(0)));
        let built = Arc::clone(&builds);
        let got = in_threads(3, move |number| {
            asked.get_or_insert_with("key", || {
                built.fetch_add(1, Ordering::SeqCst);
                thread::yield_now();
                number
            })
        });
        assert!(got.iter().all(|value| *value == got[0]));
        assert_eq!((builds.load(Ordering::SeqCst), cache.get("key")), (1, Some(got[0])));
        let stats = cache.stats();
        assert_eq!((stats.builds, stats.misses - stats.waited), (1, 1));
    });
}

#[test]
fn a_failed_build_is_taken_over_by_one_who_waits() {
    explore(|| {
        let (cache, tries) = (Arc::new(Cache::unbounded()), Arc::new(AtomicUsize::new(0)));
        let (asked, tried) = (Arc::clone(&cache), Arc::clone(&tries));
        let got = in_threads(3, move |_| {
            asked.try_get_or_insert_with("key", || {
                let number = tried.fetch_add(1, Ordering::SeqCst);
                thread::yield_now();
                if number == 0 { Err(()) } else { Ok(number) }
            })
        });
        assert_eq!(got.iter().filter(|got| got.is_err()).count(), 1);
        assert_eq!((got.iter().flatten().sum::<usize>(), tries.load(Ordering::SeqCst)), (2, 2));
        let stats = cache.stats();
        assert!(stats.hits + stats.misses == 3 && stats.waited <= 2, "each is counted once: {stats:?}");
    });
}

#[test]
fn a_value_put_in_during_a_build_stays() {
    explore(|| {
        let cache = Arc::new(Cache::unbounded());
        let asked = Arc::clone(&cache);
        in_threads(2, move |number| {
            if number == 0 {
                asked.get_or_insert_with("key", || {
                    thread::yield_now();
                    "old"
                });
            } else {
                asked.insert("key", "new");
            }
        });
        assert_eq!(cache.get("key"), Some("new"));
    });
}

#[test]
fn two_builds_that_want_each_other_end() {
    explore(|| {
        let cache = Arc::new(Cache::unbounded());
        let got = in_threads(2, move |own| {
            let other = 1 - own;
            cache.get_or_insert_with(own, || {
                thread::yield_now();
                1 + cache.get_or_insert_with(other, || 10)
            })
        });
        assert!(got.iter().all(|value| *value > 0));
    });
}

/// Counts how many of it live, which must never be two.
struct Single(Arc<AtomicUsize>);

impl Single {
    fn new(live: &Arc<AtomicUsize>) -> Self {
        assert_eq!(live.fetch_add(1, Ordering::SeqCst), 0, "one object of a key at a time");
        Self(Arc::clone(live))
    }
}

impl Drop for Single {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_weak_table_shares_what_is_held_and_forgets_the_rest() {
    explore(|| {
        let cache = WeakValueCache::new();
        let asked = cache.clone();
        in_threads(3, move |_| {
            for _ in 0..2 {
                let held = asked.get_or_insert_with("key", || 7);
                thread::yield_now();
                assert!(asked.get("key").is_some_and(|again| again.is_same(&held)), "it is held");
            }
        });
        let stats = cache.stats();
        assert_eq!((stats.live, stats.died, cache.iter().count()), (0, stats.builds, 0));
    });
}

#[test]
fn equal_values_are_one_object() {
    explore(|| {
        let words = Interner::<Box<str>>::new();
        let asked = words.clone();
        let got = in_threads(3, move |number| {
            let word = asked.intern_ref("word");
            thread::yield_now();
            assert!(asked.intern("word".into()) == word, "it is held");
            // The first lets go while the others may just be asking.
            (number > 0).then_some(word)
        });
        assert_eq!((got[1] == got[2], words.len()), (true, 1));
        drop(got);
        assert_eq!((words.len(), words.stats().died), (0, words.stats().builds));
    });
}

#[test]
fn a_pool_lends_each_object_to_one_at_a_time() {
    explore(|| {
        let live = Arc::new(AtomicUsize::new(0));
        let pool = Pool::builder(move || Single::new(&live)).max_size(1).build().unwrap();
        let (lent, inside) = (pool.clone(), Arc::new(AtomicUsize::new(0)));
        in_threads(3, move |number| {
            let object = lent.acquire().unwrap();
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "alone");
            thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            if number == 0 {
                Pooled::discard(object);
            }
        });
        let stats = pool.stats();
        assert!(stats.size == stats.idle && stats.size <= 1, "{stats:?}");
        assert_eq!(stats.made + stats.reused, 3);
    });
}

#[test]
fn what_a_task_that_gives_up_was_granted_goes_to_the_next() {
    explore(|| {
        let pool = Pool::builder(|| 7).max_size(1).build().unwrap();
        let lent = pool.clone();
        in_threads(3, move |number| {
            if number == 0 {
                // Asks, perhaps waits, and is dropped, with or without an object on its way.
                let mut task = pin!(lent.acquire_async());
                let mut context = Context::from_waker(Waker::noop());
                if let Poll::Ready(object) = task.as_mut().poll(&mut context) {
                    drop(object.unwrap());
                }
                thread::yield_now();
            } else {
                assert_eq!(*lent.acquire().unwrap(), 7);
            }
        });
        let stats = pool.stats();
        assert_eq!((stats.size, stats.idle), (1, 1), "{stats:?}");
    });
}

#[test]
fn observers_come_and_go_while_others_notify() {
    explore(|| {
        let (set, calls) = (Observers::<()>::new(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&calls);
        let steady = set.watch(move |()| _ = count.fetch_add(1, Ordering::SeqCst));
        let shared = set.clone();
        in_threads(3, move |number| {
            if number == 0 {
                let brief = shared.watch(|()| thread::yield_now());
                thread::yield_now();
                drop(brief);
            } else {
                let notified = shared.notify(&());
                assert!((1..=2).contains(&notified.called) && notified.panics.is_empty());
            }
        });
        assert_eq!((calls.load(Ordering::SeqCst), set.len()), (2, 1));
        drop(steady);
        assert_eq!((set.notify(&()).called, set.len()), (0, 0));
    });
}
