//! The pool that clients hold: the stock behind one lock, with makers, checks and resets around it.
//!
//! Promises: a place is never leaked, whatever panics, fails or is cancelled. Refuses: objects of another pool; a guard
//! knows its own, so nothing foreign and nothing twice can come back.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::builder::{AfterPanic, PoolBuilder};
use super::pooled::Pooled;
use super::stock::{Bounds, Chore, Grant, Lost, PoolStats, Stock, Turn};
use crate::clock::Clock;
use crate::error::InvalidSetting;
use crate::sync::{Mutex, lock};

type MakeError = Box<dyn Error + Send + Sync>;
type Reset<T> = Box<dyn Fn(&mut T) + Send + Sync>;
type Check<T> = Box<dyn Fn(&mut T) -> bool + Send + Sync>;

/// Lends objects to one client at a time and takes them back for the next. A clone is another handle to the same pool.
///
/// ```
/// use heirloom_reuse::Pool;
///
/// let buffers = Pool::builder(|| String::with_capacity(1024)).max_size(4).reset(String::clear).build()?;
/// {
///     let mut buffer = buffers.acquire()?;
///     buffer.push_str("hello");
/// }                                                     // comes back here, and is reset
/// assert_eq!(*buffers.acquire()?, "");
/// assert_eq!((buffers.stats().made, buffers.stats().reused), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pool<T> {
    shared: Arc<Shared<T>>,
}

/// Why nothing was acquired.
///
/// ```
/// use heirloom_reuse::{Pool, PoolError};
/// let pool = Pool::try_builder(|| "seven".parse::<i32>()).build()?;
/// let error = pool.acquire().unwrap_err();
/// assert!(matches!(&error, PoolError::Make(why) if why.is::<std::num::ParseIntError>()));
/// assert_eq!(error.to_string(), "the pool's maker failed");
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// Nothing came back in time.
    TimedOut {
        /// How long the client was ready to wait.
        after: Duration,
        /// How many objects there are, none of them free.
        size: usize,
    },
    /// The maker's own error.
    Make(Box<dyn Error + Send + Sync>),
}

pub(super) struct Shared<T> {
    stock: Mutex<Stock<T>>,
    settings: Settings<T>,
}

/// What is called from outside the lock.
pub(super) struct Settings<T> {
    pub(super) make: Box<dyn Fn() -> Result<T, MakeError> + Send + Sync>,
    pub(super) reset: Option<Reset<T>>,
    pub(super) is_valid: Option<Check<T>>,
    pub(super) on_lost: Option<Box<dyn Fn(Lost) + Send + Sync>>,
    pub(super) after_panic: AfterPanic,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether anything depends on time at all; otherwise the clock is never asked.
    pub(super) timed: bool,
}

impl<T> Pool<T> {
    /// The settings of a pool whose objects are made by `make`.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(|| vec![0_u8; 16]).build()?;
    /// assert_eq!(pool.acquire()?.len(), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(make: impl Fn() -> T + Send + Sync + 'static) -> PoolBuilder<T> {
        PoolBuilder::new(move || Ok::<T, MakeError>(make()))
    }

    /// The same for a maker that may fail; its error comes back as [`PoolError::Make`].
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::try_builder(|| "7".parse::<i32>()).build()?;
    /// assert_eq!(*pool.acquire()?, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_builder<E>(make: impl Fn() -> Result<T, E> + Send + Sync + 'static) -> PoolBuilder<T>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        PoolBuilder::new(make)
    }

    pub(super) fn warm(bounds: Bounds, settings: Settings<T>) -> Result<Self, InvalidSetting> {
        let mut stock = Stock::new(bounds);
        for _ in 0..bounds.min_warm {
            let object = (settings.make)().map_err(|error| {
                InvalidSetting::new(format!("an object could not be made while warming up: {error}"))
            })?;
            stock.stats.made += 1;
            stock.stats.size += 1;
            let now = if settings.timed { settings.clock.now() } else { Duration::ZERO };
            stock.put_back(object, now, &mut Chore::default());
        }
        Ok(Self { shared: Arc::new(Shared { stock: Mutex::new(stock), settings }) })
    }

    /// An object: an idle one, a new one, or the next that comes back, however long that takes.
    ///
    /// # Errors
    /// The maker's.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(|| 0).max_size(1).build()?;
    /// *pool.acquire()? += 1;
    /// assert_eq!(*pool.acquire()?, 1); // the same object
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> Result<Pooled<T>, PoolError> {
        self.acquire_within(None, Location::caller())
    }

    /// An object, for which the client waits at most this long. A time of zero does not wait.
    ///
    /// # Errors
    /// [`PoolError::TimedOut`], or the maker's.
    ///
    /// ```
    /// use std::time::Duration;
    /// let pool = heirloom_reuse::Pool::builder(|| 0).max_size(1).build()?;
    /// let first = pool.acquire()?;
    /// let error = pool.acquire_timeout(Duration::ZERO).unwrap_err();
    /// assert_eq!(error.to_string(), "no object came back within 0ns; all 1 are in use");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, time: Duration) -> Result<Pooled<T>, PoolError> {
        self.acquire_within(Some(time), Location::caller())
    }

    /// The same for a task on any executor, which waits without blocking a thread. The maker and the checks are called
    /// while it is polled. A task that gives up is dropped; what it was given goes to the next.
    ///
    /// # Errors
    /// The maker's.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(|| 0).max_size(1).build()?;
    /// smol::block_on(async {
    ///     let first = pool.acquire_async().await?;
    ///     let (second, ()) = smol::future::zip(pool.acquire_async(), async { drop(first) }).await;
    ///     assert_eq!(*second?, 0); // waited until the first came back
    ///     Ok::<(), heirloom_reuse::PoolError>(())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn acquire_async(&self) -> impl Future<Output = Result<Pooled<T>, PoolError>> + use<T> {
        let (shared, at) = (Arc::clone(&self.shared), Location::caller());
        async move {
            if let Some(pooled) = shared.at_once(at) {
                return Ok(pooled);
            }
            let granted = match shared.ask() {
                Ok(granted) => granted,
                Err(queued) => {
                    let arrival = queued.turn.arrival(|parcel: &mut Option<Grant<T>>| parcel.take());
                    Granted::new(&shared, arrival.await)
                }
            };
            shared.furnish(granted, at)
        }
    }

    fn acquire_within(
        &self,
        time: Option<Duration>,
        at: &'static Location<'static>,
    ) -> Result<Pooled<T>, PoolError> {
        if let Some(pooled) = self.shared.at_once(at) {
            return Ok(pooled);
        }
        let granted = match self.shared.ask() {
            Ok(granted) => granted,
            Err(queued) => self.shared.wait(&queued, time)?,
        };
        self.shared.furnish(granted, at)
    }

    /// What the pool has counted, after a look for what is idle too long or lost.
    ///
    /// ```
    /// let pool = heirloom_reuse::Pool::builder(|| 0).build()?;
    /// let object = pool.acquire()?;
    /// assert_eq!((pool.stats().size, pool.stats().idle), (1, 0));
    /// drop(object);
    /// assert_eq!((pool.stats().size, pool.stats().idle), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stats(&self) -> PoolStats {
        self.shared.locked(|stock, _, _| stock.stats())
    }
}

impl<T> Shared<T> {
    /// Runs `work` under the lock, after tidying; then does what must be done outside.
    fn locked<R>(&self, work: impl FnOnce(&mut Stock<T>, Duration, &mut Chore<T>) -> R) -> R {
        self.locked_then(work, |result| result)
    }

    /// The same where the result is the right to something: `hold` puts it into a guard before anything else can panic.
    fn locked_then<R, H>(
        &self,
        work: impl FnOnce(&mut Stock<T>, Duration, &mut Chore<T>) -> R,
        hold: impl FnOnce(R) -> H,
    ) -> H {
        let now = if self.settings.timed { self.settings.clock.now() } else { Duration::ZERO };
        let mut chore = Chore::default();
        let mut stock = lock(&self.stock);
        stock.tidy(now, &mut chore);
        let result = work(&mut stock, now, &mut chore);
        drop(stock);
        let held = hold(result);
        for waker in chore.wakers {
            waker.wake();
        }
        if let Some(tell) = &self.settings.on_lost {
            chore.lost.into_iter().for_each(tell);
        }
        held
    }

    /// An idle object in one step, where it need not be looked at.
    fn at_once(self: &Arc<Self>, at: &'static Location<'static>) -> Option<Pooled<T>> {
        if self.settings.is_valid.is_some() {
            return None;
        }
        let lend = |stock: &mut Stock<T>, now| {
            let object = stock.pop()?;
            stock.stats.reused += 1;
            Some((object, stock.lend(now, at)))
        };
        if !self.settings.timed {
            // Nothing can be over or lost, so there are no chores.
            let (object, lease) = lend(&mut lock(&self.stock), Duration::ZERO)?;
            return Some(Pooled::new(object, Arc::clone(self), lease));
        }
        self.locked_then(
            |stock, now, _| lend(stock, now),
            |lent| lent.map(|(object, lease)| Pooled::new(object, Arc::clone(self), lease)),
        )
    }

    /// A grant, or a turn in the queue.
    fn ask(&self) -> Result<Granted<'_, T>, Queued<'_, T>> {
        self.locked_then(
            |stock, _, _| stock.ask(),
            |asked| {
                asked.map(|grant| Granted::new(self, grant)).map_err(|turn| Queued { shared: self, turn })
            },
        )
    }

    fn wait(&self, queued: &Queued<'_, T>, time: Option<Duration>) -> Result<Granted<'_, T>, PoolError> {
        let end = time.and_then(|time| Instant::now().checked_add(time));
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let loss = lock(&self.stock).next_loss(self.settings.clock.now());
            let loss = loss.map(|time| time.max(Duration::from_millis(1)));
            let grant = queued.turn.wait(left.into_iter().chain(loss).min(), Option::take);
            if let Some(grant) = grant {
                return Ok(Granted::new(self, grant));
            }
            if let Some(after) = time.filter(|_| left == Some(Duration::ZERO)) {
                let size = self.locked(|stock, _, _| {
                    stock.stats.timed_out += 1;
                    stock.stats.size
                });
                return Err(PoolError::TimedOut { after, size });
            }
            self.locked(|_, _, _| ());
        }
    }

    /// Makes of a grant an object that is fit to be handed out.
    fn furnish(
        self: &Arc<Self>,
        mut granted: Granted<'_, T>,
        at: &'static Location<'static>,
    ) -> Result<Pooled<T>, PoolError> {
        let mut reused = None;
        while let Some(mut object) = granted.object.take() {
            if self.settings.is_valid.as_ref().is_none_or(|is_valid| is_valid(&mut object)) {
                reused = Some(object);
            } else {
                drop(object);
                granted.object = self.locked(|stock, _, _| stock.ask_again());
            }
        }
        let is_new = reused.is_none();
        let object = match reused {
            Some(object) => object,
            None => (self.settings.make)().map_err(PoolError::Make)?,
        };
        granted.keep_place();
        let lend = |stock: &mut Stock<T>, now, _: &mut Chore<T>| {
            stock.stats.made += u64::from(is_new);
            stock.stats.reused += u64::from(!is_new);
            stock.lend(now, at)
        };
        Ok(self.locked_then(lend, |lease| Pooled::new(object, Arc::clone(self), lease)))
    }

    /// Takes an object back from a client who may have panicked.
    pub(super) fn give_back(&self, mut object: T, lease: u64, panicked: bool) {
        if panicked && self.settings.after_panic == AfterPanic::Discard {
            self.let_go(lease);
            return;
        }
        if let Some(reset) = &self.settings.reset
            && catch_unwind(AssertUnwindSafe(|| reset(&mut object))).is_err()
        {
            self.locked(|stock, _, chore| {
                stock.stats.reset_failed += 1;
                if stock.end_lease(lease) {
                    stock.free_place(chore);
                }
            });
            return;
        }
        let object = match self.kept(object) {
            Ok(()) => return,
            Err(object) => object,
        };
        self.locked(|stock, now, chore| {
            if stock.end_lease(lease) {
                stock.put_back(object, now, chore);
            } else {
                chore.dropped.push(object);
            }
        });
    }

    /// Keeps an object that came back, where nothing else is to be done; else it is handed back.
    fn kept(&self, object: T) -> Result<(), T> {
        if self.settings.timed {
            return Err(object);
        }
        lock(&self.stock).keep(object, Duration::ZERO)
    }

    /// Frees the place of an object that its client keeps or throws away.
    pub(super) fn let_go(&self, lease: u64) {
        self.locked(|stock, _, chore| {
            stock.stats.discarded += 1;
            if stock.end_lease(lease) {
                stock.free_place(chore);
            }
        });
    }
}

/// A place that was granted, perhaps with an object; freed when checking or making panics or fails.
struct Granted<'pool, T> {
    shared: Option<&'pool Shared<T>>,
    object: Option<T>,
}

impl<'pool, T> Granted<'pool, T> {
    fn new(shared: &'pool Shared<T>, grant: Grant<T>) -> Self {
        let object = match grant {
            Grant::Object(object) => Some(object),
            Grant::Place => None,
        };
        Self { shared: Some(shared), object }
    }

    /// The place is another's to free from here on.
    fn keep_place(mut self) {
        self.shared = None;
    }
}

impl<T> Drop for Granted<'_, T> {
    fn drop(&mut self) {
        let Some(shared) = self.shared else { return };
        let object = self.object.take();
        shared.locked(|stock, now, chore| match object {
            Some(object) => stock.put_back(object, now, chore),
            None => stock.free_place(chore),
        });
    }
}

/// A turn in the queue; one that is given up passes on what it was given.
struct Queued<'pool, T> {
    shared: &'pool Shared<T>,
    turn: Turn<T>,
}

impl<T> Drop for Queued<'_, T> {
    fn drop(&mut self) {
        self.shared.locked(|stock, now, chore| stock.leave_queue(&self.turn, now, chore));
    }
}

impl<T> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({:?})", lock(&self.shared.stock).stats())
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { after, size } => {
                write!(f, "no object came back within {after:?}; all {size} are in use")
            }
            Self::Make(_) => f.write_str("the pool's maker failed"),
        }
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::TimedOut { .. } => None,
            Self::Make(error) => Some(error.as_ref()),
        }
    }
}
