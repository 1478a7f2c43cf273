//! Where the store and the settings are.
//!
//! Promises: 1. one order, told in `--help`: `--store`, `HEIRLOOM_STORE`, the nearest `heirloom.toml`, the user's
//! cache directory; 2. nothing here makes a store. Two variables say where the cache directory is, so they are read
//! here rather than through a crate that reads the process's environment behind the tests' back.
//! Refuses: reading the variables that belong to the program that builds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use heirloom_core::disk::Layout;
use heirloom_core::engine::{Engine, EngineOptions, Hooks, Notice};
use heirloom_core::settings::Settings;
use heirloom_core::trust::{self, MacKey};

use crate::arguments::Global;
use crate::stop::Stop;
use crate::surroundings::Surroundings;

/// The settings that hold here, and the store that they lead to.
pub(crate) struct Project {
    /// The settings; empty without a file.
    pub(crate) settings: Settings,
    /// Their file.
    pub(crate) file: Option<PathBuf>,
    /// The store's folder.
    pub(crate) store: PathBuf,
    /// What named the store.
    named_by: String,
}

impl Project {
    /// Looks for settings and store.
    pub(crate) fn find(global: &Global, surroundings: &Surroundings) -> Result<Self, Stop> {
        let file = settings_file(global, surroundings);
        let settings = match &file {
            Some(path) if global.config.is_some() && !path.is_file() => {
                return Err(Stop::invalid(format_args!("{} is not a file (--config)", path.display())));
            }
            Some(path) => Settings::read(path)?,
            None => Settings::default(),
        };
        let (store, named_by) = store(global, surroundings, &settings, file.as_deref())?;
        Ok(Self { settings, file, store, named_by })
    }

    /// Opens the store that is there.
    pub(crate) fn open(&self, surroundings: &Surroundings) -> Result<(Arc<Engine>, Vec<String>), Stop> {
        self.check_there()?;
        let notes = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&notes);
        let notify = move |notice: &Notice| {
            if let Notice::Network { kind } = notice {
                let sentence =
                    format!("the store lies on a network file system ({kind}); it works, but slower");
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(sentence);
            }
        };
        let clock = Arc::clone(&surroundings.clock);
        let options = EngineOptions {
            memory_bytes: 0,
            folder: Some(self.store.clone()),
            key: self.key(surroundings),
            project: self.file.is_some().then(|| self.settings.root().to_owned()),
            hooks: Hooks { clock, notify: Arc::new(notify), ..Hooks::default() },
            ..EngineOptions::default()
        };
        // Whatever is wrong with it, a store that cannot be opened is unavailable.
        let engine = Engine::open(options).map_err(Stop::unavailable)?;
        let notes = std::mem::take(&mut *notes.lock().unwrap_or_else(PoisonError::into_inner));
        Ok((engine, notes))
    }

    /// The key that is used here, when there is a good one: vouches are signed with it. Nothing is opened here.
    fn key(&self, surroundings: &Surroundings) -> Option<MacKey> {
        let own = own_key(surroundings)?;
        let path = self.settings.key().map_or_else(|| own.clone(), |name| trust::named(&own, name));
        trust::read(&path).ok().flatten()
    }

    /// Whether a store stands there at all.
    pub(crate) fn has_store(&self) -> bool {
        Layout::new(&self.store).version().is_dir()
    }

    fn check_there(&self) -> Result<(), Stop> {
        let (folder, named_by) = (self.store.display(), &self.named_by);
        if self.has_store() {
            return Ok(());
        }
        if self.store.exists() && !self.store.is_dir() {
            return Err(Stop::unavailable(format_args!(
                "{folder} is a file, not the folder of a store ({named_by})"
            )));
        }
        if let Some(version) = newer_version(&self.store) {
            return Err(Stop::unavailable(format_args!(
                "the store at {folder} has the format {version}, this heirloom reads v1: upgrade heirloom"
            )));
        }
        Err(Stop::unavailable(format_args!(
            "there is no store at {folder} ({named_by}); run your program first, or give --store"
        )))
    }
}

/// Where this user's own key lies.
pub(crate) fn own_key(surroundings: &Surroundings) -> Option<PathBuf> {
    let set = |name| surroundings.set(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let beside = || set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    set("HEIRLOOM_KEY_FILE").or_else(|| beside().map(|configs| configs.join("heirloom").join("key")))
}

/// The file that settings are read from, and that a bump writes.
pub(crate) fn settings_file(global: &Global, surroundings: &Surroundings) -> Option<PathBuf> {
    match &global.config {
        Some(path) => Some(surroundings.folder.join(path)),
        None => Settings::find(&surroundings.folder),
    }
}

fn store(
    global: &Global,
    surroundings: &Surroundings,
    settings: &Settings,
    file: Option<&Path>,
) -> Result<(PathBuf, String), Stop> {
    let here = |path: PathBuf| surroundings.folder.join(path);
    if let Some(folder) = &global.store {
        return Ok((here(folder.clone()), "named by --store".into()));
    }
    if let Some(folder) = surroundings.set("HEIRLOOM_STORE") {
        return Ok((here(folder.into()), "named by HEIRLOOM_STORE".into()));
    }
    if let Some(file) = file {
        let named_by = format!("named by {}", file.display());
        return Ok(match settings.store() {
            Some(folder) => (folder.to_owned(), named_by),
            None => (settings.root().join(".heirloom"), format!("beside {}", file.display())),
        });
    }
    let set = |name| surroundings.set(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    match cache {
        Some(folder) => Ok((folder.join("heirloom"), "in the user's cache directory".into())),
        None => Err(Stop::invalid(
            "no store is named and there is no cache directory; give --store, or set HEIRLOOM_STORE or HOME",
        )),
    }
}

/// A folder `v2`, `v3`, … as a newer heirloom would make it.
fn newer_version(store: &Path) -> Option<String> {
    let entries = std::fs::read_dir(store).ok()?.filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let number = |name: &String| name.strip_prefix('v')?.parse::<u32>().ok().filter(|number| *number > 1);
    names.filter(|name| number(name).is_some()).max()
}
