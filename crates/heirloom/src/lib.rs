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
//! With the attribute [`cached`] the same takes one line. This crate is the Rust face of the engine in
//! `heirloom-core`: it adds types, serde, a default store and async, and decides nothing.

extern crate self as heirloom;

mod builder;
mod codec;
mod factory;
mod front;
mod in_context;
mod lookup;
mod migrate;
pub mod record;
mod scope;
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
pub use in_context::carried;
pub use lookup::Lookup;
pub use scope::{disabled, set_default_store, with_store};
pub use store::Store;
pub use store_builder::StoreBuilder;
pub use tracked::Tracked;

/// What the attribute's expansion calls. Not part of the interface: it may change in any version.
#[doc(hidden)]
pub mod __private {
    pub use crate::builder::code_level;
    pub use crate::in_context::Surroundings;
    pub use crate::lookup::Arguments;
    pub use crate::scope::current_store;
    pub use crate::shelf::Shelf;
    pub use crate::store::CachedFunction;
    pub use crate::tracked::{Parts, tokens};
    pub use heirloom_core::engine::Mode;
    pub use inventory;
}
