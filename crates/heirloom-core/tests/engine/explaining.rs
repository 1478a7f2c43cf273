//! F17: every miss has a reason, also when somebody asks in another process tomorrow.

use std::time::Duration;

use heirloom_core::engine::State;
use heirloom_core::trail::{Reason, Tier};

use crate::house::{House, hit, miss};

#[test]
fn f17_every_miss_has_a_reason() {
    let house = House::new();
    let tables = house.tables();
    assert_eq!(tables.explain("a").sentence(), "tables(\"a\") would be built: never built");
    let got = miss!(tables.get("a"); Reason::NeverBuilt);
    let tiers: Vec<Tier> = got.served.trail.steps().iter().map(|step| step.tier).collect();
    assert_eq!(tiers, [Tier::Memory, Tier::Disk, Tier::Build, Tier::Keep]);
    assert_eq!(tables.explain("a").sentence(), "tables(\"a\") is in memory");
    assert_eq!(house.tables().explain("a").sentence(), "tables(\"a\") is on disk");
    tables.engine.forget(&tables.request("a")).unwrap();
    let got = miss!(tables.get("a"); Reason::Removed { .. });
    assert_eq!(got.why(), "removed at 2033-05-18T03:33:20Z by forget");
    tables.engine.clear(None).unwrap();
    let got = miss!(tables.get("a"); Reason::Removed { .. });
    assert_eq!(got.why(), "removed at 2033-05-18T03:33:20Z by clear");
}

#[test]
fn f17_asked_in_another_process_tomorrow() {
    let house = House::new();
    house.tables_at(&[("dev1", 3)]).get("a");
    house.tables_at(&[("dev1", 4)]).get("a");
    house.clock.advance(Duration::from_hours(24));
    let tomorrow = house.tables_at(&[("dev1", 4)]);
    hit!(tomorrow.get("a"); Disk);
    let told = tomorrow.explain("a");
    let last = told.last.as_ref().unwrap();
    assert_eq!(
        last.trail.why().unwrap().to_string(),
        "dev1 3 → 4 (the entry was built 2033-05-18T03:33:20Z)"
    );
    assert!(
        told.to_string().ends_with(
            "last build, 2033-05-18T03:33:20Z: dev1 3 → 4 (the entry was built 2033-05-18T03:33:20Z)"
        ),
        "{told}"
    );
    let trails = tomorrow.engine.trails(Some("tables")).unwrap();
    assert_eq!((trails.len(), trails[0].shown.as_str()), (1, "\"a\""));
    assert!(tomorrow.engine.trails(Some("others")).unwrap().is_empty());
}

#[test]
fn f17_the_trail_outlives_its_entry() {
    let house = House::new();
    house.tables_at(&[("dev1", 3)]).get("a");
    house.clock.advance(Duration::from_hours(1));
    let tables = house.tables_at(&[("dev1", 4)]);
    tables.get("a");
    let why = |tables: &crate::house::Maker| {
        let trails = tables.engine.trails(None).unwrap();
        assert_eq!(trails.len(), 1, "one a key");
        trails[0].trail.why().unwrap().to_string()
    };
    let expected = "dev1 3 → 4 (the entry was built 2033-05-18T03:33:20Z)";
    assert_eq!(why(&tables), expected);
    tables.engine.forget(&tables.request("a")).unwrap();
    assert_eq!(why(&tables), expected, "the older entry goes too, and does not hide it");
}

#[test]
fn f17_explain_never_builds_and_never_opens() {
    let house = House::new();
    house.tables().get("a");
    let tables = house.tables();
    let told = tables.explain("a");
    assert_eq!(told.state, State::OnDisk);
    assert_eq!(told.record.as_ref().unwrap().shown, "\"a\"");
    assert_eq!((tables.runs(), house.opens()), (0, 0));
    assert_eq!(tables.engine.stats(&tables.factory), heirloom_core::engine::Stats::default());
}

#[test]
fn f17_the_trail_of_an_older_version_never_hides_a_younger_one() {
    // Converted from an older schema, the entry is as young as the old one was, and so is its trail.
    let house = House::new();
    let at = |schema: u32, versions: &[(&str, u64)]| {
        let mut recipe = house.recipe("tables");
        recipe.fingerprint.schema = schema;
        recipe.fingerprint.versions = versions.iter().copied().collect();
        recipe.migrations = vec![heirloom_core::object::Migration {
            from: 1,
            open: Box::new(|payload| {
                let bytes = payload.frames()[0].to_vec();
                Ok(heirloom_core::object::Object::new(std::sync::Arc::new(bytes), 0))
            }),
            convert: Box::new(|object| Ok(object.clone())),
        }];
        house.maker(&house.open(), recipe)
    };
    at(1, &[("dev1", 1)]).get("a");
    house.clock.advance(Duration::from_hours(1));
    at(2, &[("dev1", 2)]).get("a");
    hit!(at(2, &[("dev1", 1)]).get("a"); Disk);
    let told = at(2, &[("dev1", 2)]).explain("a");
    assert_eq!(
        told.last.unwrap().trail.why().unwrap().to_string(),
        "dev1 1 → 2, schema 1 → 2 (the entry was built 2033-05-18T03:33:20Z)"
    );
}
