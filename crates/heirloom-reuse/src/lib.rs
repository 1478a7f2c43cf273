//! In-process reuse: the tools for objects that need not outlive the process.
//!
//! | Type | What it is for |
//! |---|---|
//! | [`Cache`], [`Memo`] | values that may be thrown away and made again, bounded by entries, bytes and time |
//! | [`WeakValueCache`] | objects shared by key for as long as somebody holds them |
//! | [`Flyweight`] | the same with its maker inside: many objects that share their immutable part |
//! | [`Interner`], [`Symbols`] | equal values become one object, or one number |
//! | [`Pool`], [`BufferPool`] | objects, or bytes, that one client uses at a time and the next uses again |
//! | [`Observers`] | who wants to know of events, without being kept alive by it |
//!
//! One vocabulary: *key* says which thing, a *build* makes it and happens once however many ask (single flight),
//! time comes from a [`Clock`]. No type here starts a thread, and none holds a lock while it calls your code, but for
//! `Eq` and `Clone` of what it keeps.

mod cache;
mod clock;
mod error;
#[cfg(all(test, not(feature = "shuttle")))]
mod liveness;
mod observers;
mod pool;
mod sync;
mod waiting;
mod weak;

pub use cache::{Cache, CacheBuilder, CacheStats, Cause, Memo};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::InvalidSetting;
pub use observers::{Notified, Observer, Observers, Watch};
pub use pool::{AfterPanic, Buffer, BufferPool, Lost, Pool, PoolBuilder, PoolError, PoolStats, Pooled};
pub use weak::{Flyweight, Held, Interned, Interner, Symbol, Symbols, WeakStats, WeakValueCache};
