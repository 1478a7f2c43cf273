//! One leader, one landing for all; errors to all; a panic hands the seat on, one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heirloom_core::Error;
use heirloom_core::flight::{Flights, Joined, Landing};

use crate::sample::{PATIENCE, follow, join, landing, lead, number, object};

const THREADS: usize = 16;

#[test]
fn of_many_threads_one_builds_and_all_get_the_very_object() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let waiters: Vec<_> = (0..THREADS).map(|_| follow(&flights, "k", &[])).collect();
    let built = object(7);
    thread::scope(|scope| {
        for waiter in waiters {
            let built = &built;
            scope.spawn(move || match waiter.wait() {
                Landing::Object(flown) => assert!(flown.object.same(built)),
                other => panic!("{other:?}"),
            });
        }
        seat.land(landing(&built));
    });
    assert!(flights.is_quiet());
    lead(&flights, "k", &[]);
}

#[test]
fn different_things_are_built_side_by_side() {
    let flights = Arc::<Flights>::default();
    let (_first, _second) = (lead(&flights, "a", &[]), lead(&flights, "b", &[]));
    assert!(matches!(join(&flights, "a", &[]), Joined::Follow(_)));
}

#[test]
fn an_error_reaches_every_waiter() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let waiters: Vec<_> = (0..THREADS).map(|_| follow(&flights, "k", &[])).collect();
    seat.land(Landing::Failed(Error::build("no such table")));
    for waiter in waiters {
        match waiter.wait() {
            Landing::Failed(error) => assert_eq!(error.to_string(), "no such table"),
            other => panic!("{other:?}"),
        }
    }
    assert!(flights.is_quiet());
}

/// What the engine does: join, build or wait, and join again when the seat was abandoned.
fn resolve(flights: &Arc<Flights>, build: &dyn Fn() -> u64) -> Option<u64> {
    loop {
        match join(flights, "k", &[]) {
            Joined::Lead(seat) => {
                let built = catch_unwind(AssertUnwindSafe(build));
                let built = built.ok()?;
                seat.land(landing(&object(built)));
                return Some(built);
            }
            Joined::Follow(waiter) => match waiter.wait() {
                Landing::Abandoned => {}
                landed => return Some(number(&landed)),
            },
            Joined::Cycle(names) => panic!("{names:?}"),
        }
    }
}

#[test]
fn after_a_panic_the_others_try_one_at_a_time() {
    let (flights, builds, inside) = (Arc::<Flights>::default(), AtomicUsize::new(0), AtomicUsize::new(0));
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let build = || {
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two build at once");
        thread::sleep(Duration::from_millis(2));
        let build = builds.fetch_add(1, Ordering::SeqCst);
        inside.fetch_sub(1, Ordering::SeqCst);
        // The first three who try fail.
        if build < 3 {
            std::panic::resume_unwind(Box::new("the builder panicked"));
        }
        42
    };
    let got: Vec<Option<u64>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| resolve(&flights, &build))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    std::panic::set_hook(quiet);
    assert_eq!(got.iter().filter(|got| got.is_none()).count(), 3, "{got:?}");
    assert_eq!(got.iter().filter(|got| **got == Some(42)).count(), THREADS - 3, "{got:?}");
    assert!(flights.is_quiet());
}

#[test]
fn a_deadline_is_kept_and_the_landing_is_still_had_later() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let waiter = follow(&flights, "k", &[]);
    let begun = Instant::now();
    assert!(waiter.wait_for(Duration::from_millis(30)).is_none());
    assert!(begun.elapsed() >= Duration::from_millis(30));
    assert!(waiter.wait_for(Duration::ZERO).is_none());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| waiter.wait_for(PATIENCE));
        seat.land(landing(&object(5)));
        assert_eq!(waiting.join().unwrap().as_ref().map(number), Some(5));
    });
    assert_eq!(waiter.wait_for(Duration::ZERO).as_ref().map(number), Some(5));
}

#[test]
fn a_seat_that_is_left_frees_those_who_wait() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let waiter = follow(&flights, "k", &[]);
    drop(seat);
    assert!(matches!(waiter.wait(), Landing::Abandoned));
    // The old landing is not that of the one who leads now.
    let seat = lead(&flights, "k", &[]);
    assert!(follow(&flights, "k", &[]).wait_for(Duration::ZERO).is_none());
    drop(waiter);
    seat.land(landing(&object(1)));
    assert!(flights.is_quiet());
}
