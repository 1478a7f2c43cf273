//! Pools: objects that are dear to make and are used by one client at a time.
//!
//! `object_pool` is the pool, `pooled` what a client holds, `stock` the objects and places behind the lock, `builder` the
//! settings; `buffers` is a pool of bytes on top.
//!
//! Promises: 1. never more objects than `max_size`; 2. who waits is served in the order of asking; 3. makers, checks, resets and
//! destructors run outside the lock. Refuses: a thread; what is idle too long or lost is seen by the next operation.

mod buffers;
mod builder;
mod object_pool;
mod pooled;
mod stock;
#[cfg(all(test, not(feature = "shuttle")))]
mod tests;

pub use buffers::{Buffer, BufferPool};
pub use builder::{AfterPanic, PoolBuilder};
pub use object_pool::{Pool, PoolError};
pub use pooled::Pooled;
pub use stock::{Lost, PoolStats};
