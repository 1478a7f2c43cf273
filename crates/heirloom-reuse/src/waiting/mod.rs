//! Waiting for what another thread or task does: shared by the caches, the weak table and the pools.
//!
//! `delivery` is one parcel that threads and tasks wait for, `flights` the builds in the air, `reentry` knows which
//! build waits for which.
//!
//! Promises: 1. one builder per key; 2. a builder that fails, panics or is cancelled frees its waiters at once, and
//! one of them takes its place; 3. a wait that could never end is not begun. Refuses: an executor, a thread, a timer.

mod delivery;
mod flights;
mod reentry;

pub(crate) use delivery::Delivery;
pub(crate) use flights::{Flight, Flights, Home, Looked, fetch, fetch_async, never};
