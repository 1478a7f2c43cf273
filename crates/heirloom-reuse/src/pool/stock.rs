//! The objects and places of a pool, without a lock and without a clock: the caller tells the time.
//!
//! A *place* is the right to have one object. `size` counts places: idle objects, objects that are out, and objects
//! being made. Promises: 1. places never exceed `max_size`; 2. what frees a place or an object hands it to the first who
//! waits. Refuses: calling out; what must be dropped, told or woken comes back as a [`Chore`].

use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::waiting::Delivery;

/// What one who waits is given.
pub(super) enum Grant<T> {
    /// An idle object, with its place.
    Object(T),
    /// A place to make an object in.
    Place,
}

/// An object that was not returned in time.
///
/// ```
/// use std::time::Duration;
/// let clock = heirloom_reuse::ManualClock::default();
/// let (told, hears) = std::sync::mpsc::channel();
/// let pool = heirloom_reuse::Pool::builder(|| 0)
///     .lost_after(Duration::from_secs(5), move |lost| drop(told.send(lost)))
///     .clock(clock.clone())
///     .build()?;
/// let _kept_too_long = pool.acquire()?;
/// clock.advance(Duration::from_secs(6));
/// pool.stats();
/// assert_eq!(hears.recv()?.out_for, Duration::from_secs(6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lost {
    /// Where it was acquired.
    pub acquired_at: &'static Location<'static>,
    /// How long it has been out.
    pub out_for: Duration,
}

/// A pool in numbers; those that count are since it was made.
///
/// ```
/// let pool = heirloom_reuse::Pool::builder(|| 0).build()?;
/// drop(pool.acquire()?);
/// drop(pool.acquire()?);
/// assert_eq!((pool.stats().made, pool.stats().reused), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStats {
    /// Objects made.
    pub made: u64,
    /// Objects handed out that had been made before.
    pub reused: u64,
    /// Requests that had to wait.
    pub waited: u64,
    /// Requests that gave up waiting.
    pub timed_out: u64,
    /// Objects that failed the check when they were to be handed out.
    pub invalid: u64,
    /// Objects thrown away on return: after a panic, by [`discard`](crate::Pooled::discard), or because enough were idle.
    pub discarded: u64,
    /// Objects thrown away because their reset panicked.
    pub reset_failed: u64,
    /// Objects thrown away because they were idle too long.
    pub expired: u64,
    /// Objects that were not returned in time.
    pub lost: u64,
    /// Objects that wait for a client now.
    pub idle: usize,
    /// Places in use now: objects idle, out, or being made.
    pub size: usize,
}

/// What is bounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) max_size: usize,
    pub(super) max_idle: usize,
    pub(super) min_warm: usize,
    pub(super) idle_time: Option<Duration>,
    pub(super) lost_after: Option<Duration>,
}

/// What is to be done after the lock is released.
pub(super) struct Chore<T> {
    pub(super) wakers: Vec<Waker>,
    pub(super) lost: Vec<Lost>,
    pub(super) dropped: Vec<T>,
}

pub(super) type Turn<T> = Arc<Delivery<Grant<T>>>;

pub(super) struct Stock<T> {
    /// Each with the time since which it is idle; the one that is longest in front.
    idle: VecDeque<(T, Duration)>,
    waiting: VecDeque<Turn<T>>,
    /// By number, and so by age.
    leases: BTreeMap<u64, (Duration, &'static Location<'static>)>,
    next_lease: u64,
    bounds: Bounds,
    pub(super) stats: PoolStats,
}

impl<T> Default for Chore<T> {
    fn default() -> Self {
        Self { wakers: Vec::new(), lost: Vec::new(), dropped: Vec::new() }
    }
}

impl<T> Stock<T> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            idle: VecDeque::new(),
            waiting: VecDeque::new(),
            leases: BTreeMap::new(),
            next_lease: 0,
            bounds,
            stats: PoolStats::default(),
        }
    }

    pub(super) fn stats(&self) -> PoolStats {
        PoolStats { idle: self.idle.len(), ..self.stats }
    }

    /// Lets go of what was idle too long, and gives up on what is lost.
    pub(super) fn tidy(&mut self, now: Duration, chore: &mut Chore<T>) {
        if let Some(time) = self.bounds.idle_time {
            let is_over = |since: &Duration| since.saturating_add(time) <= now;
            while self.stats.size > self.bounds.min_warm
                && self.idle.front().is_some_and(|(_, since)| is_over(since))
            {
                chore.dropped.extend(self.idle.pop_front().map(|(object, _)| object));
                self.stats.size -= 1;
                self.stats.expired += 1;
            }
        }
        let Some(time) = self.bounds.lost_after else { return };
        while let Some(oldest) = self.leases.first_entry() {
            let (since, acquired_at) = *oldest.get();
            if since.saturating_add(time) > now {
                break;
            }
            oldest.remove();
            self.stats.lost += 1;
            chore.lost.push(Lost { acquired_at, out_for: now.saturating_sub(since) });
            self.free_place(chore);
        }
    }

    /// How long from `now` until something will be lost.
    pub(super) fn next_loss(&self, now: Duration) -> Option<Duration> {
        let (since, _) = self.leases.first_key_value()?.1;
        Some(since.saturating_add(self.bounds.lost_after?).saturating_sub(now))
    }

    /// An idle object, a place, or a turn in the queue.
    pub(super) fn ask(&mut self) -> Result<Grant<T>, Turn<T>> {
        if let Some(object) = self.pop() {
            return Ok(Grant::Object(object));
        }
        if self.stats.size < self.bounds.max_size {
            self.stats.size += 1;
            return Ok(Grant::Place);
        }
        let turn = Turn::new(Delivery::new());
        self.waiting.push_back(Arc::clone(&turn));
        self.stats.waited += 1;
        Err(turn)
    }

    /// Another idle object in the place of one that was no good.
    pub(super) fn ask_again(&mut self) -> Option<T> {
        self.stats.invalid += 1;
        let object = self.pop()?;
        self.stats.size -= 1;
        Some(object)
    }

    /// The object that was idle for the shortest time; with its place.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.idle.pop_back().map(|(object, _)| object)
    }

    /// Leaves the queue; a grant that has come meanwhile goes on to the next.
    pub(super) fn leave_queue(&mut self, turn: &Turn<T>, now: Duration, chore: &mut Chore<T>) {
        self.waiting.retain(|other| !Arc::ptr_eq(other, turn));
        match turn.look(Option::take) {
            Some(Grant::Object(object)) => self.put_back(object, now, chore),
            Some(Grant::Place) => self.free_place(chore),
            None => {}
        }
    }

    /// Notes that an object goes out.
    pub(super) fn lend(&mut self, now: Duration, at: &'static Location<'static>) -> u64 {
        self.next_lease += 1;
        if self.bounds.lost_after.is_some() {
            self.leases.insert(self.next_lease, (now, at));
        }
        self.next_lease
    }

    /// Notes that an object came in; `false` when it was given up before, so that it has no place any more.
    pub(super) fn end_lease(&mut self, lease: u64) -> bool {
        self.bounds.lost_after.is_none() || self.leases.remove(&lease).is_some()
    }

    /// Keeps an object with its place, unless somebody waits or enough are idle: then it is handed back.
    pub(super) fn keep(&mut self, object: T, now: Duration) -> Result<(), T> {
        if !self.waiting.is_empty() || self.idle.len() >= self.bounds.max_idle {
            return Err(object);
        }
        self.idle.push_back((object, now));
        Ok(())
    }

    /// Gives an object with its place to the first who waits, or keeps it.
    pub(super) fn put_back(&mut self, object: T, now: Duration, chore: &mut Chore<T>) {
        let Err(object) = self.keep(object, now) else { return };
        if let Some(turn) = self.waiting.pop_front() {
            chore.wakers.extend(turn.put(Grant::Object(object)));
        } else {
            self.stats.discarded += 1;
            self.stats.size -= 1;
            chore.dropped.push(object);
        }
    }

    /// Gives a place without an object to the first who waits, or gives it up.
    pub(super) fn free_place(&mut self, chore: &mut Chore<T>) {
        match self.waiting.pop_front() {
            Some(turn) => chore.wakers.extend(turn.put(Grant::Place)),
            None => self.stats.size -= 1,
        }
    }
}
