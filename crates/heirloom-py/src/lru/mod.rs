//! The drop-in for `functools.lru_cache`: strict LRU, thread-safe, re-entrant, in memory only.
//!
//! Not on the road: nothing here is kept on disk or has a version. `wrapper.rs` is the callable, `spelling.rs` a call as a
//! key, `single_flight.rs` the option that `functools` does not have.

mod single_flight;
mod spelling;
mod wrapper;

pub(crate) use spelling::is_simple;
pub(crate) use wrapper::LruCache;
