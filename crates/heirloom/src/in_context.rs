//! A future that runs inside a build: the context is there during each poll, on whatever thread.
//!
//! Promises: between two polls the thread is as it was. Refuses: an executor.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use heirloom_core::engine::Context;

/// A boxed future.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A future with the build it runs inside of.
pub(crate) struct InContext<'a, T> {
    context: Context,
    future: Boxed<'a, T>,
}

impl<'a, T> InContext<'a, T> {
    pub(crate) fn new(context: Context, future: Boxed<'a, T>) -> Self {
        Self { context, future }
    }
}

impl<T> Future for InContext<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<T> {
        let context = self.context.clone();
        context.enter(|| self.future.as_mut().poll(task))
    }
}
