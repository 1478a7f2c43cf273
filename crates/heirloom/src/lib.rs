//! Heirloom: build it once, hand it down.
//!
//! Keeps large, immutable, expensive-to-build objects (tables, indexes, models, meshes) so that nobody builds the
//! same one twice: not another thread, not the next process, not tomorrow's run. It is keyed by the arguments *and*
//! by the version of everything that made the object; it is never stale, never rebuilt for nothing, and always
//! says why.
//!
//! ```
//! use std::sync::Arc;
//! # let folder = tempfile::tempdir().unwrap();
//! # let folder = folder.path();
//! let store = heirloom::Store::open(folder)?;
//! let squares = store.factory("squares").counter("ann", 1).build(|n: &u64| {
//!     Ok::<_, std::io::Error>((0..*n).map(|x| x * x).collect::<Vec<u64>>())
//! });
//! let first: Arc<Vec<u64>> = squares.get(&1000)?;       // built
//! let again = squares.get(&1000)?;                      // handed down: the very same object
//! assert!(Arc::ptr_eq(&first, &again));
//! println!("{}", squares.explain(&1000)?);              // and why
//! # Ok::<(), heirloom::Error>(())
//! ```
//!
//! With the attribute [`cached`] the same takes one line:
//!
//! ```
//! #[heirloom::cached(counters(ann = 1))]
//! fn squares(n: u64) -> Vec<u64> {
//!     (0..n).map(|x| x * x).collect()
//! }
//! # let store = heirloom::Store::in_memory();
//! # heirloom::with_store(&store, || {
//! let table = squares(1000)?;                           // an `Arc<Vec<u64>>`, built or handed down
//! println!("{}", squares::explain(1000)?);              // and why
//! # Ok::<(), heirloom::Error>(()) }).unwrap();
//! ```
//!
//! # Which input goes where
//!
//! An object is looked for by its **key**, must have the present **fingerprint**, and its recorded **inputs** must be
//! what they were. What stands in the **record only** is told by `explain` and decides nothing.
//!
//! | input | key | fingerprint | inputs | record only | because |
//! |---|:-:|:-:|:-:|:-:|---|
//! | the factory's name | ✓ | | | | the same arguments mean another thing elsewhere |
//! | the arguments, or what `key = …` makes of them | ✓ | | | | they say which object is wanted |
//! | arguments in `ignore(…)`, a `&Recorder` | | | | | they do not change the object, says the author |
//! | counters of the code and of `heirloom.toml`, united | | ✓ | | | somebody says that the objects are others now |
//! | the function's tokens, and those of `uses(…)` (`code = "function"`) | | ✓ | | | other code may build another object |
//! | the executable (`code = "binary"`) | | ✓ | | | the same, for whoever trusts nothing less |
//! | comments, layout, documentation, lint attributes, line numbers | | | | | they build nothing |
//! | `schema`, the codec's name, the object's type | | ✓ | | | other bytes would be kept |
//! | `files(…)`, and what is opened through a [`Recorder`] or [`record`] | | | ✓ | | content decides; size, time and inode are the shortcut |
//! | absent files, directory listings, patterns, environment variables | | | ✓ | | their change changes what a builder sees |
//! | cached calls inside the builder | | | ✓ | | by the content that they gave: equal content cuts a rebuild off |
//! | what is `unchecked` (a network read) | | | | ✓ | nothing can tell whether it still holds; `explain` says so |
//! | `traits` | | | | ✓ | asked only by who [expects](Factory::expect) some |
//! | `epoch`, `ttl` | | | | ✓ | the present settings decide with the time of the build |
//! | tiers, budgets, `verify`, `revalidate`, `pin`, weight | | | | | where and how objects are kept, not which |
//! | build time, host, process, the trail | | | | ✓ | for people, and for the order of eviction |
//!
//! This crate is the Rust face of the engine in
//! `heirloom-core`: it adds types, serde, a default store and async, and decides nothing.

extern crate self as heirloom;

mod builder;
mod code_level;
mod codec;
mod factory;
mod front;
mod in_context;
mod lookup;
#[cfg(feature = "rkyv")]
mod mapped;
mod migrate;
pub mod record;
mod scope;
mod shape;
mod shelf;
mod store;
mod store_builder;
mod surroundings;
mod tracked;

pub use builder::{Auto, Chosen, CodecChoice, FactoryBuilder, Setting};
pub use codec::{Postcard, Raw};
pub use factory::{Expecting, Factory};
pub use heirloom_core::engine::{Context, Explanation, Notice, State, Stats};
pub use heirloom_core::identity::{Traits, VersionVector};
pub use heirloom_core::object::{Codec, CodecFault, Object, Payload};
pub use heirloom_core::settings::{CodeLevel, Revalidate, Settings, Tiers, Verify};
pub use heirloom_core::trail::{Reason, Tier, Trail};
pub use heirloom_core::{Clock, Digest, Error, ErrorKind, Recorder, Result, SystemClock, Timestamp};
pub use heirloom_macros::{cached, tracked};
pub use heirloom_reuse as reuse;
pub use in_context::carried;
pub use lookup::Lookup;
#[cfg(feature = "rkyv")]
pub use mapped::{Archivable, Mapped, Rkyv};
pub use scope::{disabled, set_default_store, with_store};
pub use store::Store;
pub use store_builder::StoreBuilder;
pub use tracked::Tracked;

/// What the attribute's expansion calls. Not part of the interface: it may change in any version.
#[doc(hidden)]
pub mod __private {
    pub use crate::code_level::code_level;
    pub use crate::in_context::Surroundings;
    pub use crate::lookup::Arguments;
    pub use crate::scope::current_store;
    pub use crate::shelf::Shelf;
    pub use crate::store::CachedFunction;
    pub use crate::tracked::{Parts, Tokens, TrackedImpl, must_be_tracked};
    pub use heirloom_core::engine::Mode;
    pub use inventory;
}
