//! A wait for somebody in this process, told to the others.
//!
//! Promises: every build that waits with it says so in its lease while it lasts, whether a thread waits or a task, so
//! that a circle through several processes is found. Refuses: any way of waiting of its own; the flight has them.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use super::context::Context;
use super::request::lease_name;
use crate::disk::{Lease, WaitNote};
use crate::flight::{Landing, Waiter};
use crate::trail::{StepSpan, Tier};

/// A place among those who wait for a build of this process. As a future, it resolves to the landing.
#[derive(Debug)]
pub struct Wait {
    waiter: Waiter,
    _notes: Vec<WaitNote<Arc<Lease>>>,
}

impl Wait {
    /// Notes the wait in the leases of this build and of those above it.
    pub(super) fn new(waiter: Waiter) -> Self {
        let leases = Context::current().map(|context| context.leases()).unwrap_or_default();
        let wanted = lease_name(&waiter.flight().id());
        Self { waiter, _notes: leases.into_iter().map(|lease| WaitNote::new(lease, wanted)).collect() }
    }

    /// Blocks this thread until the flight has landed.
    pub fn wait(&self) -> Landing {
        let _span = StepSpan::enter(Tier::Flight, self.waiter.flight().id().0);
        self.waiter.wait()
    }
}

impl Deref for Wait {
    type Target = Waiter;

    fn deref(&self) -> &Waiter {
        &self.waiter
    }
}

impl Future for Wait {
    type Output = Landing;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Landing> {
        Pin::new(&mut self.waiter).poll(context)
    }
}
