//! Opens a store with what the caller chooses; everything has a default.
//!
//! Promises: what is set here goes before `heirloom.toml`. Refuses: reading `heirloom.toml` twice.

use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;
use std::time::Duration;

use heirloom_core::engine::{EngineOptions, Hooks, Notice};
use heirloom_core::settings::Settings;
use heirloom_core::trust::MacKey;
use heirloom_core::{Clock, Error, Result, SystemClock};

use crate::store::Store;
use crate::surroundings;

/// What a store is opened with.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let store = heirloom::Store::builder()
///     .folder(folder.path())
///     .memory(2 << 30)                 // bytes
///     .disk(50 << 30)                  // bytes
///     .on_notice(|notice| eprintln!("{notice:?}"))
///     .open()?;
/// # Ok::<(), heirloom::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct StoreBuilder {
    folder: Option<PathBuf>,
    in_memory: bool,
    memory: Option<u64>,
    disk: Option<u64>,
    project: Option<PathBuf>,
    patience: Option<Duration>,
    key: Option<MacKey>,
    settings: Option<Settings>,
    clock: Option<Arc<dyn Clock>>,
    #[expect(clippy::type_complexity, reason = "a plain function behind a pointer")]
    notice: Option<Arc<dyn Fn(&Notice) + Send + Sync>>,
}

/// The memory budget where nobody set one.
const MEMORY: u64 = 1 << 30;

impl StoreBuilder {
    /// The folder of the store; made where there is none.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// No folder: objects live in memory only.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// The byte budget of all live objects; 1 GiB where nobody sets one.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// The byte budget of the folder; without one it grows until `heirloom gc` is run.
    #[must_use]
    pub fn disk(mut self, bytes: u64) -> Self {
        self.disk = Some(bytes);
        self
    }

    /// The folder that paths of inputs are stored relative to, so that a clone of it elsewhere still hits.
    #[must_use]
    pub fn project(mut self, folder: impl Into<PathBuf>) -> Self {
        self.project = Some(folder.into());
        self
    }

    /// How long to wait for another process's build before building too; without one, for as long as it lives.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = Some(time);
        self
    }

    /// Signs every entry that is kept, and serves none from disk that does not carry this key's MAC.
    ///
    /// Without a key a store guards against damage, not against somebody who can write to it; no stored byte is ever
    /// run, with or without one.
    #[must_use]
    pub fn key(mut self, key: MacKey) -> Self {
        self.key = Some(key);
        self
    }

    /// The settings of a `heirloom.toml`, in place of the one nearest to the folder.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// The clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Is told of faults and waits, in place of standard error.
    #[must_use]
    pub fn on_notice(mut self, notice: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.notice = Some(Arc::new(notice));
        self
    }

    /// Opens the store.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a folder that is a file or a store of a newer format,
    /// and for a malformed `heirloom.toml`; [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the file
    /// system says no.
    pub fn open(self) -> Result<Store> {
        let folder = self.folder.as_deref().map(full).transpose()?;
        let settings = match (self.settings, &folder) {
            (Some(settings), _) => settings,
            (None, Some(folder)) => nearest(folder)?,
            (None, None) => Settings::default(),
        };
        let root = Some(settings.root().to_owned()).filter(|root| !root.as_os_str().is_empty());
        let set = || settings.store().map(Path::to_owned);
        let beside = || root.as_ref().map(|root| root.join(".heirloom"));
        let folder = if self.in_memory { None } else { folder.or_else(set).or_else(beside) };
        let project = self.project.or_else(|| root.clone()).or_else(|| {
            let parent = folder.as_deref().and_then(Path::parent);
            parent.map(Path::to_owned)
        });
        let options = EngineOptions {
            memory_bytes: self.memory.or_else(|| settings.memory()).unwrap_or(MEMORY),
            folder,
            disk_bytes: self.disk.or_else(|| settings.disk()),
            project: project.as_deref().map(full).transpose()?,
            patience: self.patience,
            key: self.key,
            lenient: false,
            origin: surroundings::origin(),
            hooks: Hooks {
                clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
                variables: Arc::new(surroundings::variable),
                notify: self.notice.unwrap_or_else(|| Arc::new(surroundings::tell)),
                ..Hooks::default()
            },
        };
        Store::with(options, settings)
    }
}

fn nearest(folder: &Path) -> Result<Settings> {
    let start = folder.parent().unwrap_or(folder);
    Settings::find(start).map_or_else(|| Ok(Settings::default()), |file| Settings::read(&file))
}

fn full(path: &Path) -> Result<PathBuf> {
    absolute(path).map_err(|fault| Error::invalid(format!("the path {}: {fault}", path.display())))
}
