//! What many tests stand on: a folder with a store, a clock that is turned by hand, a counter of builds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use heirloom::{Clock, Store, StoreBuilder, Timestamp};
use tempfile::TempDir;

/// A liveness bound: generous, so that only a hang breaks it.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// A project's folder; each `open` is a new process as far as the engine can tell.
pub(crate) struct Ground(TempDir);

impl Ground {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn builder(&self) -> StoreBuilder {
        Store::builder().folder(self.path(".heirloom"))
    }

    pub(crate) fn open(&self) -> Store {
        self.builder().open().unwrap()
    }
}

/// Counts builds.
#[derive(Clone, Default)]
pub(crate) struct Builds(Arc<AtomicUsize>);

impl Builds {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn so_far(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A clock that stands still until it is turned.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicU64>);

impl Hands {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_000_000_000)))
    }

    pub(crate) fn turn(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// Runs `work` on a thread of its own and panics when it hangs.
pub(crate) fn alive<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || tell.send(work()).unwrap());
    match told.recv_timeout(LONG) {
        Ok(value) => value,
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().unwrap_err())
        }
    }
}
