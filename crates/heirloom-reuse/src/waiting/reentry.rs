//! Which build waits for which, so that no build ever waits for itself.
//!
//! A build that asks a cache for something stands on this thread's stack of builds while it runs (an async one while
//! it is polled). A wait begun from inside a build is an edge from every build on that stack.
//!
//! Promises: 1. a wait that would close a circle is refused, also across caches and threads; 2. a wait from outside
//! any build touches no shared state. Refuses: seeing builds that a builder hands to threads or tasks of its own.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// One build, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leg(u64);

#[cfg(not(feature = "shuttle"))]
thread_local! {
    static INSIDE: RefCell<Vec<Leg>> = const { RefCell::new(Vec::new()) };
}

#[cfg(feature = "shuttle")]
shuttle::thread_local! {
    static INSIDE: RefCell<Vec<Leg>> = RefCell::new(Vec::new());
}

/// Every wait that was begun inside a build: who waits, for whom.
///
/// Std's lock also under shuttle: it is the innermost, so no model ever waits for it.
static WAITS: Mutex<Vec<(Leg, Leg)>> = Mutex::new(Vec::new());

fn waits() -> MutexGuard<'static, Vec<(Leg, Leg)>> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Leg {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// While this lives, the thread is inside of a build.
pub(crate) struct Inside;

pub(crate) fn enter(leg: Leg) -> Inside {
    INSIDE.with(|stack| stack.borrow_mut().push(leg));
    Inside
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with(|stack| stack.borrow_mut().pop());
    }
}

/// A future that is inside of a build whenever it is polled.
pub(crate) struct InsideTask<F> {
    pub(crate) leg: Leg,
    pub(crate) task: Pin<Box<F>>,
}

impl<F: Future> Future for InsideTask<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _inside = enter(self.leg);
        self.task.as_mut().poll(context)
    }
}

/// A wait that has begun.
#[derive(Debug)]
pub(crate) struct Wait {
    from: Vec<Leg>,
    to: Leg,
}

/// Begins to wait for `to`; `None` when that wait would never end.
pub(crate) fn begin(to: Leg) -> Option<Wait> {
    let from = INSIDE.with(|stack| stack.borrow().clone());
    if !from.is_empty() {
        let mut waits = waits();
        if reaches(&waits, to, &from) {
            return None;
        }
        waits.extend(from.iter().map(|from| (*from, to)));
    }
    Some(Wait { from, to })
}

fn reaches(waits: &[(Leg, Leg)], start: Leg, goals: &[Leg]) -> bool {
    let (mut seen, mut open) = (Vec::new(), vec![start]);
    while let Some(leg) = open.pop() {
        if goals.contains(&leg) {
            return true;
        }
        if !seen.contains(&leg) {
            seen.push(leg);
            open.extend(waits.iter().filter(|(from, _)| *from == leg).map(|(_, to)| *to));
        }
    }
    false
}

impl Drop for Wait {
    fn drop(&mut self) {
        if self.from.is_empty() {
            return;
        }
        let mut waits = waits();
        for from in &self.from {
            if let Some(at) = waits.iter().position(|wait| *wait == (*from, self.to)) {
                waits.swap_remove(at);
            }
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn a_circle_over_three_builds_is_refused() {
        let [a, b, c] = [Leg::new(), Leg::new(), Leg::new()];
        let wait = |inside: &[Leg], to| {
            let entered: Vec<Inside> = inside.iter().map(|leg| enter(*leg)).collect();
            let wait = begin(to);
            drop(entered);
            wait
        };
        let outer = wait(&[a, b], c);
        assert!(outer.is_some());
        assert!(wait(&[c], a).is_none(), "a runs b, b waits for c");
        drop(outer);
        assert!(wait(&[c], a).is_some(), "the wait is over");
        assert!(wait(&[a], a).is_none(), "itself");
        assert!(wait(&[], a).is_some(), "from outside");
    }
}
