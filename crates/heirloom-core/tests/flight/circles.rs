//! Circles of builds are refused by name; diamonds and builds that have landed are no circles.

use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use heirloom_core::flight::{Flights, Joined};

use crate::sample::{PATIENCE, circle, follow, join, landing, lead, object};

#[test]
fn a_builder_that_asks_for_its_own_key() {
    let flights = Arc::<Flights>::default();
    let outer = lead(&flights, "a", &[]);
    assert_eq!(circle(&flights, "a", &[&outer]), "a → a");
    let inner = lead(&flights, "b", &[&outer]);
    assert_eq!(circle(&flights, "a", &[&inner, &outer]), "a → b → a");
}

#[test]
fn a_circle_through_two_threads() {
    let flights = Arc::<Flights>::default();
    let (a, b) = (lead(&flights, "a", &[]), lead(&flights, "b", &[]));
    let _waits = follow(&flights, "b", &[&a]);
    assert_eq!(circle(&flights, "a", &[&b]), "a → b → a");
}

#[test]
fn a_circle_through_three_threads() {
    let flights = Arc::<Flights>::default();
    let (a, b, c) = (lead(&flights, "a", &[]), lead(&flights, "b", &[]), lead(&flights, "c", &[]));
    let (_a_waits, _b_waits) = (follow(&flights, "b", &[&a]), follow(&flights, "c", &[&b]));
    assert_eq!(circle(&flights, "a", &[&c]), "a → b → c → a");
}

#[test]
fn a_circle_through_builds_that_lie_within_others() {
    // Thread 1 builds a, and within it b, which waits for c; thread 2 builds c, and within it d, which wants a.
    let flights = Arc::<Flights>::default();
    let a = lead(&flights, "a", &[]);
    let b = lead(&flights, "b", &[&a]);
    let c = lead(&flights, "c", &[]);
    let d = lead(&flights, "d", &[&c]);
    let _waits = follow(&flights, "c", &[&b, &a]);
    assert_eq!(circle(&flights, "a", &[&d, &c]), "a → b → c → d → a");
    // A build that lies within another is waited for only until it lands.
    drop(b);
    assert!(matches!(join(&flights, "a", &[&d, &c]), Joined::Follow(_)));
}

#[test]
fn a_diamond_is_no_circle() {
    let flights = Arc::<Flights>::default();
    let top = lead(&flights, "top", &[]);
    let (left, right) = (lead(&flights, "left", &[&top]), lead(&flights, "right", &[&top]));
    let bottom = lead(&flights, "bottom", &[&left, &top]);
    let waits = follow(&flights, "bottom", &[&right, &top]);
    assert!(matches!(join(&flights, "right", &[&left, &top]), Joined::Follow(_)));
    bottom.land(landing(&object(1)));
    drop(waits);
    drop((left, right, top));
    assert!(flights.is_quiet());
}

#[test]
fn a_build_that_has_landed_waits_for_nobody() {
    let flights = Arc::<Flights>::default();
    let (a, b) = (lead(&flights, "a", &[]), lead(&flights, "b", &[]));
    // b waits for a; a lands, and before b's thread has woken up, a's detached child wants b.
    let _waits = follow(&flights, "a", &[&b]);
    let child = lead(&flights, "child", &[&a]);
    a.land(landing(&object(1)));
    assert!(matches!(join(&flights, "b", &[&child]), Joined::Follow(_)));
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    const LENGTH: usize = 20_000;
    let flights = Arc::<Flights>::default();
    let seats: Vec<_> = (0..LENGTH).map(|at| lead(&flights, &at.to_string(), &[])).collect();
    let _waits: Vec<_> = (1..LENGTH).map(|at| follow(&flights, &at.to_string(), &[&seats[at - 1]])).collect();
    let small = thread::Builder::new().stack_size(1 << 16);
    let last = &seats[LENGTH - 1];
    let names = thread::scope(|scope| {
        small.spawn_scoped(scope, || circle(&flights, "0", &[last])).unwrap().join().unwrap()
    });
    assert!(names.starts_with("0 → 1 → ") && names.ends_with(" → 19999 → 0"));
}

#[test]
fn racing_threads_never_all_wait_for_each_other() {
    for _ in 0..200 {
        let (flights, start) = (Arc::<Flights>::default(), Arc::new(Barrier::new(3)));
        let (tell, told) = mpsc::channel();
        for (own, wanted) in [("a", "b"), ("b", "c"), ("c", "a")] {
            let (flights, start, tell) = (Arc::clone(&flights), Arc::clone(&start), tell.clone());
            thread::spawn(move || {
                let seat = lead(&flights, own, &[]);
                start.wait();
                let circle = match join(&flights, wanted, &[&seat]) {
                    Joined::Follow(waiter) => {
                        waiter.wait();
                        false
                    }
                    Joined::Cycle(_) => true,
                    // The other has landed already.
                    Joined::Lead(_) => false,
                };
                seat.land(landing(&object(1)));
                tell.send(circle).unwrap();
            });
        }
        let circles = (0..3).filter(|_| told.recv_timeout(PATIENCE).expect("they wait for ever")).count();
        assert_eq!(circles, 1);
    }
}
