//! The settings that are one word of a closed set: how to verify, what of the code counts, when to look again.
//!
//! Pure values, shared by `heirloom.toml`, the attribute's arguments and the store. Promises: each is written, shown
//! and serialised as the same lower-case word, and an unknown word is refused with the nearest known one.
//! Refuses: aliases; one word, one meaning.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::{parse_duration, written_duration};
use super::place::unknown;
use crate::{Error, Result};

/// Declares an enum whose variants are words, with the conversions between both.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)+ })
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(Error::invalid(unknown(other, $what, &[$($word),+]))),
                }
            }
        }
    };
}

words! {
    /// Whether the content digest of a blob is checked when it is opened.
    ///
    /// ```
    /// use heirloom_core::settings::Verify;
    /// assert_eq!("auto".parse::<Verify>()?, Verify::Auto);
    /// # Ok::<(), heirloom_core::Error>(())
    /// ```
    Verify, "a value of `verify`", {
        /// On every opening.
        Always = "always",
        /// Whenever the engine has a reason to doubt the blob.
        Auto = "auto",
        /// Never, because the disk is trusted.
        Never = "never",
    }
}

words! {
    /// How much of the builder's code counts as part of its version.
    ///
    /// ```
    /// use heirloom_core::settings::CodeLevel;
    /// assert_eq!("function".parse::<CodeLevel>()?.to_string(), "function");
    /// # Ok::<(), heirloom_core::Error>(())
    /// ```
    CodeLevel, "a level of `code`", {
        /// None of it: only counters and traits.
        Manual = "manual",
        /// The builder's own tokens, and those of the items it names.
        Function = "function",
        /// Everything the builder can reach.
        Closure = "closure",
        /// The source and data files listed as `files`.
        Files = "files",
        /// Every source file of the builder's crate.
        Crate = "crate",
        /// The executable as built.
        Binary = "binary",
    }
}

/// When an object in memory is checked again against its recorded dependencies.
///
/// ```
/// use heirloom_core::settings::Revalidate;
/// use std::time::Duration;
/// assert_eq!("5s".parse::<Revalidate>()?, Revalidate::After(Duration::from_secs(5)));
/// # Ok::<(), heirloom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Revalidate {
    /// Once per process: what was good when it was taken up stays good until the process ends.
    Process,
    /// At every request.
    Always,
    /// At the first request after this long; written in whole milliseconds, parts rounded up.
    After(Duration),
}

impl fmt::Display for Revalidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => f.write_str("process"),
            Self::Always => f.write_str("always"),
            Self::After(pause) => f.write_str(&written_duration(*pause)),
        }
    }
}

impl FromStr for Revalidate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "process" => Ok(Self::Process),
            "always" => Ok(Self::Always),
            number if number.starts_with(|first: char| first.is_ascii_digit()) => {
                match parse_duration(number)? {
                    Duration::ZERO => Err(Error::invalid(format!(
                        "`{text}` is no time at all; write \"always\" to look again at every request"
                    ))),
                    pause => Ok(Self::After(pause)),
                }
            }
            other => {
                let known = ["process", "always", "a duration such as \"5s\""];
                Err(Error::invalid(unknown(other, "a value of `revalidate`", &known)))
            }
        }
    }
}

impl Serialize for Revalidate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Revalidate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T>(word: &str, expected: &T)
    where
        T: FromStr<Err = Error> + fmt::Display + fmt::Debug + PartialEq + Serialize,
        T: for<'de> Deserialize<'de>,
    {
        assert_eq!(word.parse::<T>().expect("it is good"), *expected);
        assert_eq!(expected.to_string(), word);
        let written = serde_json::to_string(expected).expect("it is good");
        assert_eq!(written, format!("\"{word}\""));
        assert_eq!(serde_json::from_str::<T>(&written).expect("it is good"), *expected);
    }

    #[test]
    fn each_word_is_read_shown_and_serialised_alike() {
        check("always", &Verify::Always);
        check("auto", &Verify::Auto);
        check("never", &Verify::Never);
        check("manual", &CodeLevel::Manual);
        check("function", &CodeLevel::Function);
        check("closure", &CodeLevel::Closure);
        check("files", &CodeLevel::Files);
        check("crate", &CodeLevel::Crate);
        check("binary", &CodeLevel::Binary);
        check("process", &Revalidate::Process);
        check("always", &Revalidate::Always);
        check("1h 30m", &Revalidate::After(Duration::from_mins(90)));
    }
}
