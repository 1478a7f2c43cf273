//! The pools against a naive model, with time turned by hand, among threads and among tasks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::{AfterPanic, Buffer, BufferPool, Lost, Pool, PoolBuilder, PoolError, Pooled};
use crate::clock::ManualClock;
use crate::liveness::must_end;
use crate::sync::lock;

const fn secs(time: u64) -> Duration {
    Duration::from_secs(time)
}

/// Objects numbered in the order of making.
fn numbered() -> PoolBuilder<usize> {
    let made = AtomicUsize::new(0);
    Pool::builder(move || made.fetch_add(1, Ordering::Relaxed))
}

proptest! {
    /// Objects as a stack of numbers with the time since when each is idle.
    #[test]
    fn the_pool_does_what_the_model_does(steps in prop::collection::vec((0..5_u8, 0..4_usize), 0..150)) {
        let clock = ManualClock::default();
        let pool = numbered().max_size(4).max_idle(3).min_warm(1).idle_time(secs(5)).clock(clock.clone());
        let pool = pool.build().unwrap();
        let (mut idle, mut out, mut made, mut now) = (vec![(0, 0)], Vec::<Pooled<usize>>::new(), 1, 0_u64);
        for (what, which) in steps {
            while idle.len() + out.len() > 1 && idle.first().is_some_and(|(_, since)| since + 5 <= now) {
                idle.remove(0);
            }
            match what {
                0 | 1 => match pool.acquire_timeout(Duration::ZERO) {
                    Ok(object) => {
                        let expected = idle.pop().map_or(made, |(number, _)| number);
                        made = made.max(expected + 1);
                        prop_assert_eq!(*object, expected);
                        out.push(object);
                        prop_assert!(out.len() <= 4);
                    }
                    Err(error) => {
                        let full = matches!(error, PoolError::TimedOut { size: 4, .. });
                        prop_assert!(full);
                        prop_assert_eq!(out.len(), 4);
                    }
                },
                2 if !out.is_empty() => {
                    let object = out.swap_remove(which % out.len());
                    if idle.len() < 3 {
                        idle.push((*object, now));
                    }
                    drop(object);
                }
                3 if !out.is_empty() => Pooled::discard(out.swap_remove(which % out.len())),
                _ => {
                    now += which as u64;
                    clock.advance(secs(which as u64));
                }
            }
            while idle.len() + out.len() > 1 && idle.first().is_some_and(|(_, since)| since + 5 <= now) {
                idle.remove(0);
            }
            let stats = pool.stats();
            prop_assert_eq!((stats.idle, stats.size), (idle.len(), idle.len() + out.len()));
            prop_assert_eq!(stats.made, made as u64);
        }
    }

    /// Whatever was written, the next client reads zeros, and two clients never share a byte.
    #[test]
    fn no_byte_of_the_last_client_can_be_read(
        steps in prop::collection::vec((1..300_usize, 1..=255_u8, any::<bool>()), 0..60),
    ) {
        let pool = BufferPool::new([100, 32, 200], 2).unwrap();
        let mut held: Vec<(Buffer, u8)> = Vec::new();
        for (length, byte, keep) in steps {
            let mut buffer = pool.get(length);
            prop_assert_eq!(buffer.len(), length);
            prop_assert_eq!(buffer.as_ptr().addr() % 64, 0);
            prop_assert!(buffer.iter().all(|byte| *byte == 0));
            buffer.fill(byte);
            if keep {
                held.push((buffer, byte));
            } else if !held.is_empty() {
                held.swap_remove(length % held.len());
            }
            for (buffer, byte) in &held {
                prop_assert!(buffer.iter().all(|other| other == byte));
            }
        }
    }
}

#[test]
fn a_buffer_comes_back_and_is_the_same_memory() {
    let pool = BufferPool::new([4096], 1).unwrap();
    let mut first = pool.get(4096);
    first.fill(9);
    let at = first.as_ptr().addr();
    drop(first);
    let again = pool.get(10);
    assert_eq!(again.as_ptr().addr(), at);
    drop(again);
    assert!(pool.get(4096).iter().all(|byte| *byte == 0), "also beyond what the second client saw");
    let (size, stats) = pool.stats().next().unwrap();
    assert_eq!((size, stats.made, stats.reused), (4096, 1, 2));
    drop(pool.get(4097));
    assert_eq!(pool.stats().next().unwrap().1.made, 1, "larger than every class");
}

#[test]
fn an_object_is_reset_on_return_and_checked_before_use() {
    let pool = Pool::builder(|| vec![0_u8]).reset(Vec::clear).is_valid(|object| object.capacity() < 100);
    let pool = pool.build().unwrap();
    let (mut one, two) = (pool.acquire().unwrap(), pool.acquire().unwrap());
    one.reserve(1000);
    drop(two);
    drop(one);
    assert!(pool.acquire().unwrap().is_empty(), "the other one, which was reset");
    let stats = pool.stats();
    assert_eq!((stats.invalid, stats.made, stats.reused, stats.size), (1, 2, 1, 1));
}

#[test]
fn a_reset_that_panics_costs_the_object_and_nothing_else() {
    must_end(|| {
        let pool = Pool::builder(|| 0).max_size(1).reset(|_| panic!("on purpose")).build().unwrap();
        drop(pool.acquire().unwrap());
        drop(pool.acquire().unwrap());
        assert_eq!((pool.stats().reset_failed, pool.stats().made, pool.stats().size), (2, 2, 0));
    });
}

#[test]
fn after_a_panic_an_object_goes_or_returns_by_choice() {
    for (then, idle) in [(AfterPanic::Discard, 0), (AfterPanic::Return, 1)] {
        let pool = numbered().max_size(1).after_panic(then).build().unwrap();
        let panics = || {
            let _object = pool.acquire().unwrap();
            panic!("on purpose");
        };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!((pool.stats().idle, pool.stats().size), (idle, idle));
    }
}

#[test]
fn a_maker_that_fails_or_panics_frees_its_place() {
    must_end(|| {
        let tries = AtomicUsize::new(0);
        let make = move || match tries.fetch_add(1, Ordering::Relaxed) {
            0 => Err("no"),
            1 => panic!("on purpose"),
            _ => Ok(5),
        };
        let pool = Pool::try_builder(make).max_size(1).build().unwrap();
        assert!(matches!(pool.acquire(), Err(PoolError::Make(error)) if error.to_string() == "no"));
        assert!(catch_unwind(AssertUnwindSafe(|| pool.acquire())).is_err());
        assert_eq!((pool.stats().size, *pool.acquire_timeout(Duration::ZERO).unwrap()), (0, 5));
    });
}

#[test]
fn what_is_lost_is_told_once_and_its_place_freed() {
    must_end(|| {
        let (clock, told) = (ManualClock::default(), Arc::new(Mutex::new(Vec::<Lost>::new())));
        let out = Arc::clone(&told);
        let pool = numbered().max_size(1).clock(clock.clone());
        let pool = pool.lost_after(secs(10), move |lost| lock(&out).push(lost)).build().unwrap();
        let late = pool.acquire().unwrap();
        clock.advance(secs(9));
        assert!(pool.acquire_timeout(Duration::ZERO).is_err());
        clock.advance(secs(1));
        assert_eq!(*pool.acquire_timeout(Duration::ZERO).unwrap(), 1, "a new one in its place");
        let seen = lock(&told).clone();
        assert_eq!((seen.len(), seen[0].out_for), (1, secs(10)));
        assert!(seen[0].acquired_at.file().ends_with("tests.rs"));
        drop(late);
        assert_eq!(
            (pool.stats().lost, pool.stats().idle, pool.stats().size),
            (1, 1, 1),
            "too late to be kept"
        );
        assert_eq!(*pool.acquire().unwrap(), 1);
    });
}

#[test]
fn a_panic_of_who_is_told_of_the_lost_leaks_no_place() {
    let clock = ManualClock::default();
    let (made, turning) = (AtomicUsize::new(0), clock.clone());
    let pool = Pool::builder(move || {
        // The second object takes so long to make that the first is lost meanwhile.
        turning.advance(secs(if made.fetch_add(1, Ordering::Relaxed) == 1 { 5 } else { 0 }));
    });
    let pool = pool.max_size(3).lost_after(secs(5), |_| panic!("on purpose")).clock(clock.clone()).build();
    let pool = pool.unwrap();
    let panics = || catch_unwind(AssertUnwindSafe(|| drop(pool.acquire()))).is_err();
    let all_are_idle = || {
        let stats = pool.stats();
        assert_eq!(stats.size, stats.idle);
    };

    let first = pool.acquire().unwrap();
    assert!(panics(), "while the object that was made is lent");
    all_are_idle();
    drop(first);

    let first = pool.acquire().unwrap();
    clock.advance(secs(5));
    assert!(panics(), "while a place is granted");
    all_are_idle();
    drop(first);

    let (first, second) = (pool.acquire().unwrap(), pool.acquire().unwrap());
    drop(first);
    clock.advance(secs(5));
    assert!(panics(), "while an idle object is lent");
    all_are_idle();
    drop(second);

    let pool =
        numbered().is_valid(|_| true).lost_after(secs(5), |_| panic!("on purpose")).clock(clock.clone());
    let pool = pool.build().unwrap();
    let (first, second) = (pool.acquire().unwrap(), pool.acquire().unwrap());
    drop(first);
    clock.advance(secs(5));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(pool.acquire()))).is_err(), "while one is granted");
    assert_eq!((pool.stats().size, pool.stats().idle), (1, 1), "what was granted came back");
    drop(second);
}

/// Borrows an object of its pool when it is dropped.
struct Borrows(Pool<usize>);

impl Drop for Borrows {
    fn drop(&mut self) {
        drop(self.0.acquire());
    }
}

#[test]
fn a_panic_that_is_not_the_clients_costs_no_object() {
    let pool = numbered().max_size(1).build().unwrap();
    let panics = || {
        let _borrows = Borrows(pool.clone());
        panic!("on purpose");
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!((pool.stats().idle, pool.stats().discarded), (1, 0));
}

#[test]
fn a_buffer_of_one_who_panicked_comes_back_empty_and_more_than_enough_are_let_go() {
    let buffers = BufferPool::new([64], 1).unwrap();
    let panics = || {
        buffers.get(64).fill(7);
        let mut held = buffers.get(64);
        held.fill(7);
        panic!("on purpose");
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert!(buffers.get(64).iter().all(|byte| *byte == 0));
    drop((buffers.get(64), buffers.get(64)));
    let stats = buffers.stats().next().map(|(_, stats)| (stats.made, stats.idle, stats.discarded));
    assert_eq!(stats, Some((2, 1, 1)));
}

#[test]
fn a_thread_that_waits_sees_what_is_lost() {
    must_end(|| {
        let pool = numbered().max_size(1).lost_after(Duration::from_millis(5), |_| {}).build().unwrap();
        std::mem::forget(pool.acquire().unwrap());
        assert_eq!(*pool.acquire_timeout(secs(600)).unwrap(), 1);
    });
}

#[test]
fn tasks_wait_in_order_and_pass_on_what_they_do_not_take() {
    must_end(|| {
        let pool = numbered().max_size(1).build().unwrap();
        let held = pool.acquire().unwrap();
        let (mut first, mut second) = (Box::pin(pool.acquire_async()), Box::pin(pool.acquire_async()));
        smol::block_on(async {
            assert!(smol::future::poll_once(&mut first).await.is_none());
            assert!(smol::future::poll_once(&mut second).await.is_none());
            drop(held);
            assert!(smol::future::poll_once(&mut second).await.is_none(), "the first is served first");
            drop(first);
            assert_eq!(*second.await.unwrap(), 0, "cancelled after it was served");
        });
        assert_eq!((pool.stats().idle, pool.stats().waited), (1, 2));
    });
}

#[test]
fn threads_share_a_few_objects_and_none_is_used_twice_at_once() {
    must_end(|| {
        let pool = Pool::builder(|| AtomicUsize::new(0)).max_size(3).build().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..6 {
                let pool = &pool;
                scope.spawn(move || {
                    for round in 0..2000 {
                        let object = if (thread + round) % 7 == 0 {
                            smol::block_on(pool.acquire_async()).unwrap()
                        } else {
                            pool.acquire_timeout(secs(600)).unwrap()
                        };
                        assert_eq!(object.fetch_add(1, Ordering::SeqCst), 0, "alone");
                        if round % 50 == 0 {
                            std::thread::yield_now();
                        }
                        object.fetch_sub(1, Ordering::SeqCst);
                        if round % 100 == 0 {
                            Pooled::discard(object);
                        }
                    }
                });
            }
        });
        let stats = pool.stats();
        assert_eq!((stats.made + stats.reused, stats.discarded), (12_000, 120));
        assert!(stats.size <= 3 && stats.idle == stats.size);
    });
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let check = |builder: PoolBuilder<usize>, sentence: &str| {
        assert_eq!(builder.build().unwrap_err().to_string(), sentence);
    };
    check(numbered().max_size(0), "`max_size` is 0, so nothing could ever be acquired; give at least 1");
    let sentence = "`min_warm` is more than `max_size` or `max_idle` allows; give less";
    check(numbered().max_size(2).min_warm(3), sentence);
    let sentence = "`idle_time` is 0, so nothing would be reused; give a longer time or leave it out";
    check(numbered().idle_time(Duration::ZERO), sentence);
    let sentence = "`lost_after` is 0, so everything would be lost at once; give a longer time";
    check(numbered().lost_after(Duration::ZERO, |_| {}), sentence);
    let failing = Pool::<u8>::try_builder(|| Err("no")).min_warm(1).build();
    assert_eq!(failing.unwrap_err().to_string(), "an object could not be made while warming up: no");
    assert!(BufferPool::new([], 1).is_err() && BufferPool::new([0, 5], 1).is_err());
}
