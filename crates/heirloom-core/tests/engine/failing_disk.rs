//! Every step that changes the disk, failed once each, in everything an engine does: enumerated, not sampled.
//!
//! First a scenario runs on a disk that records its steps. Then it runs anew for each step: once with that step failing,
//! once with everything failing from there on, as for a process that is killed. After each the caller has had the value, the
//! store holds nothing torn, and what was not kept was told.

use std::fs;
use std::sync::Arc;

use heirloom_core::disk::Problem;
use heirloom_core::engine::{Engine, EngineOptions, GcFacts, Hooks, Mode};
use heirloom_core::testing::FailingDisk;
use heirloom_core::trust::MacKey;

use crate::house::{House, Maker};

const LARGE: usize = 100_000;

/// A house whose objects read a file, open in a new process on this disk.
fn maker(house: &House, disk: Arc<FailingDisk>) -> Maker {
    let hooks = Hooks { gate: disk, ..house.options().hooks };
    let options = EngineOptions { hooks, lenient: true, key: Some(MacKey::new([1; 32])), ..house.options() };
    let file = house.file("a.csv");
    Maker::new(&Engine::open(options).unwrap(), house.recipe("tables"), move |recorder, key| {
        recorder.file(&file).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10));
        Ok(key.repeat(if key == "x" { LARGE } else { 10 }).into())
    })
}

fn well(house: &House) -> Maker {
    maker(house, Arc::new(FailingDisk::recording()))
}

fn right(tables: &Maker, key: &str) {
    let got = tables.get(key);
    assert_eq!(got.text(), key.repeat(if key == "x" { LARGE } else { 10 }));
}

/// What is done with a disk, on a store that `before` has furnished.
struct Scenario {
    name: &'static str,
    before: fn(&House),
    /// Whether a blob is damaged before.
    damages: bool,
    during: fn(&House, &Maker),
    /// The fewest steps that it is known to have: a scenario that does nothing proves nothing.
    steps_min: usize,
}

fn furnished(house: &House) {
    for key in ["x", "y"] {
        right(&well(house), key);
    }
}

fn damage(house: &House) {
    furnished(house);
    let blob = house.files("blobs").into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    bytes[5000] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
}

fn lose_registry(house: &House) {
    furnished(house);
    for name in ["registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm"] {
        fs::remove_file(house.store().join("v1").join(name)).ok();
    }
}

/// What a request does.
fn requests() -> [Scenario; 7] {
    let ask = |_: &House, tables: &Maker| {
        right(tables, "x");
        right(tables, "y");
    };
    [
        Scenario { name: "a first build", before: |_| (), damages: false, during: ask, steps_min: 20 },
        Scenario { name: "a hit", before: furnished, damages: false, during: ask, steps_min: 1 },
        Scenario {
            name: "a refresh",
            before: furnished,
            damages: false,
            during: |_, tables| {
                let got = tables.with("x", Mode::Refresh);
                assert_eq!(got.bytes().len(), LARGE);
            },
            steps_min: 8,
        },
        Scenario {
            name: "a touched input",
            before: |house| {
                furnished(house);
                fs::remove_file(house.file("a.csv")).unwrap();
                house.write("a.csv", "1");
            },
            damages: false,
            during: ask,
            steps_min: 2,
        },
        Scenario { name: "a damaged blob", before: damage, damages: true, during: ask, steps_min: 8 },
        Scenario {
            name: "a lost registry",
            before: lose_registry,
            damages: false,
            during: ask,
            steps_min: 3,
        },
        Scenario {
            name: "forget and clear",
            before: furnished,
            damages: false,
            during: |_, tables| {
                tables.engine.forget(&tables.request("y")).ok();
                tables.engine.clear(None).ok();
            },
            steps_min: 6,
        },
    ]
}

/// What somebody does who looks after a store.
fn care() -> [Scenario; 2] {
    [
        Scenario {
            name: "a collection",
            before: furnished,
            damages: false,
            during: |_, tables| {
                let facts = GcFacts { budget: Some(1), now: tables.engine.now(), ..GcFacts::default() };
                if let Ok((plan, orphans)) = tables.engine.plan_collection(&facts) {
                    tables.engine.collect(&plan, &orphans, &mut |_, _| ()).ok();
                }
            },
            steps_min: 5,
        },
        Scenario {
            name: "a repair",
            before: damage,
            damages: true,
            during: |_, tables| {
                if let Ok(found) = tables.engine.inspect(&mut |_, _| ()) {
                    tables.engine.mend(&found).ok();
                }
            },
            steps_min: 5,
        },
    ]
}

fn house() -> House {
    let house = House::new();
    house.write("a.csv", "1");
    house
}

/// Nothing torn, and everything goes on by itself when the fault is over.
fn is_well_again(house: &House, damaged: bool, what: &str) {
    let tables = well(house);
    let found = tables.engine.inspect(&mut |_, _| ()).unwrap();
    let torn = found.problems.iter().find(|problem| {
        let torn = matches!(problem, Problem::CorruptRecord { .. } | Problem::Untrusted { .. });
        // The damage of the scenario itself may still be there.
        torn || (!damaged && matches!(problem, Problem::CorruptBlob { .. } | Problem::MissingBlob { .. }))
    });
    assert_eq!(torn, None, "{what}");
    for key in ["x", "y"] {
        right(&tables, key);
    }
    let tables = well(house);
    for key in ["x", "y"] {
        let got = tables.get(key);
        assert!(!got.built, "{what}: {key} is not kept again:\n{}", got.served.trail);
    }
    tables.engine.mend(&tables.engine.inspect(&mut |_, _| ()).unwrap()).unwrap();
    let left = tables.engine.inspect(&mut |_, _| ()).unwrap().problems;
    assert_eq!(left, [], "{what}");
    assert_eq!(house.files("staging"), [] as [std::path::PathBuf; 0], "{what}: leftovers");
}

/// Runs a scenario on a failing disk, from a furnished store to one that is well again.
fn run(scenario: &Scenario, disk: FailingDisk, what: &str) {
    let house = house();
    (scenario.before)(&house);
    house.told.lock().unwrap().clear();
    let (disk, mut kept) = (Arc::new(disk), true);
    (scenario.during)(&house, &maker(&house, Arc::clone(&disk)));
    if scenario.name == "a first build" {
        let tables = well(&house);
        kept = ["x", "y"].iter().all(|key| !tables.get(key).built);
    }
    assert!(kept || !house.faults().is_empty(), "{what}: not kept, and nobody was told");
    is_well_again(&house, scenario.damages, what);
}

#[test]
fn every_step_fails_once_and_nobody_is_the_worse_for_it() {
    let (requests, care) = (requests(), care());
    std::thread::scope(|scope| {
        for scenario in requests.iter().chain(&care) {
            scope.spawn(|| every_step_of(scenario));
        }
    });
}

fn every_step_of(scenario: &Scenario) {
    let recorded = {
        let house = house();
        (scenario.before)(&house);
        let disk = Arc::new(FailingDisk::recording());
        (scenario.during)(&house, &maker(&house, Arc::clone(&disk)));
        disk.steps()
    };
    assert!(recorded.len() >= scenario.steps_min, "{}: {recorded:?}", scenario.name);
    for (number, step) in recorded.iter().enumerate() {
        let what = format!("{}: step {number} of {}, `{step}`", scenario.name, recorded.len());
        run(scenario, FailingDisk::failing_at(number), &format!("{what} fails"));
        run(scenario, FailingDisk::dying_at(number), &format!("{what} is the last thing before a kill"));
    }
}
