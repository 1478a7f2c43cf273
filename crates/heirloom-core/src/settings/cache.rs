//! One `[cache.NAME]`: what is set for a factory by its name, without touching code.
//!
//! A part of [`Settings`](super::Settings). Promises: every field is `None` unless the file sets it, so that a
//! merge over `[cache."*"]` is field by field. Refuses: defaults, which are the store's to decide.

use std::time::Duration;

use super::choice::{CodeLevel, Revalidate, Verify};
use super::entry::Entry;
use super::place::unknown;
use crate::Result;

const KNOWN: [&str; 11] = [
    "tiers",
    "epoch",
    "ttl",
    "verify",
    "code",
    "revalidate",
    "files",
    "enabled",
    "disk",
    "pin",
    "record_trace",
];

/// The tiers a factory's objects may be kept in; with none the factory always builds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tiers {
    /// Kept alive in the process.
    pub memory: bool,
    /// Kept in the store.
    pub disk: bool,
}

impl Tiers {
    /// Whether nothing is kept anywhere: every request is a bypass.
    pub fn is_empty(self) -> bool {
        !self.memory && !self.disk
    }
}

/// What `heirloom.toml` sets for one factory; `None` is "not set".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheSettings {
    /// Where objects are kept.
    pub tiers: Option<Tiers>,
    /// The period after which the version advances by itself; longer than zero.
    pub epoch: Option<Duration>,
    /// The age from which an object is built anew; longer than zero.
    pub ttl: Option<Duration>,
    /// Whether a blob's digest is checked when it is opened.
    pub verify: Option<Verify>,
    /// How much of the builder's code counts as its version.
    pub code: Option<CodeLevel>,
    /// When an object in memory is checked again.
    pub revalidate: Option<Revalidate>,
    /// Declared dependencies: paths or patterns, as written, relative to [`root`](super::Settings::root).
    pub files: Option<Vec<String>>,
    /// `false` switches the cache off for this factory.
    pub enabled: Option<bool>,
    /// The bytes on disk that collection keeps this factory to.
    pub disk: Option<u64>,
    /// `true` exempts the entries from collection.
    pub pin: Option<bool>,
    /// The file that every call is written to, for `heirloom advise`, as written, relative to
    /// [`root`](super::Settings::root).
    pub record_trace: Option<String>,
}

impl CacheSettings {
    /// These settings, and for every field that is not set the one of `base`.
    ///
    /// ```
    /// use heirloom_core::settings::CacheSettings;
    /// let base = CacheSettings { pin: Some(true), disk: Some(10), ..Default::default() };
    /// let own = CacheSettings { pin: Some(false), ..Default::default() };
    /// assert_eq!(own.over(&base), CacheSettings { pin: Some(false), disk: Some(10), ..Default::default() });
    /// ```
    #[must_use]
    pub fn over(self, base: &Self) -> Self {
        Self {
            tiers: self.tiers.or(base.tiers),
            epoch: self.epoch.or(base.epoch),
            ttl: self.ttl.or(base.ttl),
            verify: self.verify.or(base.verify),
            code: self.code.or(base.code),
            revalidate: self.revalidate.or(base.revalidate),
            files: self.files.or_else(|| base.files.clone()),
            enabled: self.enabled.or(base.enabled),
            disk: self.disk.or(base.disk),
            pin: self.pin.or(base.pin),
            record_trace: self.record_trace.or_else(|| base.record_trace.clone()),
        }
    }

    /// Reads the table of the factory `entry` is named after.
    pub(super) fn read(entry: &Entry<'_>) -> Result<Self> {
        let mut cache = Self::default();
        for entry in entry.entries(&format!("cache.{}", entry.name))? {
            match entry.name {
                "tiers" => cache.tiers = Some(tiers(&entry)?),
                "epoch" => cache.epoch = Some(entry.duration()?),
                "ttl" => cache.ttl = Some(entry.duration()?),
                "verify" => cache.verify = Some(entry.word("auto")?),
                "code" => cache.code = Some(entry.word("function")?),
                "revalidate" => cache.revalidate = Some(entry.word("process")?),
                "files" => {
                    let files = entry.texts("[\"data/*.csv\"]")?;
                    cache.files = Some(files.iter().map(|file| file.text.to_owned()).collect());
                }
                "enabled" => cache.enabled = Some(entry.flag()?),
                "disk" => cache.disk = Some(entry.size()?),
                "pin" => cache.pin = Some(entry.flag()?),
                "record_trace" => {
                    cache.record_trace = Some(entry.text("a path such as \"calls.csv\"")?.to_owned());
                }
                _ => return Err(entry.unknown("a setting of a cache", &KNOWN)),
            }
        }
        Ok(cache)
    }
}

fn tiers(entry: &Entry<'_>) -> Result<Tiers> {
    let mut tiers = Tiers::default();
    for tier in entry.texts("[\"memory\", \"disk\"]")? {
        match tier.text {
            "memory" => tiers.memory = true,
            "disk" => tiers.disk = true,
            other => return Err(entry.refuse_element(&tier, unknown(other, "a tier", &["memory", "disk"]))),
        }
    }
    Ok(tiers)
}
