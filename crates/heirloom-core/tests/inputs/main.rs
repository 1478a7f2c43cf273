//! The promises of recorded inputs: a change is never missed, and what did not change still holds.

mod files;
mod folders;
mod surroundings;
mod workshop;
