//! What a client of a pool holds: the object, which goes back when this is dropped.
//!
//! Promises: an object goes back exactly once, or leaves for good. Refuses: being cloned.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::object_pool::Shared;

/// An object on loan from a [`Pool`](crate::Pool); dropping it gives the object back.
///
/// ```
/// use heirloom_reuse::{Pool, Pooled};
/// let pool = Pool::builder(Vec::<u8>::new).max_size(1).build()?;
/// Pooled::discard(pool.acquire()?);                 // broken: makes room for a new one
/// let kept: Vec<u8> = Pooled::into_inner(pool.acquire()?);   // leaves the pool for good
/// assert_eq!((pool.stats().made, pool.stats().size, kept.len()), (2, 0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pooled<T> {
    object: Option<T>,
    pool: Arc<Shared<T>>,
    lease: u64,
    /// Whether the thread was panicking already, so that a panic is not this client's.
    panicking: bool,
}

impl<T> Pooled<T> {
    pub(super) fn new(object: T, pool: Arc<Shared<T>>, lease: u64) -> Self {
        Self { object: Some(object), pool, lease, panicking: std::thread::panicking() }
    }

    /// Takes the object out of the pool for good; its place is free for another.
    ///
    /// ```
    /// use heirloom_reuse::{Pool, Pooled};
    /// let pool = Pool::builder(|| String::from("kept")).build()?;
    /// let own: String = Pooled::into_inner(pool.acquire()?);
    /// assert_eq!((own.as_str(), pool.stats().size), ("kept", 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_inner(mut pooled: Self) -> T {
        let object = pooled.object.take().unwrap_or_else(|| unreachable!("it goes back once"));
        pooled.pool.let_go(pooled.lease);
        object
    }

    /// Throws the object away; its place is free for another.
    ///
    /// ```
    /// use heirloom_reuse::{Pool, Pooled};
    /// let pool = Pool::builder(|| 0).max_size(1).build()?;
    /// Pooled::discard(pool.acquire()?);
    /// drop(pool.acquire()?);
    /// assert_eq!(pool.stats().made, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn discard(pooled: Self) {
        drop(Self::into_inner(pooled));
    }
}

impl<T> Drop for Pooled<T> {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            let panicked = std::thread::panicking() && !self.panicking;
            self.pool.give_back(object, self.lease, panicked);
        }
    }
}

impl<T> Deref for Pooled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.object.as_ref().unwrap_or_else(|| unreachable!("it goes back when dropped"))
    }
}

impl<T> DerefMut for Pooled<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.object.as_mut().unwrap_or_else(|| unreachable!("it goes back when dropped"))
    }
}

impl<T: fmt::Debug> fmt::Debug for Pooled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
