//! How a thread or a task waits for somebody else's build.
//!
//! Promises: 1. a waiting task blocks no thread; 2. a waiter that gives up leaves nothing behind. Refuses: timers;
//! a thread may pass a deadline, a task is cancelled by dropping it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::flights::Flights;
use super::seat::{Flight, Landing};
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
            state = self.flight.landed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    /// Blocks this thread for at most `time`; `None` when the flight is still in the air.
    pub fn wait_for(&self, time: Duration) -> Option<Landing> {
        let state = lock(&self.flight.state);
        if let Some(landing) = &state.landing {
            return Some(landing.clone());
        }
        let waited = self.flight.landed.wait_timeout(state, time);
        let (state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        state.landing.clone()
    }
}

impl Future for Waiter {
    type Output = Landing;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing> {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = self.number;
        let mut state = lock(&self.flight.state);
        if let Some(landing) = &state.landing {
            return Poll::Ready(landing.clone());
        }
        let waker = context.waker().clone();
        let mine = state.wakers.iter_mut().find(|(at, _)| Some(*at) == number);
        if let Some((_, old)) = mine {
            *old = waker;
            return Poll::Pending;
        }
        let fresh = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        state.wakers.push((fresh, waker));
        drop(state);
        self.number = Some(fresh);
        Poll::Pending
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(from) = &self.from {
            lock(&self.flights.table).edges.remove(from, &self.flight);
        }
        if let Some(number) = self.number {
            let waker = {
                let mut state = lock(&self.flight.state);
                let at = state.wakers.iter().position(|(listed, _)| *listed == number);
                at.map(|at| state.wakers.swap_remove(at))
            };
            drop(waker);
        }
    }
}
