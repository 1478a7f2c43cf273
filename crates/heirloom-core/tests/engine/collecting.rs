//! F11 and F12: obsolete objects are found and destroyed, and no holder ever loses one.

use std::collections::BTreeMap;
use std::time::Duration;

use heirloom_core::Clock;
use heirloom_core::engine::{CollectReason, Collected, GcFacts, Mode};
use heirloom_core::trail::Reason;

use crate::house::{House, Maker, hit, miss};

fn collect(maker: &Maker, facts: &GcFacts) -> Collected {
    let (plan, orphans) = maker.engine.plan_collection(facts).unwrap();
    let collected = maker.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!(collected.entries, plan.remove.len(), "the plan is what is done");
    collected
}

fn facts(house: &House, versions: &[(&str, u64)]) -> GcFacts {
    let versions = BTreeMap::from([("tables".to_owned(), versions.iter().copied().collect())]);
    GcFacts { now: house.clock.now(), versions, ..GcFacts::default() }
}

#[test]
fn f11_obsolete_found_and_destroyed() {
    let house = House::new();
    for versions in [[("dev1", 1), ("dev2", 1)], [("dev1", 2), ("dev2", 1)], [("dev1", 1), ("dev2", 2)]] {
        house.tables_at(&versions).get("a");
    }
    let now = [("dev1", 2), ("dev2", 1)];
    let tables = house.tables_at(&now);
    let (plan, _) = tables.engine.plan_collection(&facts(&house, &now)).unwrap();
    let [removal] = &plan.remove[..] else { panic!("{plan:?}") };
    assert!(matches!(removal.why, CollectReason::Dominated { .. }));
    assert_eq!(removal.why.to_string(), "version {dev1: 1, dev2: 1} is dominated by {dev1: 2, dev2: 1}");
    collect(&tables, &facts(&house, &now));
    assert_eq!(tables.entries().len(), 2, "the concurrent one stays");
    hit!(tables.get("a"); Disk);
    hit!(house.tables_at(&[("dev1", 1), ("dev2", 2)]).get("a"); Disk);
    miss!(house.tables_at(&[("dev1", 1), ("dev2", 1)]).get("a"); Reason::FingerprintChanged { .. });
}

#[test]
fn f11_what_went_says_why_when_it_is_asked_for() {
    let house = House::new();
    let tables = house.tables_at(&[("dev1", 1)]);
    tables.get("a");
    collect(&tables, &facts(&house, &[("dev1", 2)]));
    let got = miss!(house.tables_at(&[("dev1", 2)]).get("a"); Reason::Removed { .. });
    assert!(got.why().ends_with("by gc: version {dev1: 1} is dominated by {dev1: 2}"), "{}", got.why());
}

#[test]
fn f11_expired_entries_go_by_what_was_recorded() {
    let house = House::new();
    let mut recipe = house.recipe("tables");
    recipe.lifetime.ttl = Some(Duration::from_mins(1));
    let tables = house.maker(&house.open(), recipe);
    tables.get("a");
    house.clock.advance(Duration::from_secs(30));
    tables.get("b");
    house.clock.advance(Duration::from_secs(30));
    collect(&tables, &facts(&house, &[]));
    let left: Vec<String> = tables.entries().into_iter().map(|row| row.shown).collect();
    assert_eq!(left, ["\"b\""]);
}

#[test]
fn f12_safe_destruction() {
    let house = House::new();
    let big = |_: &heirloom_core::Recorder, key: &str| Ok(key.repeat(1 << 20).into_bytes());
    let engine = house.open();
    Maker::new(&engine, house.recipe("tables"), big).get("x");
    // A codec that hands out the mapping itself, as a face's does for large frames.
    let mut recipe = house.recipe("tables");
    recipe.codec = Some(std::sync::Arc::new(Mapping));
    let mapped = house.maker(&house.open(), recipe);
    let held = hit!(mapped.get("x"); Disk);
    let bytes = held.served.object.open::<bytes::Bytes>().unwrap();
    assert!((bytes.as_ptr() as usize).is_multiple_of(64), "frames are aligned");
    mapped.engine.clear(None).unwrap();
    collect(&mapped, &GcFacts::default());
    assert!(house.files("blobs").is_empty());
    assert!(bytes.iter().all(|byte| *byte == b'x'), "the mapping outlives its file");
    assert_eq!(bytes.len(), 1 << 20);
}

struct Mapping;

impl heirloom_core::object::Codec for Mapping {
    fn name(&self) -> &'static str {
        "bytes/1"
    }

    fn seal(
        &self,
        _: &heirloom_core::object::Object,
    ) -> Result<heirloom_core::object::Payload, heirloom_core::object::CodecFault> {
        Err("only opens".into())
    }

    fn open(
        &self,
        payload: &heirloom_core::object::Payload,
    ) -> Result<heirloom_core::object::Object, heirloom_core::object::CodecFault> {
        Ok(heirloom_core::object::Object::new(std::sync::Arc::new(payload.frames()[0].clone()), 0))
    }
}

#[test]
fn equal_content_is_stored_once_and_goes_with_the_last() {
    let house = House::new();
    let tables = Maker::new(&house.open(), house.recipe("tables"), |_, _| Ok(vec![7; 100_000]));
    tables.get("a");
    tables.get("b");
    assert_eq!(house.files("blobs").len(), 1);
    tables.engine.forget(&tables.request("a")).unwrap();
    assert_eq!(house.files("blobs").len(), 1);
    tables.forget_memory();
    hit!(tables.get("b"); Disk);
    tables.engine.forget(&tables.request("b")).unwrap();
    assert!(house.files("blobs").is_empty() && house.files("records").is_empty());
}

#[test]
fn the_budget_is_kept_after_each_write() {
    let house = House::new();
    let mut options = house.options();
    options.disk_bytes = Some(1 << 20);
    let engine = heirloom_core::engine::Engine::open(options).unwrap();
    let tables = Maker::new(&engine, house.recipe("tables"), |_, key| Ok(key.repeat(50_000).into_bytes()));
    for round in 0..3 {
        for at in 10..60 {
            tables.with(&at.to_string(), if round == 0 { Mode::Get } else { Mode::Refresh });
            let kept: u64 = tables.entries().iter().map(|row| row.bytes).sum();
            assert!(kept <= (1 << 20), "{kept} bytes after {at}");
            let files: u64 = house.files("blobs").iter().map(|path| path.metadata().unwrap().len()).sum();
            assert_eq!(files, kept, "no blob is left behind");
        }
    }
    let kept: u64 = tables.entries().iter().map(|row| row.bytes).sum();
    assert!(kept > 500_000, "{kept} bytes: it collects no more than it must");
}

#[test]
fn an_entry_that_was_built_again_since_the_plan_stays() {
    let house = House::new();
    let mut recipe = house.recipe("tables");
    recipe.lifetime.ttl = Some(Duration::from_mins(1));
    let tables = house.maker(&house.open(), recipe);
    tables.get("a");
    house.clock.advance(Duration::from_mins(1));
    let (plan, orphans) = tables.engine.plan_collection(&facts(&house, &[])).unwrap();
    miss!(tables.get("a"); Reason::TtlPassed { .. });
    let collected = tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!(collected.entries, 0);
    assert_eq!(tables.entries().len(), 1);
}

#[test]
fn orphans_are_swept_and_dry_runs_change_nothing() {
    let house = House::new();
    let tables = Maker::new(&house.open(), house.recipe("tables"), |_, _| Ok(vec![7; 100_000]));
    tables.get("a");
    let blob = house.files("blobs").remove(0);
    let stray = blob.parent().unwrap().join(format!("{}.blob", "ab".repeat(32)));
    std::fs::copy(&blob, &stray).unwrap();
    let (plan, orphans) = tables.engine.plan_collection(&GcFacts::default()).unwrap();
    assert!(plan.remove.is_empty());
    assert_eq!(orphans.iter().map(|orphan| &orphan.path).collect::<Vec<_>>(), [&stray]);
    assert!(stray.exists());
    let collected = tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!((collected.orphans, collected.bytes), (1, blob.metadata().unwrap().len()));
    assert!(!stray.exists());
    tables.forget_memory();
    hit!(tables.get("a"); Disk);
}
