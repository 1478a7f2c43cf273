//! How tests wait for what must not hang.
//!
//! Promises: a test that hangs fails after a minute instead of blocking the run. Refuses: judging speed.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Runs a test that must come to an end.
pub(crate) fn must_end(test: impl FnOnce() + Send + 'static) {
    let (done, wait) = channel();
    let thread = std::thread::spawn(move || {
        test();
        done.send(()).ok();
    });
    match wait.recv_timeout(Duration::from_mins(1)) {
        Ok(()) => {}
        Err(RecvTimeoutError::Disconnected) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
    }
}
