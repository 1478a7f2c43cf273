//! The weak types against a naive model, and among threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, LazyLock, Mutex};

use proptest::prelude::*;

use super::{Flyweight, Held, Interned, Interner, Symbols, WeakValueCache};
use crate::liveness::must_end;
use crate::sync::lock;

proptest! {
    /// Holders come and go; the cache knows exactly the keys that somebody holds.
    #[test]
    fn an_entry_lives_as_long_as_its_holders(steps in prop::collection::vec((0..6_u8, 0..3_u8), 0..200)) {
        let cache = WeakValueCache::new();
        let mut holders: Vec<Held<u8, usize>> = Vec::new();
        let mut builds = 0;
        for (key, what) in steps {
            let model: HashMap<u8, usize> = holders.iter().map(|held| (*held.key(), **held)).collect();
            match what {
                0 => holders.extend(cache.get(&key)),
                1 => holders.push(cache.get_or_insert_with(key, || {
                    builds += 1;
                    builds
                })),
                _ if !holders.is_empty() => drop(holders.swap_remove(usize::from(key) % holders.len())),
                _ => {}
            }
            if let (0 | 1, Some(expected)) = (what, model.get(&key)) {
                prop_assert_eq!(**holders.last().unwrap(), *expected, "the same object");
            }
            let mut held: Vec<usize> = holders.iter().map(|held| **held).collect();
            held.sort_unstable();
            held.dedup();
            prop_assert_eq!(cache.len(), held.len());
            let mut live: Vec<usize> = cache.iter().map(|held| *held).collect();
            live.sort_unstable();
            prop_assert_eq!(live, held);
        }
        holders.clear();
        let stats = cache.stats();
        prop_assert_eq!((stats.live, stats.died, stats.builds), (0, stats.builds, builds as u64));
    }

    #[test]
    fn symbols_name_what_they_were_made_of(words in prop::collection::vec("[a-cé]{0,3}", 0..50)) {
        let symbols = Symbols::new(&words).unwrap();
        let mut distinct: Vec<&str> = Vec::new();
        for word in &words {
            if !distinct.contains(&word.as_str()) {
                distinct.push(word);
            }
        }
        prop_assert_eq!(symbols.names().collect::<Vec<_>>(), &distinct[..]);
        for (number, word) in distinct.iter().enumerate() {
            let symbol = symbols.symbol(word).unwrap();
            prop_assert_eq!((symbol.number() as usize, symbols.name(symbol)), (number, Some(*word)));
        }
        prop_assert_eq!(symbols.symbol("zzz"), None);
    }
}

#[test]
fn uses_and_holders_are_counted() {
    let cache = WeakValueCache::new();
    let one = cache.get_or_insert_with(1, || "one");
    let two = cache.get(&1).unwrap();
    assert_eq!((one.uses(), one.holders()), (2, 2));
    assert!(cache.get(&2).is_none());
    drop(two);
    assert_eq!((one.holders(), cache.stats().hits, cache.stats().misses), (1, 1, 2));
}

/// A value whose destructor asks the very cache it came from, as a real one might.
struct Curious(WeakValueCache<u8, Curious>, Arc<AtomicUsize>);

impl Drop for Curious {
    fn drop(&mut self) {
        self.1.fetch_add(usize::from(self.0.get(&1).is_none()), Ordering::Relaxed);
    }
}

#[test]
fn a_destructor_may_use_the_cache() {
    must_end(|| {
        let (cache, asked) = (WeakValueCache::new(), Arc::default());
        let held = cache.get_or_insert_with(1, || Curious(cache.clone(), Arc::clone(&asked)));
        drop(held);
        assert_eq!(asked.load(Ordering::Relaxed), 1, "the entry was gone before the object");
    });
}

#[test]
fn an_object_outlives_its_cache() {
    let held = WeakValueCache::new().get_or_insert_with(1, || 5);
    assert_eq!(*held, 5);
}

/// Counts how many of it live.
struct Single(&'static AtomicUsize);

impl Drop for Single {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn threads_never_hold_two_objects_of_one_key() {
    must_end(|| {
        let (cache, start) = (WeakValueCache::new(), Barrier::new(4));
        let live: Vec<AtomicUsize> = (0..3).map(|_| AtomicUsize::new(0)).collect();
        let live: &'static [AtomicUsize] = Vec::leak(live);
        std::thread::scope(|scope| {
            for thread in 0..4_usize {
                let (cache, start) = (&cache, &start);
                scope.spawn(move || {
                    start.wait();
                    for round in 0..3000 {
                        let key = (round + thread / 2) % 3;
                        let held = cache.get_or_insert_with(key, || {
                            live[key].fetch_add(1, Ordering::SeqCst);
                            Single(&live[key])
                        });
                        let again = cache.get(&key).expect("this thread holds it");
                        assert!(held.is_same(&again));
                    }
                });
            }
        });
        let stats = cache.stats();
        assert_eq!((cache.len(), stats.died), (0, stats.builds));
        assert!(live.iter().all(|count| count.load(Ordering::SeqCst) == 0));
    });
}

#[test]
fn waiting_threads_share_the_leaders_object() {
    must_end(|| {
        let (cache, start, builds) = (WeakValueCache::new(), Barrier::new(6), AtomicUsize::new(0));
        let held: Vec<Held<&str, u8>> = std::thread::scope(|scope| {
            let ask = || {
                start.wait();
                cache.get_or_insert_with("key", || {
                    builds.fetch_add(1, Ordering::SeqCst);
                    std::thread::yield_now();
                    1
                })
            };
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(held.iter().all(|other| other.is_same(&held[0])));
        assert_eq!((builds.load(Ordering::SeqCst), held[0].holders()), (1, 6));
    });
}

#[test]
fn a_build_that_asks_for_its_own_key_gets_an_object_apart() {
    must_end(|| {
        let cache = WeakValueCache::new();
        let outer = cache.get_or_insert_with(1, || *cache.get_or_insert_with(1, || 5) + 1);
        assert_eq!((*outer, cache.len()), (6, 1));
        assert!(cache.get(&1).unwrap().is_same(&outer));
    });
}

#[test]
fn a_cancelled_task_hands_its_build_on() {
    must_end(|| {
        let cache = WeakValueCache::new();
        let mut first = Box::pin(cache.get_or_insert_async("key", std::future::pending::<u8>));
        smol::block_on(async {
            assert!(smol::future::poll_once(&mut first).await.is_none());
            drop(first);
            assert_eq!(*cache.get_or_insert_async("key", || async { 2 }).await, 2);
        });
    });
}

#[test]
fn equal_values_are_one_object_among_threads() {
    must_end(|| {
        let (words, start) = (Interner::<Box<str>>::new(), Barrier::new(4));
        let kept: Vec<Vec<Interned<Box<str>>>> = std::thread::scope(|scope| {
            let intern = || {
                start.wait();
                (0..500).map(|n| words.intern_ref(format!("label {}", n % 10).as_str())).collect()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(intern)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(words.len(), 10);
        for other in &kept {
            assert!(other.iter().zip(&kept[0]).all(|(one, two)| one == two));
        }
        assert_ne!(kept[0][0], kept[0][1]);
        assert_eq!(kept[0][0].holders(), 4 * 50);
        drop(kept);
        assert_eq!((words.len(), words.stats().died), (0, words.stats().builds));
    });
}

/// A word that somebody else interns while it is being copied.
#[derive(PartialEq, Eq, Hash)]
struct Raced(String);

static RACED: LazyLock<Interner<Raced>> = LazyLock::new(Interner::new);
static FASTER: Mutex<Option<Interned<Raced>>> = Mutex::new(None);

impl std::borrow::Borrow<str> for Raced {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Raced {
    fn from(word: &str) -> Self {
        *lock(&FASTER) = Some(RACED.intern(Self(word.to_owned())));
        Self(word.to_owned())
    }
}

#[test]
fn who_comes_second_gets_the_object_of_the_first() {
    let second = RACED.intern_ref("word");
    assert!(lock(&FASTER).as_ref().is_some_and(|first| *first == second));
    assert_eq!(RACED.len(), 1);
}

#[test]
fn values_of_two_interners_are_never_equal() {
    let (one, two) = (Interner::new(), Interner::new());
    assert_ne!(one.intern(5), two.intern(5));
}

#[test]
fn a_flyweight_makes_each_part_once() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let parts = Flyweight::new(move |key: &u32| {
        count.fetch_add(1, Ordering::Relaxed);
        key * 2
    });
    let held: Vec<_> = (0..100).map(|n| parts.get(n % 4)).collect();
    assert_eq!((made.load(Ordering::Relaxed), parts.len(), *held[3]), (4, 4, 6));
    drop(held);
    assert!(parts.is_empty());
}
