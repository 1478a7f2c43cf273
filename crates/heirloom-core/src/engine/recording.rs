//! Records every call of a factory, for `heirloom advise`: key, bytes and build seconds, a line each.
//!
//! On the road: each place that serves an object notes it, when the factory is recorded; nothing is done otherwise.
//! Promises: 1. a line is written in one step, so that processes may share a file; 2. a file that cannot be written
//! is told once and never breaks a request. Refuses: arguments; a key is the factory's name and the beginning of the
//! key's digest, so that a trace can be shown to others.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::engine_state::Engine;
use super::notice::Notice;
use super::request::{Mode, Request, Served};

/// The file of one factory's calls.
pub(super) struct Recording {
    path: PathBuf,
    state: Mutex<State>,
}

enum State {
    Unopened,
    Open(File),
    /// Told once.
    Failed,
}

impl Recording {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, state: Mutex::new(State::Unopened) }
    }

    fn write(&self, line: &str) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Unopened = *state {
            *state = State::Failed;
            *state = State::Open(OpenOptions::new().append(true).create(true).open(&self.path)?);
        }
        let State::Open(file) = &mut *state else { return Ok(()) };
        let written = file.write_all(line.as_bytes());
        if written.is_err() {
            *state = State::Failed;
        }
        written
    }
}

/// Notes that a call was served; `took` when it was built just now.
pub(super) fn note(engine: &Engine, request: &Request, served: &Served, took: Option<u64>) {
    let Some(recording) = &request.factory.recording else { return };
    if request.mode != Mode::Get {
        return;
    }
    // What memory does not hold and was not built just now came from disk, and how long its build took is not at hand.
    let Some(nanos) = took.or_else(|| served.slot.as_ref().map(|slot| slot.facts().build_nanos)) else {
        return;
    };
    let digest = request.key.digest().to_string();
    #[expect(clippy::cast_precision_loss, reason = "seconds for people and for an estimate")]
    let seconds = nanos as f64 / 1e9;
    let line =
        format!("{}:{},{},{seconds:.9}\n", request.factory.name(), &digest[..16], served.object.bytes());
    if let Err(fault) = recording.write(&line) {
        let (file, what) = (recording.path.clone(), fault.to_string());
        (engine.options.hooks.notify)(&Notice::Unrecorded { file, what });
    }
}
