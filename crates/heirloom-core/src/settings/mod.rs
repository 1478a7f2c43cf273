//! `heirloom.toml`: everything about a store and its factories that is set without touching code.
//!
//! Stands beside the road: the faces read the file once, and hand the values to the store and to each factory.
//! `file.rs` is the file as a whole, `cache.rs` one `[cache.NAME]`, `choice.rs` the closed sets of words,
//! `duration.rs` and `size.rs` the units, `entry.rs` and `place.rs` turn what was written into a value or into a
//! sentence with file, line and column, and `bump.rs` with `layout.rs` is the one thing that writes.
//!
//! Promises: 1. a misspelt setting is refused with the nearest known one, never ignored; 2. what was not set is
//! `None`, so defaults are decided in one place, by the caller; 3. a bump changes one counter and no other byte,
//! save for the blank lines that let two branches merge.
//!
//! Refuses to know: environment variables, the home directory, the current directory. The caller passes paths.

mod bump;
mod cache;
mod choice;
mod duration;
mod entry;
mod file;
mod layout;
mod place;
mod size;

pub use bump::{Bumped, bump, set};
pub use cache::{CacheSettings, Tiers};
pub use choice::{CodeLevel, Revalidate, Verify};
pub use duration::{parse_duration, shown_duration};
pub use file::Settings;
pub use size::{parse_size, shown_size};
