//! Caches: one table in one order, under one lock.
//!
//! `table` is the whole logic without locks and without a clock; `order` says who goes
//! first, by `recency` or by what a `ladder` of ranks has on top, `memory_cache` puts the lock, the clock, the listener and the flights around
//! it, `builder` its settings, `counts` its statistics, `memo` a function behind a cache.
//!
//! Promises: 1. both bounds hold at every instant; 2. builders, listeners, weighers and destructors run outside the
//! lock; 3. what has expired is never served, and is freed by later operations without being asked for again.
//! Refuses: a thread of its own, the disk.

mod builder;
#[cfg(all(test, not(feature = "shuttle")))]
mod building_tests;
mod counts;
mod ladder;
mod memo;
mod memory_cache;
mod order;
mod recency;
mod table;
#[cfg(all(test, not(feature = "shuttle")))]
mod tests;

pub use builder::CacheBuilder;
pub use counts::CacheStats;
pub use memo::Memo;
pub use memory_cache::Cache;
pub use table::Cause;
