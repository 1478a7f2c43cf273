//! Single flight among the threads and tasks of one process: one builder per thing, everybody else waits for it.
//!
//! On the road: after memory, before the disk. `table` hands out seats, `flight` is one build in the air with those
//! who wait for it, `wait` is how a thread or a task waits.
//!
//! Promises: 1. at most one leader per thing at any instant; 2. a leader that fails hands its error to every
//! waiter, one that panics or is cancelled hands its seat on; 3. a wait that could never end is refused as a cycle, and a
//! forked child waits for no build of its parent.
//! Refuses: an executor; a task waits by waker, whatever runs it.

mod cycle;
mod flights;
mod forks;
mod seat;
mod wait;

pub use flights::{Flights, Joined};
pub use seat::{Flight, Flown, Landing, Seat};
pub use wait::Waiter;
