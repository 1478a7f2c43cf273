//! The `heirloom` command as a library: look at a store, ask why, raise a version, collect, verify.
//!
//! Where it stands: above the engine, beside the Rust and the Python face; both the binary and `python -m heirloom`
//! call [`run`]. One file per command stands in `commands/`; the rest is where the store is (`project`), what the
//! process offers (`surroundings`), how things are printed (`console`, `report`) and how things are found
//! (`selection`, `nearest`).
//!
//! Promises: 1. no payload is ever opened; 2. a command that does not need a store never makes one; 3. whatever
//! goes wrong is one sentence and one of the documented exit codes; 4. text from a store cannot command a terminal.
//! Refuses: a second way to the registry; everything goes through the engine.

mod advise;
mod arguments;
mod code_diff;
mod commands;
mod console;
mod developer;
mod escape;
mod nearest;
mod present;
mod program;
mod progress;
mod project;
mod report;
mod selection;
mod stop;
mod surroundings;
mod table;

pub use program::{run, run_in};
pub use surroundings::Surroundings;
