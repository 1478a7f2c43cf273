//! A project in a folder of its own, a clock and an environment that tests turn, and one line to check an input.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use heirloom_core::identity::Dependency;
use heirloom_core::inputs::{Ambient, Checked, CodeCheck, Memo, Site, Variables, check};
use heirloom_core::{Clock, Recorder, SystemClock, Timestamp};
use tempfile::TempDir;

/// The system's clock, moved forward.
#[derive(Default)]
pub(crate) struct Turned(AtomicU64);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(Duration::from_secs(self.0.load(Ordering::SeqCst)))
    }
}

pub(crate) struct Workshop {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<Turned>,
    pub(crate) environment: Arc<Mutex<HashMap<String, OsString>>>,
    pub(crate) ambient: Ambient,
    memo: Memo,
    variables: Variables,
    code: CodeCheck,
}

impl Workshop {
    /// A project in which every file is old enough for its time stamp to be trusted.
    pub(crate) fn new() -> Self {
        let environment = Arc::<Mutex<HashMap<String, OsString>>>::default();
        let asked = Arc::clone(&environment);
        let variables: Variables = Arc::new(move |name| asked.lock().unwrap().get(name).cloned());
        let asked = Arc::clone(&environment);
        let code: CodeCheck = Arc::new(move |name, state| match asked.lock().unwrap().get(name) {
            Some(now) if now.to_str() == Some(state) => None,
            now => Some(format!("is {now:?} now")),
        });
        let ambient: Ambient = Arc::new(|_| None);
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::default());
        let workshop = Self { folder, clock, environment, ambient, memo: Memo::default(), variables, code };
        workshop.later(3600);
        workshop
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The clock as it really is: what was just written is young.
    pub(crate) fn right_now(&self) {
        self.clock.0.store(0, Ordering::SeqCst);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn recorder(&self) -> Recorder {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Recorder::new(Some(self.folder.path().to_owned()), Arc::clone(&self.variables), clock)
    }

    /// What a builder recorded.
    pub(crate) fn recorded<T>(&self, build: impl FnOnce(&Recorder) -> T) -> Vec<Dependency> {
        let recorder = self.recorder();
        build(&recorder);
        recorder.recorded()
    }

    pub(crate) fn check(&self, dependency: &Dependency) -> Checked {
        self.check_in(self.folder.path(), dependency)
    }

    pub(crate) fn check_in(&self, project: &Path, dependency: &Dependency) -> Checked {
        let (variables, ambient, code) = (&self.variables, &self.ambient, &self.code);
        check(
            dependency,
            &Site {
                project: Some(project),
                variables,
                ambient,
                code,
                memo: &self.memo,
                now: self.clock.now(),
            },
        )
    }

    pub(crate) fn holds(&self, recorded: &[Dependency]) -> bool {
        recorded.iter().all(|dependency| self.check(dependency) == Checked::Holds)
    }

    /// The one input that changed, in words.
    pub(crate) fn change(&self, recorded: &[Dependency]) -> String {
        let mut changes = recorded.iter().filter_map(|dependency| match self.check(dependency) {
            Checked::Changed(now) => Some(format!("{dependency} {now}")),
            Checked::Holds | Checked::Touched(_) => None,
        });
        let change = changes.next().expect("nothing changed");
        assert_eq!(changes.next(), None);
        change
    }
}

/// Writes a file anew, as large as before, and sets its time back.
pub(crate) fn rewrite_in_secret(path: &Path, text: &str) {
    let metadata = fs::metadata(path).unwrap();
    assert_eq!(metadata.len(), text.len() as u64);
    fs::write(path, text).unwrap();
    set_time(path, metadata.modified().unwrap());
    assert_eq!(fs::metadata(path).unwrap().modified().unwrap(), metadata.modified().unwrap());
}

pub(crate) fn set_time(path: &Path, modified: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(modified)).unwrap();
}
