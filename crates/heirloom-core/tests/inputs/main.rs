//! The promises of recorded inputs: a change is never missed, and what did not change still holds.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod files;
mod folders;
mod properties;
mod surroundings;
mod workshop;
