//! The command line, run in this process and as the real binary, on stores made by the engine.

mod bad_input;
mod bumping;
mod collecting;
mod documents;
mod hostile;
mod looking;
mod mending;
mod program;
mod stage;
