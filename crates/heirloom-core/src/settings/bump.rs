//! Raising a version counter in the text of `heirloom.toml`.
//!
//! The one thing that writes the file's text (the caller writes the file). Promises: 1. exactly one counter of one
//! factory changes, and it only rises; this is checked by reading the new text again before it is handed out;
//! 2. comments, order and formatting stay; 3. counters end up one blank line apart, so that two branches that each
//! raised one merge (`docs/guide/heirloom-toml.md` tells which changes merge and which do not).
//! Refuses: going backwards, because a version that was used before would find objects of that time.

use std::path::Path;

use super::file::{Settings, check_counted, check_developer};
use super::layout::with_counter;
use super::place::Place;
use crate::{Error, Result};

/// The largest number TOML can hold.
const HIGHEST: u64 = i64::MAX as u64;

/// A text of `heirloom.toml` in which one counter was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bumped {
    /// The whole new text.
    pub text: String,
    /// The counter before; 0 when there was none.
    pub old: u64,
    /// The counter now.
    pub new: u64,
}

/// Raises the counter of `developer` for `factory` by one, and to at least `at_least`.
///
/// Pass as `at_least` one more than the highest counter recorded elsewhere (in the store, say), so that two
/// checkouts of one developer do not give the same number to two versions; 0 if there is none.
///
/// ```
/// use heirloom_core::settings::bump;
/// use std::path::Path;
/// let text = "[versions.tables]\ndev1 = 3 # the new parser\n";
/// let bumped = bump(text, Path::new("heirloom.toml"), "tables", "dev2", 0)?;
/// assert_eq!(bumped.text, "[versions.tables]\ndev1 = 3 # the new parser\n\ndev2 = 1\n");
/// assert_eq!((bumped.old, bumped.new), (0, 1));
/// # Ok::<(), heirloom_core::Error>(())
/// ```
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) when the text, a name or the number cannot be accepted, or the counters
/// are not written one per line.
pub fn bump(text: &str, origin: &Path, factory: &str, developer: &str, at_least: u64) -> Result<Bumped> {
    let old = counter(text, origin, factory, developer)?;
    raised(text, origin, factory, developer, old, at_least.max(old.saturating_add(1)))
}

/// Sets the counter of `developer` for `factory` to `to`; the number it has already leaves the text as it is.
///
/// # Errors
/// As [`bump`], and when `to` is lower than the counter.
pub fn set(text: &str, origin: &Path, factory: &str, developer: &str, to: u64) -> Result<Bumped> {
    let old = counter(text, origin, factory, developer)?;
    if to < old {
        return Err(Error::invalid(format!(
            "the counter `{developer}` of `{factory}` stands at {old} and cannot go back to {to}; set {} or more",
            old.saturating_add(1)
        )));
    }
    if to == old {
        return Ok(Bumped { text: text.to_owned(), old, new: to });
    }
    raised(text, origin, factory, developer, old, to)
}

fn counter(text: &str, origin: &Path, factory: &str, developer: &str) -> Result<u64> {
    check_counted(factory)?;
    check_developer(developer)?;
    Ok(Settings::parse(text, origin)?.versions(factory).counter(developer))
}

fn raised(text: &str, origin: &Path, factory: &str, developer: &str, old: u64, new: u64) -> Result<Bumped> {
    if new > HIGHEST {
        return Err(Error::invalid(format!(
            "the counter `{developer}` of `{factory}` cannot be {new}; {HIGHEST} is the highest there is"
        )));
    }
    let mut expected = Settings::parse(text, origin)?;
    expected.set_counter(factory, developer, new);
    let written = with_counter(text, factory, developer, new);
    let read_back = |text: &String| Settings::parse(text, origin).is_ok_and(|settings| settings == expected);
    match written.filter(read_back) {
        Some(text) => Ok(Bumped { text, old, new }),
        None => Err(Place { origin, text }.refuse(
            None,
            format_args!(
                "the counters of `{factory}` cannot be raised here; write them one per line under [versions.{}]",
                toml_edit::Key::new(factory).display_repr()
            ),
        )),
    }
}
