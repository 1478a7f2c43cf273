//! The engine: the one place where memory, flight, inputs and disk meet.
//!
//! `resolve` is the whole road of a request on one screen; `find` decides what may be served, `serve` and `keep`
//! do it, `lead` is the right to build. `explain` is the same road with building switched off. `gc`, `verify` and
//! `maintain` look after the store.
//!
//! Promises: 1. only an invalid call and the builder's own error leave a request; 2. deciding returns a value,
//! doing is one function that carries it out; 3. no lock is held while calling out. Refuses: knowing any type of
//! value, any executor, the environment.

mod adopt;
mod context;
mod engine_state;
mod explain;
mod factory;
mod find;
mod gc;
mod inputs_hold;
mod keep;
mod lead;
mod maintain;
mod notice;
mod recording;
mod renew;
mod request;
mod resolve;
mod serve;
mod stats;
mod texts;
mod wait;

pub use context::Context;
pub use engine_state::{Engine, EngineOptions, Hooks};
pub use explain::{Explanation, State};
pub use factory::{Factory, Recipe};
pub use gc::{CollectReason, Collected, GcFacts, Orphan, Plan, Removal, plan};
pub use lead::Lead;
pub use notice::Notice;
pub use request::{Mode, Request, Served};
pub use resolve::{Approach, approach, arrive, resolve};
pub use stats::Stats;
pub use wait::Wait;
