//! The one public error, closed by *what the caller should do about it*.
//!
//! Ground floor of the road. Only two things ever leave a request as an error: an invalid call and the builder's
//! own failure; every fault of the cache itself becomes a `Reason` in the trail and a rebuild.
//!
//! Promises: 1. cloning is cheap, because one failure is handed to every waiter; 2. a builder's own error is kept
//! untouched as [`Error::source`] and can be taken back by type. Refuses: error codes, and kinds that nobody would
//! handle differently.

use std::fmt;
use std::sync::Arc;

/// What the caller should do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Change the call, the annotation or `heirloom.toml`: it can never work as it stands.
    Invalid,
    /// The builder failed; its own error is the [`source`](std::error::Error::source), untouched.
    Build,
    /// The store could not be reached, or a wait ran out; trying again may help.
    Unavailable,
}

/// A failure of a request or of a maintenance command.
///
/// ```
/// use heirloom_core::{Error, ErrorKind};
/// let error = Error::invalid("the factory name is empty; give it at least one letter");
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The call, the annotation or the settings must change; `message` is one full sentence with the way out.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message.into(), None)
    }

    /// The store could not be reached; trying again may help.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message.into(), None)
    }

    /// The builder's own failure, kept untouched. An [`Error`] of a nested request is passed on as it is.
    pub fn build(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        match source.into().downcast::<Self>() {
            Ok(nested) => *nested,
            Err(source) => Self::new(ErrorKind::Build, source.to_string(), Some(source)),
        }
    }

    /// Adds the error that lies beneath.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let source = source.into();
        let message = format!("{}: {source}", self.0.message);
        Self::new(self.0.kind, message, Some(source))
    }

    fn new(
        kind: ErrorKind,
        message: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Inner { kind, message, source }))
    }

    /// What the caller should do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The builder's own error, when it is of type `E`.
    ///
    /// ```
    /// use heirloom_core::Error;
    /// let parse = "x".parse::<u8>().unwrap_err();
    /// let error = Error::build(parse.clone());
    /// assert_eq!(error.build_error::<std::num::ParseIntError>(), Some(&parse));
    /// ```
    pub fn build_error<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref::<E>())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}
