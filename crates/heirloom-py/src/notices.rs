//! What the engine tells while it works, handed to Python as a warning.
//!
//! Promises: a warning that is turned into an error breaks no request. Refuses: telling of waits; nothing is broken.

use heirloom_core::engine::Notice;
use pyo3::prelude::*;

/// Warns of a fault.
pub(crate) fn tell(notice: &Notice) {
    let sentence = match notice {
        Notice::Fault { name, reason } => format!("{name}: {reason}"),
        Notice::Exposed { folder } => format!(
            "others can write to the store at {}; run `chmod go-w` on it, or share a key, see `heirloom keys`",
            folder.display()
        ),
        Notice::Unrecorded { file, what } => format!(
            "calls are no longer recorded: {} cannot be written ({what}); see `record_trace`",
            file.display()
        ),
        Notice::Network { kind } => format!(
            "the store lies on a network file system ({kind}): it works without a write-ahead log, more slowly, \
             and single flight among machines is not certain"
        ),
        Notice::Waiting { .. } | Notice::WaitOver { .. } => return,
    };
    warn(&sentence);
}

/// Warns of something that is broken.
pub(crate) fn warn(sentence: &str) {
    Python::try_attach(|py| {
        let warned = py.import("heirloom.errors").and_then(|errors| errors.call_method1("warn", (sentence,)));
        if let Err(error) = warned {
            error.write_unraisable(py, None);
        }
    });
}
