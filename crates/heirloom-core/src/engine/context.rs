//! The build that this thread is inside of: its flight, its lease and its recorder, and the builds above it.
//!
//! So that a cached call inside a builder is recorded by itself, and a circle of builds is an error and not a hang.
//! Promises: a context can be carried to another thread by hand ([`Context::enter`]), and a task's context is there
//! during each of its polls. Refuses: guessing; a thread that a builder starts and that carries no context is a
//! stranger.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use crate::disk::Lease;
use crate::flight::Flight;
use crate::inputs::Recorder;

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
    /// Whether there is a current one: a cell without a destructor, which a hit reads at no cost.
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
}

/// The build that code runs inside of.
#[derive(Clone)]
pub struct Context(Arc<Frame>);

struct Frame {
    flight: Option<Arc<Flight>>,
    /// Not held: it is let go when the build lands, however long a thread of the builder keeps this context.
    lease: Option<Weak<Lease>>,
    recorder: Recorder,
    above: Option<Context>,
}

impl Context {
    pub(super) fn new(flight: Option<Arc<Flight>>, lease: Option<&Arc<Lease>>, recorder: Recorder) -> Self {
        let lease = lease.map(Arc::downgrade);
        Self(Arc::new(Frame { flight, lease, recorder, above: Self::current() }))
    }

    /// A context in a child process: it records, and holds neither flight nor lease of its parent.
    pub fn following(recorder: Recorder) -> Self {
        Self(Arc::new(Frame { flight: None, lease: None, recorder, above: None }))
    }

    /// The context of this thread, if it is inside a build.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Whether this thread is inside a build; the cheap question of the hit path.
    #[inline]
    pub fn is_active() -> bool {
        ACTIVE.get()
    }

    /// Runs `work` inside this build, on whatever thread.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        let outer = CURRENT.replace(Some(self.clone()));
        ACTIVE.set(true);
        let _back = Back(outer);
        work()
    }

    /// The recorder of this build.
    pub fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    /// The flights of this build and of those above it, the innermost first.
    pub(super) fn flights(&self) -> Vec<Arc<Flight>> {
        self.chain().filter_map(|context| context.0.flight.clone()).collect()
    }

    /// The leases of this build and of those above it, the innermost first.
    pub(super) fn leases(&self) -> Vec<Arc<Lease>> {
        self.chain().filter_map(|context| context.0.lease.as_ref()?.upgrade()).collect()
    }

    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |context| context.0.above.as_ref())
    }
}

/// Puts the outer context back, also when the work panics.
struct Back(Option<Context>);

impl Drop for Back {
    fn drop(&mut self) {
        ACTIVE.set(self.0.is_some());
        let inner = CURRENT.replace(self.0.take());
        drop(inner);
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.flights()).finish()
    }
}
