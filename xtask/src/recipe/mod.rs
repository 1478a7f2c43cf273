//! The one recipe: what "passes all tests" means, step by step.
//!
//! Promises: 1. which steps there are is decided by a pure function of a few facts; one other function carries them
//! out; 2. what cannot be done here is said, never passed over. Refuses shortcuts: CI runs this and nothing else.

mod facts;
mod perform;
mod plan;
mod python;
mod step;

pub use perform::run;
