//! What the engine's tests are written with: a house with a store, a clock and a project; makers that count.
//!
//! Promises: everything lies in one temporary folder; opening the house again is a new process as far as the store
//! can tell. Refuses: sleeping.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use heirloom_core::disk::EntryRow;
use heirloom_core::engine::{
    Engine, EngineOptions, Factory, Hooks, Mode, Notice, Recipe, Request, Served, resolve,
};
use heirloom_core::engine::{Explanation, State};
use heirloom_core::identity::key::Key;
use heirloom_core::identity::{Code, Fingerprint, Lifetime, Traits, VersionVector};
use heirloom_core::object::{Codec, CodecFault, Object, Origin, Payload};
use heirloom_core::settings::{Revalidate, Tiers, Verify};
use heirloom_core::testing::FakeClock;
use heirloom_core::trail::Reason;
use heirloom_core::{Error, Recorder, Result};

/// A store, a project, a clock, an environment, and what the engine told.
pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: FakeClock,
    pub(crate) variables: Arc<Mutex<BTreeMap<String, OsString>>>,
    pub(crate) told: Arc<Mutex<Vec<Notice>>>,
    /// How often the codec opened and sealed, over all makers of this house.
    pub(crate) opened: Arc<AtomicUsize>,
    pub(crate) sealed: Arc<AtomicUsize>,
}

/// Builds the value of a key.
pub(crate) type Build = Arc<dyn Fn(&Recorder, &str) -> Result<Vec<u8>> + Send + Sync>;

/// A factory with its builder, counting its runs.
#[derive(Clone)]
pub(crate) struct Maker {
    pub(crate) engine: Arc<Engine>,
    pub(crate) factory: Arc<Factory>,
    pub(crate) runs: Arc<AtomicUsize>,
    pub(crate) build: Build,
}

/// What a request came to.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) built: bool,
    pub(crate) served: Served,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        Self {
            folder,
            clock: FakeClock::default(),
            variables: Arc::default(),
            told: Arc::default(),
            opened: Arc::default(),
            sealed: Arc::default(),
        }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("project").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }

    pub(crate) fn options(&self) -> EngineOptions {
        let (variables, told) = (Arc::clone(&self.variables), Arc::clone(&self.told));
        EngineOptions {
            folder: Some(self.store()),
            project: Some(self.folder.path().join("project")),
            origin: Origin { host: "host".into(), pid: std::process::id(), program: "test".into() },
            hooks: Hooks {
                clock: Arc::new(self.clock.clone()),
                variables: Arc::new(move |name| variables.lock().unwrap().get(name).cloned()),
                notify: Arc::new(move |notice| told.lock().unwrap().push(notice.clone())),
                ..Hooks::default()
            },
            ..EngineOptions::default()
        }
    }

    /// A new process, as far as the store can tell.
    pub(crate) fn open(&self) -> Arc<Engine> {
        Engine::open(self.options()).unwrap()
    }

    pub(crate) fn recipe(&self, name: &str) -> Recipe {
        Recipe {
            name: name.into(),
            fingerprint: Fingerprint {
                versions: VersionVector::default(),
                code: Code::manual(),
                schema: 1,
                codec: "bytes/1".into(),
                value_type: "Vec<u8>".into(),
                shape: None,
            },
            codec: Some(Arc::new(Bytes { opened: self.opened.clone(), sealed: self.sealed.clone() })),
            traits: None,
            lifetime: Lifetime::FOREVER,
            tiers: Tiers { memory: true, disk: true },
            verify: Verify::Auto,
            revalidate: Revalidate::Process,
            project: None,
            declared: Vec::new(),
            migrations: Vec::new(),
            texts: None,
            pinned: false,
            record_trace: None,
            off: None,
        }
    }

    /// A maker whose value is its key.
    #[expect(clippy::unused_self, reason = "reads as the other makers of a house do")]
    pub(crate) fn maker(&self, engine: &Arc<Engine>, recipe: Recipe) -> Maker {
        Maker::new(engine, recipe, |_, key| Ok(key.as_bytes().to_vec()))
    }

    /// A maker of `tables` in a new process.
    pub(crate) fn tables(&self) -> Maker {
        self.maker(&self.open(), self.recipe("tables"))
    }

    /// A maker of `tables` in a new process, at this version.
    pub(crate) fn tables_at(&self, versions: &[(&str, u64)]) -> Maker {
        let mut recipe = self.recipe("tables");
        recipe.fingerprint.versions = versions.iter().copied().collect();
        self.maker(&self.open(), recipe)
    }

    /// The faults that were told, in order.
    pub(crate) fn faults(&self) -> Vec<Reason> {
        let told = self.told.lock().unwrap();
        let fault = |notice: &Notice| match notice {
            Notice::Fault { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        told.iter().filter_map(fault).collect()
    }

    pub(crate) fn opens(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    /// Every file below a folder of the store.
    pub(crate) fn files(&self, below: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.store().join("v1").join(below)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}

impl Maker {
    pub(crate) fn new(
        engine: &Arc<Engine>,
        recipe: Recipe,
        build: impl Fn(&Recorder, &str) -> Result<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let factory = engine.register(recipe).unwrap();
        Self { engine: Arc::clone(engine), factory, runs: Arc::default(), build: Arc::new(build) }
    }

    pub(crate) fn request(&self, key: &str) -> Request {
        Request::get(&self.factory, Key::of(self.factory.name(), key).unwrap())
    }

    pub(crate) fn ask(&self, request: &Request) -> Result<Got> {
        let mut built = false;
        let key = request.key.shown();
        let key = key.trim_matches('"');
        let served = resolve(&self.engine, request, &mut |recorder| {
            built = true;
            self.runs.fetch_add(1, Ordering::SeqCst);
            (self.build)(recorder, key).map(|bytes| Object::new(Arc::new(bytes), 0))
        })?;
        Ok(Got { built, served })
    }

    pub(crate) fn get(&self, key: &str) -> Got {
        self.ask(&self.request(key)).unwrap()
    }

    pub(crate) fn with(&self, key: &str, mode: Mode) -> Got {
        self.ask(&Request { mode, ..self.request(key) }).unwrap()
    }

    pub(crate) fn expecting(&self, key: &str, columns: &[&str]) -> Result<Got> {
        let expect = Traits::new().with("columns", columns.iter().copied());
        self.ask(&Request { expect: Some(Arc::new(expect)), ..self.request(key) })
    }

    pub(crate) fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    pub(crate) fn state(&self, key: &str) -> State {
        self.engine.state(&self.request(key))
    }

    pub(crate) fn explain(&self, key: &str) -> Explanation {
        self.engine.explain(&self.request(key))
    }

    pub(crate) fn entries(&self) -> Vec<EntryRow> {
        self.engine.entries(None).unwrap()
    }

    /// Lets go of live objects, so that the disk is asked next.
    pub(crate) fn forget_memory(&self) {
        self.engine.let_go_of_memory(&self.factory);
    }
}

impl Got {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.served.object.open::<Vec<u8>>().unwrap().to_vec()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    pub(crate) fn why(&self) -> String {
        self.served.trail.why().map(ToString::to_string).unwrap_or_default()
    }
}

/// Frames of bytes, as they are.
pub(crate) struct Bytes {
    pub(crate) opened: Arc<AtomicUsize>,
    pub(crate) sealed: Arc<AtomicUsize>,
}

impl Codec for Bytes {
    fn name(&self) -> &'static str {
        "bytes/1"
    }

    fn seal(&self, object: &Object) -> std::result::Result<Payload, CodecFault> {
        self.sealed.fetch_add(1, Ordering::SeqCst);
        Ok(Payload::single(object.open::<Vec<u8>>().ok_or("not bytes")?.to_vec()))
    }

    fn open(&self, payload: &Payload) -> std::result::Result<Object, CodecFault> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let [frame] = payload.frames() else { return Err("not one frame".into()) };
        Ok(Object::new(Arc::new(frame.to_vec()), 0))
    }
}

/// A builder's own failure.
pub(crate) fn failure(words: &str) -> Error {
    Error::build(std::io::Error::other(words.to_owned()))
}

/// Asserts that a request was answered without building; gives back what it got.
macro_rules! hit {
    ($got:expr) => {{
        let got = $got;
        assert!(!got.built, "built, because:\n{}", got.served.trail);
        got
    }};
    ($got:expr; $tier:ident) => {{
        let got = hit!($got);
        assert_eq!(got.served.tier, heirloom_core::trail::Tier::$tier, "{}", got.served.trail);
        got
    }};
}

/// Asserts that a request was answered by building, for a reason of this shape; gives back what it got.
macro_rules! miss {
    ($got:expr; $($reason:tt)+) => {{
        let got = $got;
        assert!(got.built, "handed down from {:?}:\n{}", got.served.tier, got.served.trail);
        let why = got.served.trail.why();
        assert!(matches!(why, Some($($reason)+)), "another reason:\n{}", got.served.trail);
        got
    }};
}

pub(crate) use {hit, miss};
