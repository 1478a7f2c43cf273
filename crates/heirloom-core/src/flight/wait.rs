//! How a thread or a task waits for somebody else's build.
//!
//! Promises: 1. a waiting task blocks no thread; 2. a waiter that gives up leaves nothing behind; 3. wakers are
//! cloned, woken and dropped outside all locks, because they run an executor's code. Refuses: timers; a thread may
//! pass a deadline, a task is cancelled by dropping it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::flights::Flights;
use super::seat::{Flight, Landing, State};
use crate::sync::lock;

/// A place among those who wait for one flight. As a future, it resolves to the landing.
#[derive(Debug)]
pub struct Waiter {
    flight: Arc<Flight>,
    from: Option<Arc<Flight>>,
    flights: Arc<Flights>,
    number: Option<u64>,
}

impl Waiter {
    pub(super) fn new(flight: Arc<Flight>, from: Option<Arc<Flight>>, flights: Arc<Flights>) -> Self {
        Self { flight, from, flights, number: None }
    }

    /// The flight that is waited for.
    pub fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// Blocks this thread until the flight has landed.
    pub fn wait(&self) -> Landing {
        let mut state = lock(&self.flight.state);
        loop {
            if let Some(landing) = &state.landing {
                return landing.clone();
            }
            state.sleepers += 1;
            state = self.flight.landed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
            state.sleepers -= 1;
        }
    }

    /// Blocks this thread for at most `time`; `None` when the flight is still in the air.
    pub fn wait_for(&self, time: Duration) -> Option<Landing> {
        let begun = Instant::now();
        let mut state = lock(&self.flight.state);
        while state.landing.is_none() {
            let left = time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero())?;
            state.sleepers += 1;
            let waited = self.flight.landed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
            state.sleepers -= 1;
        }
        state.landing.clone()
    }
}

impl Future for Waiter {
    type Output = Landing;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing> {
        let waker = context.waker().clone();
        let this = &mut *self;
        let replaced = {
            let mut state = lock(&this.flight.state);
            if let Some(landing) = &state.landing {
                return Poll::Ready(landing.clone());
            }
            let number = *this.number.get_or_insert_with(|| state.number());
            state.wakers.insert(number, waker)
        };
        drop(replaced);
        Poll::Pending
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(from) = &self.from {
            lock(&self.flights.table).edges.remove(from, &self.flight);
        }
        if let Some(number) = self.number {
            let waker = lock(&self.flight.state).wakers.remove(&number);
            drop(waker);
        }
    }
}
