//! What tests of the engine and of its faces share: a clock that they turn by hand, a disk that
//! fails when they say, an allocator that counts.
//!
//! Stands above the engine and is part of the public API, so that a user can test their own lifetimes. Promises: no
//! test has to sleep for a time to pass. Refuses: being used by the engine itself.

mod counting_allocator;
mod failing_disk;
mod fake_clock;
pub mod hostile_bytes;

pub use counting_allocator::{CountingAllocator, allocations_of};
pub use failing_disk::FailingDisk;
pub use fake_clock::FakeClock;
