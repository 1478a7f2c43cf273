//! The inputs of a build: recorded while building, checked before serving.
//!
//! On the road: `recorder` is handed to the builder, `settle` takes out what the build itself made, `observe` looks at
//! the file system, `memo` remembers large files, `check` compares what was recorded with what is there now. A fourth place beside memory, flight and disk: they meet only in `engine`.
//!
//! Promises: 1. an input that changed is never taken for unchanged; the stat is only a shortcut to "unchanged";
//! 2. a file that was touched and not changed still holds. Refuses: other cached objects, which only the engine
//! can ask for.

mod check;
mod memo;
mod observe;
mod recorder;
mod settle;

pub use check::{Checked, Site, check};
pub use memo::Memo;
pub use recorder::Recorder;

use std::ffi::OsString;
use std::sync::Arc;

/// Looks at a state of the process, such as the arguments of its program; `None` when the face knows no such state.
pub type Ambient = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

/// Reads an environment variable; injected, because the engine itself never looks at the environment.
pub type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Looks again at code that ran, by its name and recorded state: `None` when it is what it was, else in words what it is
/// now. Injected, because only a face knows its language.
pub type CodeCheck = Arc<dyn Fn(&str, &str) -> Option<String> + Send + Sync>;
