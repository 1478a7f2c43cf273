//! What lives as long as somebody holds it: weak-value cache, flyweight, interner; and symbols, which live for ever.
//!
//! `guests` is the table that all three share: it holds nobody, and whoever dies takes its own entry out. `held` is what
//! clients hold.
//!
//! Promises: 1. at any instant there is at most one live object per key; 2. an entry vanishes with its last holder,
//! without a sweep; 3. destructors run outside the lock. Refuses: keeping anything alive.

mod flyweight;
mod guests;
mod held;
mod interner;
mod symbols;
#[cfg(all(test, not(feature = "shuttle")))]
mod tests;
mod weak_value;

pub use flyweight::Flyweight;
pub use guests::WeakStats;
pub use held::Held;
pub use interner::{Interned, Interner};
pub use symbols::{Symbol, Symbols};
pub use weak_value::WeakValueCache;
