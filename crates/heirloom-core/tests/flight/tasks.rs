//! Tasks: woken once, blocking nobody, leaving nothing behind when they are dropped.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use heirloom_core::flight::{Flights, Landing, Waiter};

use crate::sample::{Bell, follow, landing, lead, number, object, until};

fn poll(waiter: &mut Waiter, waker: &Waker) -> Poll<Landing> {
    Pin::new(waiter).poll(&mut Context::from_waker(waker))
}

#[test]
fn a_task_is_woken_and_gets_the_object() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let mut waiters: Vec<_> = (0..3).map(|_| (follow(&flights, "k", &[]), Bell::new())).collect();
    for (waiter, (bell, waker)) in &mut waiters {
        assert!(poll(waiter, waker).is_pending() && bell.rings() == 0);
    }
    seat.land(landing(&object(9)));
    for (waiter, (bell, waker)) in &mut waiters {
        assert_eq!(bell.rings(), 1);
        match poll(waiter, waker) {
            Poll::Ready(landed) => assert_eq!(number(&landed), 9),
            Poll::Pending => panic!("still waiting"),
        }
    }
}

#[test]
fn the_last_waker_counts() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let mut waiter = follow(&flights, "k", &[]);
    let ((old, old_waker), (new, new_waker)) = (Bell::new(), Bell::new());
    assert!(poll(&mut waiter, &old_waker).is_pending());
    assert!(poll(&mut waiter, &new_waker).is_pending());
    drop(old_waker);
    assert_eq!(Arc::strong_count(&old), 1, "the old waker is kept");
    seat.land(landing(&object(1)));
    assert_eq!((old.rings(), new.rings()), (0, 1));
}

#[test]
fn a_task_that_is_dropped_leaves_nothing_behind() {
    let flights = Arc::<Flights>::default();
    let outer = lead(&flights, "outer", &[]);
    let seat = lead(&flights, "k", &[]);
    let (bell, waker) = Bell::new();
    let mut waiter = follow(&flights, "k", &[&outer]);
    assert!(poll(&mut waiter, &waker).is_pending());
    drop((waiter, waker));
    assert_eq!(Arc::strong_count(&bell), 1, "its waker is kept");
    // Its wait is forgotten: the other way round is no circle.
    drop(follow(&flights, "outer", &[&seat]));
    seat.land(landing(&object(1)));
    assert_eq!(bell.rings(), 0);
    drop(outer);
    assert!(flights.is_quiet());
}

#[test]
fn a_cancelled_leader_hands_its_seat_on() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let (bell, waker) = Bell::new();
    let mut waiter = follow(&flights, "k", &[]);
    assert!(poll(&mut waiter, &waker).is_pending());
    // A task that leads is dropped together with its seat.
    drop(Box::pin(async move {
        let _seat = seat;
        std::future::pending::<()>().await;
    }));
    assert_eq!(bell.rings(), 1);
    assert!(matches!(poll(&mut waiter, &waker), Poll::Ready(Landing::Abandoned)));
    lead(&flights, "k", &[]);
}

#[test]
fn threads_and_tasks_wait_for_one_build() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let (bell, waker) = Bell::new();
    let mut task = follow(&flights, "k", &[]);
    assert!(poll(&mut task, &waker).is_pending());
    let thread = follow(&flights, "k", &[]);
    let thread = std::thread::spawn(move || number(&thread.wait()));
    seat.land(landing(&object(3)));
    assert_eq!(thread.join().unwrap(), 3);
    until(|| bell.rings() == 1);
}

/// A waker that owns a task's waiter, as an executor's does: dropping the waker drops the task.
struct Owner(#[expect(dead_code, reason = "only its drop counts")] Mutex<Option<Waiter>>);

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_waker_whose_drop_drops_a_waiter_does_not_deadlock() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let mut waiter = follow(&flights, "k", &[]);
    let mut other = follow(&flights, "k", &[]);
    let (_bell, plain) = Bell::new();
    assert!(poll(&mut other, &plain).is_pending());
    let owner = Waker::from(Arc::new(Owner(Mutex::new(Some(other)))));
    assert!(poll(&mut waiter, &owner).is_pending());
    drop(owner);
    // Polled by another waker: the old one, and with it the task it owns, is dropped.
    assert!(poll(&mut waiter, &plain).is_pending());
    drop(waiter);
    drop(seat);
    assert!(flights.is_quiet());
}
