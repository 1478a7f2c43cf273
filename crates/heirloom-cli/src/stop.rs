//! Why a command ends early, closed by the exit code that tells it.
//!
//! Promises: each has one sentence, a kind for programs and a documented exit code. Refuses: panics and traces.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use heirloom_core::{Error, ErrorKind};
use serde::Serialize;

/// All is well.
pub(crate) const FINE: u8 = 0;
/// Something was found that should not be, or nothing where something was asked for.
pub(crate) const FINDING: u8 = 1;

/// How a command ends: with an exit code, or early.
pub(crate) type Outcome = Result<u8, Stop>;

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was asked for is not there.
    NotFound(String),
    /// The call or the settings must change.
    Invalid(String),
    /// The store could not be opened, read or written.
    Unavailable(String),
    /// The output could not be written.
    Output(io::Error),
}

/// A stop as a JSON document.
#[derive(Serialize)]
pub(crate) struct StopReport {
    error: Told,
}

#[derive(Serialize)]
struct Told {
    kind: &'static str,
    message: String,
    exit_code: u8,
}

impl Stop {
    pub(crate) fn not_found(sentence: impl Display) -> Self {
        Self::NotFound(sentence.to_string())
    }

    pub(crate) fn invalid(sentence: impl Display) -> Self {
        Self::Invalid(sentence.to_string())
    }

    pub(crate) fn unavailable(sentence: impl Display) -> Self {
        Self::Unavailable(sentence.to_string())
    }

    /// A file that could not be written.
    pub(crate) fn unwritable(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = PathBuf::from(path);
        move |fault| Self::Unavailable(format!("{} could not be written: {fault}", path.display()))
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::NotFound(_) => FINDING,
            Self::Invalid(_) => 2,
            // Whoever closed the pipe has seen enough.
            Self::Output(fault) if fault.kind() == io::ErrorKind::BrokenPipe => FINE,
            Self::Unavailable(_) | Self::Output(_) => 3,
        }
    }

    /// The sentence; `None` when there is nothing to say, or nobody left to say it to.
    pub(crate) fn sentence(&self) -> Option<String> {
        match self {
            Self::NotFound(text) | Self::Invalid(text) | Self::Unavailable(text) => Some(text.clone()),
            Self::Output(fault) if fault.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Output(fault) => Some(format!("the output could not be written: {fault}")),
        }
    }

    /// The same for programs.
    pub(crate) fn report(&self) -> Option<StopReport> {
        let kind = match self {
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Unavailable(_) => "unavailable",
            Self::Output(_) => return None,
        };
        let message = self.sentence()?;
        Some(StopReport { error: Told { kind, message, exit_code: self.code() } })
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Invalid => Self::invalid(error),
            _ => Self::unavailable(error),
        }
    }
}

/// Only writing the output fails with a plain `io::Error`; all else names what was being done.
impl From<io::Error> for Stop {
    fn from(fault: io::Error) -> Self {
        Self::Output(fault)
    }
}
