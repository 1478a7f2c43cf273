//! One parcel that any number of threads and tasks wait for.
//!
//! Promises: 1. a waiting task blocks no thread; 2. one that gives up leaves nothing behind. Refuses: deciding who gets
//! it; each waiter says with `take` what it takes out of the parcel.

use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::sync::{Condvar, Mutex, lock};

/// A parcel, delivered or not.
pub(crate) struct Delivery<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
}

struct State<T> {
    parcel: Option<T>,
    wakers: Vec<(u64, Waker)>,
    next: u64,
}

impl<T> Delivery<T> {
    pub(crate) fn new() -> Self {
        let state = State { parcel: None, wakers: Vec::new(), next: 0 };
        Self { state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Hands the parcel to everybody who waits, unless another one is here already.
    pub(crate) fn deliver(&self, parcel: T) {
        for waker in self.put(parcel) {
            waker.wake();
        }
    }

    /// The same for one who holds a lock: the tasks must be woken after it is released.
    #[must_use = "the tasks must be woken"]
    pub(crate) fn put(&self, parcel: T) -> Vec<Waker> {
        let mut state = lock(&self.state);
        if state.parcel.is_some() {
            return Vec::new();
        }
        state.parcel = Some(parcel);
        self.arrived.notify_all();
        std::mem::take(&mut state.wakers).into_iter().map(|(_, waker)| waker).collect()
    }

    /// What `take` finds in the parcel now, if it is here.
    pub(crate) fn look<R>(&self, take: impl FnOnce(&mut Option<T>) -> Option<R>) -> Option<R> {
        take(&mut lock(&self.state).parcel)
    }

    /// Blocks this thread until `take` finds something; `None` when `time` is over, without `time` never.
    pub(crate) fn wait<R>(
        &self,
        time: Option<Duration>,
        take: impl Fn(&mut Option<T>) -> Option<R>,
    ) -> Option<R> {
        let end = time.and_then(|time| Instant::now().checked_add(time));
        let mut state = lock(&self.state);
        loop {
            if let Some(found) = take(&mut state.parcel) {
                return Some(found);
            }
            state = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                None => self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return None,
                Some(left) => {
                    self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// The same for a task.
    pub(crate) fn arrival<R, F>(self: &Arc<Self>, take: F) -> Arrival<T, F>
    where
        F: Fn(&mut Option<T>) -> Option<R>,
    {
        Arrival { delivery: Arc::clone(self), number: None, take }
    }
}

/// A task's place among those who wait.
pub(crate) struct Arrival<T, F> {
    delivery: Arc<Delivery<T>>,
    number: Option<u64>,
    take: F,
}

impl<T, R, F: Fn(&mut Option<T>) -> Option<R> + Unpin> Future for Arrival<T, F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let this = &mut *self;
        let mut state = lock(&this.delivery.state);
        if let Some(found) = (this.take)(&mut state.parcel) {
            return Poll::Ready(found);
        }
        let waker = context.waker().clone();
        let number = *this.number.get_or_insert_with(|| {
            state.next += 1;
            state.next
        });
        match state.wakers.iter_mut().find(|(at, _)| *at == number) {
            Some((_, old)) => *old = waker,
            None => state.wakers.push((number, waker)),
        }
        Poll::Pending
    }
}

impl<T, F> Drop for Arrival<T, F> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let mut state = lock(&self.delivery.state);
            let at = state.wakers.iter().position(|(listed, _)| *listed == number);
            let waker = at.map(|at| state.wakers.swap_remove(at));
            drop(state);
            drop(waker);
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn the_first_parcel_stays() {
        let delivery = Delivery::new();
        delivery.deliver(1);
        delivery.deliver(2);
        assert_eq!(delivery.look(Option::take), Some(1));
    }

    #[test]
    fn a_task_that_moved_is_woken_where_it_was_polled_last() {
        let (delivery, wakers) = (Arc::new(Delivery::new()), [Arc::<Woken>::default(), Arc::default()]);
        let mut arrival = delivery.arrival(Option::take);
        for waker in &wakers {
            let waker = Waker::from(Arc::clone(waker));
            assert!(Pin::new(&mut arrival).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        delivery.deliver(1);
        assert_eq!(wakers.map(|woken| woken.0.load(Ordering::SeqCst)), [0, 1]);
    }
}
