//! The command line, run in this process and as the real binary, on stores made by the engine.

#![expect(clippy::unwrap_used, reason = "a stage that cannot be set should say where it stopped")]

mod advising;
mod bad_input;
mod bumping;
mod collecting;
mod documents;
mod hostile;
mod keys;
mod looking;
mod mending;
mod program;
mod stage;
