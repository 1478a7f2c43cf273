//! Random requests against a plain model: the value is always the right one, and building happens exactly when the
//! model says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use heirloom_core::Clock;
use heirloom_core::engine::{GcFacts, Mode, Recipe};
use heirloom_core::identity::Traits;
use heirloom_core::settings::Revalidate;
use proptest::prelude::*;

use crate::house::{House, Maker};

const TTL: Duration = Duration::from_mins(10);
const KEYS: [&str; 3] = ["a", "b", "long"];

/// One thing that may happen.
#[derive(Clone, Debug)]
enum Step {
    Get(usize),
    Refresh(usize),
    Bypass(usize),
    /// Asks with an expectation that is met only from version 1 on.
    Expect(usize),
    Forget(usize),
    Clear,
    /// Collects what the present version dominates and what has expired.
    Collect,
    EvictMemory,
    Reopen,
    SwitchTo(u64),
    /// Writes one of three texts into the file that key `a` and key `long` read.
    Edit(u8),
    Advance(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..KEYS.len();
    let step = prop_oneof![
        8 => key().prop_map(Step::Get),
        2 => key().prop_map(Step::Refresh),
        1 => key().prop_map(Step::Bypass),
        2 => key().prop_map(Step::Expect),
        1 => key().prop_map(Step::Forget),
        1 => Just(Step::Clear),
        1 => Just(Step::Collect),
        2 => Just(Step::EvictMemory),
        2 => Just(Step::Reopen),
        2 => (0..3_u64).prop_map(Step::SwitchTo),
        2 => (0..3_u8).prop_map(Step::Edit),
        2 => (0..700_u64).prop_map(Step::Advance),
    ];
    prop::collection::vec(step, 1..40)
}

/// Which entry: key, version, and what the file said when it was built (if the key reads it).
type Entry = (usize, u64, Option<u8>);

/// What must be true, in as few words as possible.
#[derive(Default)]
struct Model {
    /// When each kept entry was built, in seconds.
    kept: BTreeMap<Entry, u64>,
    now: u64,
    version: u64,
    text: u8,
}

impl Model {
    fn entry(&self, key: usize) -> Entry {
        (key, self.version, (key != 1).then_some(self.text))
    }

    fn is_fresh(&self, built: u64) -> bool {
        self.now - built < TTL.as_secs()
    }

    /// Whether a request builds, with its entry kept afterwards.
    fn builds(&mut self, key: usize, must: bool) -> bool {
        let (entry, now) = (self.entry(key), self.now);
        let fresh = self.kept.get(&entry).is_some_and(|built| self.is_fresh(*built));
        if must || !fresh {
            self.kept.insert(entry, now);
            return true;
        }
        false
    }

    fn collect(&mut self) {
        let (now, version) = (self.now, self.version);
        self.kept.retain(|entry, built| entry.1 >= version && now - *built < TTL.as_secs());
    }
}

fn recipe(house: &House, version: u64) -> Recipe {
    let mut recipe = house.recipe("tables");
    recipe.fingerprint.versions = [("dev", version)].into_iter().collect();
    recipe.lifetime.ttl = Some(TTL);
    recipe.revalidate = Revalidate::Always;
    recipe.traits = Some(Box::new(move |_| {
        let columns: BTreeSet<String> = (0..=version).map(|at| format!("column{at}")).collect();
        Traits::new().with("columns", columns)
    }));
    recipe
}

fn value(key: usize, version: u64, text: Option<u8>) -> String {
    let long = if key == 2 { "x".repeat(50_000) } else { String::new() };
    format!("{}{long} by version {version} of {text:?}", KEYS[key])
}

fn maker(house: &House, engine: &std::sync::Arc<heirloom_core::engine::Engine>, version: u64) -> Maker {
    let file = house.file("input");
    Maker::new(engine, recipe(house, version), move |recorder, shown| {
        let key = KEYS.iter().position(|key| *key == shown).unwrap();
        let text = (key != 1).then(|| recorder.read(&file).unwrap()[0] - b'0');
        Ok(value(key, version, text).into_bytes())
    })
}

/// The engine and the model, side by side.
struct Play {
    house: House,
    model: Model,
    tables: Maker,
}

impl Play {
    fn new() -> Self {
        let house = House::new();
        house.write("input", "0");
        let tables = maker(&house, &house.open(), 0);
        Self { house, model: Model::default(), tables }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Get(key) => self.ask(*key, Mode::Get, false),
            Step::Refresh(key) => self.ask(*key, Mode::Refresh, false),
            Step::Bypass(key) => self.ask(*key, Mode::Bypass, false),
            Step::Expect(key) => self.ask(*key, Mode::Get, true),
            Step::Forget(key) => {
                self.model.kept.retain(|entry, _| entry.0 != *key);
                self.tables.engine.forget(&self.tables.request(KEYS[*key])).unwrap();
            }
            Step::Clear => {
                assert_eq!(self.tables.engine.clear(Some("tables")).unwrap(), self.model.kept.len());
                self.model.kept.clear();
            }
            Step::Collect => self.collect(),
            Step::EvictMemory => self.tables.forget_memory(),
            Step::Reopen => self.tables = maker(&self.house, &self.house.open(), self.model.version),
            Step::SwitchTo(version) => {
                self.model.version = *version;
                self.tables = maker(&self.house, &self.tables.engine, *version);
            }
            Step::Edit(text) => {
                self.model.text = *text;
                self.house.write("input", &text.to_string());
            }
            Step::Advance(seconds) => {
                self.model.now += seconds;
                self.house.clock.advance(Duration::from_secs(*seconds));
            }
        }
        let kept: usize = self.tables.entries().len();
        assert_eq!(kept, self.model.kept.len(), "entries that are kept");
    }

    fn ask(&mut self, key: usize, mode: Mode, expects: bool) {
        let (runs, state) = (self.tables.runs(), self.tables.state(KEYS[key]));
        let builds = match mode {
            Mode::Bypass => true,
            _ => self.model.builds(key, mode == Mode::Refresh || (expects && self.model.version == 0)),
        };
        if mode == Mode::Get && !expects {
            assert_eq!(state == heirloom_core::engine::State::Absent, builds, "what `state` foretells");
        }
        let columns: &[&str] = if expects { &["column1"] } else { &[] };
        let expect = Traits::new().with("columns", columns.iter().copied());
        let request = heirloom_core::engine::Request {
            mode,
            expect: expects.then(|| std::sync::Arc::new(expect)),
            ..self.tables.request(KEYS[key])
        };
        let got = self.tables.ask(&request);
        assert_eq!(self.tables.runs() - runs, usize::from(builds), "builds of {request:?}");
        if expects && self.model.version == 0 {
            assert_eq!(got.unwrap_err().kind(), heirloom_core::ErrorKind::Invalid);
            return;
        }
        let (_, version, text) = self.model.entry(key);
        assert!(got.unwrap().text() == value(key, version, text), "a wrong value for {request:?}");
    }

    fn collect(&mut self) {
        self.model.collect();
        let versions = [("tables".to_owned(), [("dev", self.model.version)].into_iter().collect())].into();
        let facts = GcFacts { now: self.house.clock.now(), versions, ..GcFacts::default() };
        let (plan, orphans) = self.tables.engine.plan_collection(&facts).unwrap();
        assert!(orphans.is_empty(), "{orphans:?}");
        let done = self.tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
        assert_eq!(done.entries, plan.remove.len());
        // A live object outlives its entry; that is F12, and not what the model is about.
        self.tables.forget_memory();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_is_a_map_that_forgets_what_is_no_longer_true(steps in steps()) {
        let mut play = Play::new();
        for step in &steps {
            play.step(step);
        }
        prop_assert!(play.house.faults().is_empty(), "{:?}", play.house.faults());
    }
}
