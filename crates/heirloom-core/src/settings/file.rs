//! `heirloom.toml` as a whole: found, read, and asked by name.
//!
//! The top of reading. Promises: 1. nothing is half read: the first mistake refuses the whole file, with its place;
//! 2. [`Settings::default`] is the empty file. Refuses: defaults, environment variables, and any directory that
//! the caller did not pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::cache::CacheSettings;
use super::choice::Verify;
use super::entry::Entry;
use super::place::Place;
use crate::identity::VersionVector;
use crate::{Error, Result};

const KNOWN: [&str; 8] = ["store", "key", "memory", "disk", "verify", "enabled", "versions", "cache"];

/// The name under which `[cache."*"]` holds for every factory.
const EVERY: &str = "*";

/// What one `heirloom.toml` sets; `None` is "not set".
///
/// ```
/// use heirloom_core::settings::Settings;
/// use std::path::Path;
/// let text = r#"
/// memory = "4 GiB"
/// [versions.tables]
/// dev1 = 3
/// [cache."*"]
/// ttl = "1h"
/// "#;
/// let settings = Settings::parse(text, Path::new("/project/heirloom.toml"))?;
/// assert_eq!(settings.memory(), Some(4 << 30));
/// assert_eq!(settings.versions("tables").to_string(), "{dev1: 3}");
/// assert_eq!(settings.cache("tables").ttl.map(|ttl| ttl.as_secs()), Some(3_600));
/// # Ok::<(), heirloom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    root: PathBuf,
    store: Option<PathBuf>,
    key: Option<String>,
    memory: Option<u64>,
    disk: Option<u64>,
    verify: Option<Verify>,
    enabled: Option<bool>,
    versions: BTreeMap<String, VersionVector>,
    caches: BTreeMap<String, CacheSettings>,
}

impl Settings {
    /// Reads settings from `text`; `origin` is the file it came from, for errors and for relative paths.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid), with file, line, column and the way out.
    pub fn parse(text: &str, origin: &Path) -> Result<Self> {
        let place = Place { origin, text };
        let document = place.document()?;
        let root = origin.parent().unwrap_or(origin).to_owned();
        let mut settings = Self { root, ..Self::default() };
        for entry in Entry::all(place, document.as_table(), "") {
            match entry.name {
                "store" => settings.store = Some(settings.root.join(store(&entry)?)),
                "key" => settings.key = Some(key(&entry)?),
                "memory" => settings.memory = Some(entry.size()?),
                "disk" => settings.disk = Some(entry.size()?),
                "verify" => settings.verify = Some(entry.word("auto")?),
                "enabled" => settings.enabled = Some(entry.flag()?),
                "versions" => {
                    for factory in entry.entries("versions")? {
                        settings.versions.insert(factory.name.to_owned(), versions(&factory)?);
                    }
                }
                "cache" => {
                    for factory in entry.entries("cache")? {
                        check_named(factory.name).map_err(|error| factory.refuse_key(error))?;
                        settings.caches.insert(factory.name.to_owned(), CacheSettings::read(&factory)?);
                    }
                }
                _ => return Err(entry.unknown("a setting", &KNOWN)),
            }
        }
        Ok(settings)
    }

    /// Reads the file at `path`; give an absolute path if [`store`](Self::store) shall be one.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when it cannot be read, [`Invalid`](crate::ErrorKind::Invalid)
    /// as [`parse`](Self::parse).
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| {
            Error::unavailable(format!("{} cannot be read", path.display())).because(error)
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            Error::invalid(format!("{} is not UTF-8; save it as UTF-8 text", path.display())).because(error)
        })?;
        Self::parse(&text, path)
    }

    /// The nearest `heirloom.toml`, from the directory `start` upwards; give an absolute one to reach the root.
    pub fn find(start: &Path) -> Option<PathBuf> {
        start.ancestors().map(|folder| folder.join("heirloom.toml")).find(|path| path.is_file())
    }

    /// The folder of the file.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the store stands: absolute when [`root`](Self::root) is.
    pub fn store(&self) -> Option<&Path> {
        self.store.as_deref()
    }

    /// The name of the key that entries are signed with, when it is not the user's own.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The byte budget of the memory tier, for all factories together.
    pub fn memory(&self) -> Option<u64> {
        self.memory
    }

    /// The byte budget of the store that collection keeps to.
    pub fn disk(&self) -> Option<u64> {
        self.disk
    }

    /// Whether blobs are verified when they are opened, where a factory does not say.
    pub fn verify(&self) -> Option<Verify> {
        self.verify
    }

    /// `false` switches the whole cache off.
    pub fn enabled(&self) -> Option<bool> {
        self.enabled
    }

    /// What is set for `factory`: its own table over `[cache."*"]`.
    pub fn cache(&self, factory: &str) -> CacheSettings {
        let own = self.caches.get(factory).cloned().unwrap_or_default();
        match self.caches.get(EVERY) {
            Some(every) => own.over(every),
            None => own,
        }
    }

    /// The version counters of `factory`; empty when there are none.
    pub fn versions(&self, factory: &str) -> VersionVector {
        self.versions.get(factory).cloned().unwrap_or_default()
    }

    /// Sets one counter, as a bump of the text must.
    pub(super) fn set_counter(&mut self, factory: &str, developer: &str, count: u64) {
        self.versions.entry(factory.to_owned()).or_default().set(developer, count);
    }

    /// The names of all factories the file mentions, sorted, without `*`.
    pub fn factories(&self) -> BTreeSet<&str> {
        let names = self.versions.keys().chain(self.caches.keys());
        names.map(String::as_str).filter(|name| *name != EVERY).collect()
    }
}

fn store<'a>(entry: &Entry<'a>) -> Result<&'a str> {
    let path = entry.text("a path in quotes such as \".heirloom\"")?;
    if path.is_empty() {
        return Err(entry.refuse("`store` is empty; write a path such as \".heirloom\""));
    }
    if path.starts_with('~') {
        let remedy = "write it relative to the folder of this file, or absolute";
        return Err(entry.refuse(format_args!("`~` is not expanded in `store`; {remedy}")));
    }
    Ok(path)
}

/// A name, not a path: settings that came with a project must not choose a key that came with it.
fn key(entry: &Entry<'_>) -> Result<String> {
    let name = entry.text("a name in quotes such as \"team\"")?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(entry.refuse(format_args!(
            "`{}` is not a key's name; use 1 to 64 letters, digits, `-` or `_`, such as \"team\"",
            name.escape_debug()
        )));
    }
    Ok(name.to_owned())
}

fn versions(factory: &Entry<'_>) -> Result<VersionVector> {
    check_counted(factory.name).map_err(|error| factory.refuse_key(error))?;
    let counters = factory.entries(&format!("versions.{}", factory.name))?;
    if counters.is_empty() {
        // A merge with `merge=union` can take the counters of one table for those of another.
        let remedy = "delete its line, or bring back the counters that a merge dropped";
        return Err(factory.refuse_key(format_args!("`versions.{}` has no counters; {remedy}", factory.name)));
    }
    let mut vector = VersionVector::default();
    for counter in counters {
        check_developer(counter.name).map_err(|error| counter.refuse_key(error))?;
        vector.set(counter.name, counter.counter()?);
    }
    Ok(vector)
}

fn check_named(factory: &str) -> Result<()> {
    if factory.is_empty() {
        return Err(Error::invalid("the factory name is empty; give it at least one letter"));
    }
    Ok(())
}

/// Refuses a factory that cannot have counters: one without a name, and `*`.
pub(super) fn check_counted(factory: &str) -> Result<()> {
    check_named(factory)?;
    if factory == EVERY {
        let remedy = "write its name in place of `*`, as in [versions.tables]";
        return Err(Error::invalid(format!("counters belong to one factory; {remedy}")));
    }
    Ok(())
}

/// Refuses a developer's name that is empty, longer than 64 letters, or holds anything but letters, digits, `-`,
/// `_`, `.` and `@`.
pub(super) fn check_developer(name: &str) -> Result<()> {
    let fits = |letter: char| letter.is_alphanumeric() || "-_.@".contains(letter);
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(fits) {
        return Err(Error::invalid(format!(
            "`{}` is not a developer's name; use 1 to 64 letters, digits, `-`, `_`, `.` or `@`, such as jane.doe",
            name.escape_debug()
        )));
    }
    Ok(())
}
