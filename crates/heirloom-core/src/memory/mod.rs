//! The memory tier: live objects under one global byte budget, weak after eviction.
//!
//! On the road: asked first, filled last. `tier` is the table with its budget, `slot` one entry (and the hit path),
//! `door` how a face holds an object too, `order` the heap of the eviction order, whose policy is a crate of its own.
//!
//! Promises: 1. the bytes held never exceed the budget, at any instant; 2. what costs least build time per byte
//! goes first, and age makes everything go in the end; 3. after eviction the very object is still found while any
//! client holds it; 4. objects are dropped outside all locks. Refuses: encoding, digests, the clock, the disk.

mod door;
mod order;
mod slot;
mod tier;

pub use door::{Door, Opened, Pulse, Stamp, Way};
pub use slot::{Entry, Facts, Found, Slot, SlotId, Tally};
pub use tier::{Memory, MemoryStats};
