//! A stage for the tests: a folder with a store that the engine made, a clock that stands still, and the program.
//!
//! Promises: no test sees the machine's environment, time or terminal. Refuses: opening a store any other way than
//! the engine does.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use heirloom_cli::{Surroundings, run_in};
use heirloom_core::engine::{Engine, EngineOptions, Factory, Hooks, Recipe, Request, resolve};
use heirloom_core::identity::key::Key;
use heirloom_core::identity::{Code, Fingerprint, Lifetime, Part, Traits};
use heirloom_core::object::{Codec, CodecFault, Object, Origin, Payload};
use heirloom_core::settings::{CodeLevel, Revalidate, Tiers, Verify};
use heirloom_core::{Clock, Digest, Error, Recorder, Timestamp};
use serde::Serialize;
use tempfile::TempDir;

/// 2026-11-21T08:15:00Z
pub(crate) const START: u64 = 1_795_248_900_000_000_000;
pub(crate) const HOUR: u64 = 3_600_000_000_000;

/// Keeps bytes as they are.
struct Plain;

impl Codec for Plain {
    fn name(&self) -> &'static str {
        "plain/1"
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        let bytes = object.open::<Vec<u8>>().ok_or("not bytes")?;
        Ok(Payload::single(Bytes::from(bytes.as_ref().clone())))
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        Ok(Object::new(Arc::new(payload.frames()[0].to_vec()), 0))
    }
}

/// A clock that the test turns.
pub(crate) struct Hands(pub(crate) AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// A folder, a clock and the program.
pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<Hands>,
    pub(crate) variables: Rc<RefCell<Vec<(String, OsString)>>>,
    pub(crate) answer: Option<fn() -> std::io::Result<String>>,
    pub(crate) terminal: Option<u16>,
}

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// How a factory of the stage is made.
pub(crate) struct Made<'a> {
    pub(crate) name: &'a str,
    pub(crate) counters: &'a [(&'a str, u64)],
    pub(crate) code: &'a str,
    pub(crate) lifetime: Lifetime,
}

impl<'a> Made<'a> {
    pub(crate) fn named(name: &'a str) -> Self {
        Self { name, counters: &[("anna", 3)], code: "load", lifetime: Lifetime::FOREVER }
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("heirloom-cli-").tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicU64::new(START)));
        Self { folder, clock, variables: Rc::default(), answer: None, terminal: None }
    }

    /// A stage with two factories and three objects: two small ones and one of 40 kB.
    pub(crate) fn furnished() -> Self {
        let stage = Self::new();
        stage.write("heirloom.toml", "[versions.tables]\nanna = 3 # the new parser\n");
        stage.build(&Made::named("tables"), &("flights.csv", 2013), &vec![7; 40_000]);
        stage.wait(HOUR);
        stage.build(&Made::named("tables"), &("weather.csv", 2014), b"small");
        stage.build(&Made { counters: &[], ..Made::named("meshes") }, &"cube", b"corners");
        stage.wait(HOUR);
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path(".heirloom")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn wait(&self, nanos: u64) {
        self.clock.0.fetch_add(nanos, Ordering::SeqCst);
    }

    pub(crate) fn engine(&self) -> Arc<Engine> {
        Engine::open(EngineOptions {
            folder: Some(self.store()),
            project: Some(self.folder.path().to_owned()),
            origin: Origin { host: "attic".into(), pid: 7, program: "trial".into() },
            hooks: Hooks { clock: Arc::clone(&self.clock) as Arc<dyn Clock>, ..Hooks::default() },
            ..EngineOptions::default()
        })
        .unwrap()
    }

    /// Builds one object, with a file and a network read among its inputs.
    pub(crate) fn build(&self, made: &Made<'_>, arguments: &impl Serialize, bytes: &[u8]) {
        let engine = self.engine();
        let factory = engine.register(recipe(made)).unwrap();
        self.request(&engine, &factory, arguments, bytes);
    }

    pub(crate) fn request(
        &self,
        engine: &Arc<Engine>,
        factory: &Arc<Factory>,
        arguments: &impl Serialize,
        bytes: &[u8],
    ) {
        self.write("input.csv", "a,b\n1,2\n");
        let key = Key::of(factory.name(), arguments).unwrap();
        let mut build = |recorder: &Recorder| {
            recorder.read(self.path("input.csv")).map_err(Error::build)?;
            recorder.unchecked("network", "https://example.org/rates");
            // Long enough to be worth a record file of its own.
            std::thread::sleep(std::time::Duration::from_millis(12));
            Ok(Object::new(Arc::new(bytes.to_vec()), 0))
        };
        resolve(engine, &Request::get(factory, key), &mut build).unwrap();
    }

    pub(crate) fn surroundings(&self) -> Surroundings {
        let variables = Rc::clone(&self.variables);
        let value = move |name: &str| {
            let variables = variables.borrow();
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        Surroundings {
            folder: self.folder.path().to_owned(),
            variable: Box::new(value),
            out_is_terminal: self.terminal.is_some(),
            err_is_terminal: false,
            columns: self.terminal,
            answer: self.answer,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
        }
    }

    pub(crate) fn set(&self, name: &str, value: impl Into<OsString>) {
        self.variables.borrow_mut().push((name.to_owned(), value.into()));
    }

    /// Runs the program in this process.
    pub(crate) fn run(&self, words: &[&str]) -> Answer {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let words = ["heirloom"].iter().chain(words).map(OsString::from);
        let code = run_in(words, &self.surroundings(), &mut out, &mut err);
        Answer { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }

    /// Runs it and expects it to be fine and silent beside its output.
    pub(crate) fn fine(&self, words: &[&str]) -> String {
        let answer = self.run(words);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{words:?} printed {}", answer.out);
        answer.out
    }

    /// Runs it with `--json` and reads the one document.
    pub(crate) fn document(&self, words: &[&str]) -> serde_json::Value {
        let words: Vec<&str> = ["--json"].iter().chain(words).copied().collect();
        let answer = self.run(&words);
        serde_json::from_str(&answer.out).unwrap_or_else(|fault| panic!("{words:?}: {fault}: {answer:?}"))
    }

    /// The real binary, in an environment of its own.
    pub(crate) fn binary(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
        command.current_dir(self.folder.path()).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path());
        command
    }

    /// The digest of the one entry whose name begins like this.
    pub(crate) fn entry(&self, name: &str) -> String {
        let listed = self.document(&["ls"]);
        let entries = listed["entries"].as_array().unwrap();
        let found: Vec<&str> = entries
            .iter()
            .filter(|entry| entry["name"].as_str().unwrap().starts_with(name))
            .map(|entry| entry["entry"].as_str().unwrap())
            .collect();
        assert_eq!(found.len(), 1, "{name}: {listed}");
        found[0].to_owned()
    }
}

pub(crate) fn recipe(made: &Made<'_>) -> Recipe {
    let part = Part { digest: Digest::of(made.code.as_bytes()), place: Some("src/etl.rs:12".into()) };
    let code = Code { level: CodeLevel::Function, parts: [("load".to_owned(), part)].into() };
    let text = made.code.to_owned();
    Recipe {
        name: made.name.into(),
        fingerprint: Fingerprint {
            versions: made.counters.iter().copied().collect(),
            code,
            schema: 1,
            codec: "plain/1".into(),
            value_type: "Vec<u8>".into(),
            shape: None,
        },
        codec: Some(Arc::new(Plain)),
        traits: Some(Box::new(|_| Traits::new().with("columns", ["carrier", "price"]))),
        lifetime: made.lifetime,
        tiers: Tiers { memory: true, disk: true },
        verify: Verify::Auto,
        revalidate: Revalidate::Process,
        project: None,
        declared: Vec::new(),
        migrations: Vec::new(),
        texts: Some(Box::new(move || [("load".to_owned(), text.clone())].into())),
        pinned: false,
        record_trace: None,
        off: None,
    }
}
