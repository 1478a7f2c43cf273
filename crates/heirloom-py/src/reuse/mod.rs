//! The compiled half of `heirloom.reuse`: what runs at every use. What users see stands in `python/heirloom/reuse/`.
//!
//! Not on the road: nothing here is kept on disk or has a version. `key.rs` finds keys, `strict.rs` tells apart what Python
//! calls equal, `guarded.rs` is how state is reached. On them stand the cache (`cache.rs`; `policy.rs` its rules, `order.rs`
//! and `deadlines.rs` who goes first and when), `timed_call.rs`, the weak table, the interner and the pool. Promises: 1. all
//! state changes in steps that run no code of anybody's, so the interpreter's lock is the only one, and a child of `fork`
//! finds everything whole; 2. what leaves is dropped, told and destroyed after the step. Refuses: waiting, which is
//! Python's (`_single_flight.py`, `_pool.py`).

mod cache;
mod clock;
mod deadlines;
mod flights;
mod guarded;
mod interner;
mod key;
mod order;
mod policy;
mod pool;
mod pool_state;
mod strict;
mod timed_call;
mod undertaker;
mod weak;

pub(crate) use cache::CacheCore;
pub(crate) use interner::InternerCore;
pub(crate) use pool::{Loan, PoolCore};
pub(crate) use timed_call::TimedCall;
pub(crate) use undertaker::Undertaker;
pub(crate) use weak::WeakCore;
