//! What is said of a setting that cannot work.
//!
//! Promises: one sentence, with the setting and what to write instead. Refuses: errors at run time; a cache whose
//! settings were accepted has none.

use std::fmt;

/// A setting that cannot work; the message says which, and what to write instead.
///
/// ```
/// let error = heirloom_reuse::Cache::<u32, u32>::new(0).unwrap_err();
/// assert_eq!(error.to_string(), "`max_entries` is 0, so nothing could ever be kept; give at least 1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting(String);

impl InvalidSetting {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSetting {}
