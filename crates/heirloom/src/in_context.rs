//! A future that keeps its surroundings: the scopes and the build of the place where it was made are there during
//! each poll, on whatever thread.
//!
//! Promises: between two polls the thread is as it was. Refuses: an executor.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use heirloom_core::engine::Context;

use crate::scope::Scopes;

/// A boxed future.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What code runs inside of: the stores and switches of its scopes, and the build that it belongs to.
#[derive(Clone)]
pub struct Surroundings {
    scopes: Scopes,
    context: Option<Context>,
}

/// A future with its surroundings.
pub(crate) struct Carried<'a, T> {
    surroundings: Surroundings,
    future: Boxed<'a, T>,
}

impl Surroundings {
    /// Those of this place.
    pub fn here() -> Self {
        Self { scopes: Scopes::here(), context: Context::current() }
    }

    /// The same scopes, inside another build.
    pub(crate) fn inside(self, context: Context) -> Self {
        Self { context: Some(context), ..self }
    }

    /// Runs `work` in these surroundings.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.scopes.enter(|| match &self.context {
            Some(context) => context.enter(work),
            None => work(),
        })
    }

    pub(crate) fn carry<T>(self, future: Boxed<'_, T>) -> Carried<'_, T> {
        Carried { surroundings: self, future }
    }
}

impl<T> Future for Carried<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<T> {
        let this = self.get_mut();
        this.surroundings.enter(|| this.future.as_mut().poll(task))
    }
}

/// Carries the scopes of this place, and the build that it is inside of, to wherever the future is polled.
///
/// A scope belongs to its thread, and a task wanders. A `#[cached]` call carries its surroundings by itself; this is
/// for a future that makes such calls later, or in a task of its own.
///
/// ```
/// # #[heirloom::cached]
/// # fn slow(x: u32) -> u32 { x + 1 }
/// let store = heirloom::Store::in_memory();
/// let task = heirloom::with_store(&store, || heirloom::carried(async { slow(1) }));
/// assert_eq!(*smol::block_on(task)?, 2);        // asked in `store`, although its scope is over
/// # heirloom::with_store(&store, || assert_eq!(slow::stats().builds, 1));
/// # Ok::<(), heirloom::Error>(())
/// ```
pub fn carried<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send
where
    F::Output: Send,
{
    let here = Surroundings::here();
    async move { here.carry(Box::pin(future)).await }
}
