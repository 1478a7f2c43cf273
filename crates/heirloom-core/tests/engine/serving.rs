//! F1 to F5: the same object, bypass and refresh, keys, states, and opening a store.

use heirloom_core::engine::{Mode, State};
use heirloom_core::identity::key::Key;
use heirloom_core::trail::{Reason, Tier};

use crate::house::{Got, House, hit, miss};

#[test]
fn f1_same_object() {
    let house = House::new();
    let tables = house.tables();
    let first = miss!(tables.get("a"); Reason::NeverBuilt);
    let second = hit!(tables.get("a"); Memory);
    assert!(first.served.object.same(&second.served.object));
    let other = miss!(tables.get("b"); Reason::NeverBuilt);
    assert!(!first.served.object.same(&other.served.object));
    let again = house.tables();
    let opened = hit!(again.get("a"); Disk);
    assert_eq!(opened.text(), "a");
    assert!(opened.served.object.same(&hit!(again.get("a"); Memory).served.object));
    assert_eq!((tables.runs(), again.runs()), (2, 0));
}

#[test]
fn f1_an_evicted_object_that_is_held_is_the_same_object() {
    let house = House::new();
    let mut options = house.options();
    options.memory_bytes = 10;
    let engine = heirloom_core::engine::Engine::open(options).unwrap();
    let tables = house.maker(&engine, house.recipe("tables"));
    let held = tables.get("12345678");
    tables.get("abcdefgh");
    let again = hit!(tables.get("12345678"); Memory);
    assert!(held.served.object.same(&again.served.object));
    drop((held, again));
    tables.get("abcdefgh");
    hit!(tables.get("12345678"); Disk);
}

#[test]
fn f1_what_memory_has_no_room_for_is_told_and_still_shared() {
    let house = House::new();
    let mut options = house.options();
    options.memory_bytes = 10;
    let engine = heirloom_core::engine::Engine::open(options).unwrap();
    let tables = house.maker(&engine, house.recipe("tables"));
    let told_last = |got: &Got| {
        assert_eq!(
            got.served.trail.to_string().lines().last().unwrap(),
            "memory: skipped: weighs 12 B, more than the whole budget of 10 B; raise `memory` in heirloom.toml"
        );
    };
    let large = miss!(tables.get("twelve bytes"); Reason::NeverBuilt);
    told_last(&large);
    assert!(large.served.object.same(&hit!(tables.get("twelve bytes"); Memory).served.object));
    drop(large);
    told_last(&hit!(tables.get("twelve bytes"); Disk));
}

#[test]
fn f2_bypass_and_refresh() {
    let house = House::new();
    let tables = house.tables();
    let first = tables.get("a");
    let around = miss!(tables.with("a", Mode::Bypass); Reason::Bypassed);
    assert_eq!(around.served.tier, Tier::Build);
    assert!(around.served.slot.is_none() && tables.entries().len() == 1);
    assert!(first.served.object.same(&hit!(tables.get("a")).served.object));

    tables.with("new", Mode::Bypass);
    assert_eq!(tables.state("new"), State::Absent, "a bypass writes nothing");

    let fresh = miss!(tables.with("a", Mode::Refresh); Reason::Refreshed);
    assert!(!first.served.object.same(&fresh.served.object));
    assert!(fresh.served.object.same(&hit!(tables.get("a")).served.object));
    assert_eq!(tables.entries().len(), 1, "replaced, not added");
    miss!(tables.with("a", Mode::Off("a test".into())); Reason::Disabled { .. });
}

#[test]
fn f2_a_refresh_replaces_what_other_processes_find() {
    let house = House::new();
    let engine = house.open();
    let count = std::sync::atomic::AtomicU8::new(0);
    let tables = crate::house::Maker::new(&engine, house.recipe("tables"), move |_, _| {
        Ok(vec![count.fetch_add(1, std::sync::atomic::Ordering::SeqCst); 100_000])
    });
    assert_eq!(tables.get("a").bytes()[0], 0);
    assert_eq!(tables.with("a", Mode::Refresh).bytes()[0], 1);
    assert_eq!(hit!(house.tables().get("a"); Disk).bytes()[0], 1);
    assert_eq!(house.files("blobs").len(), 1, "the replaced blob is gone");
}

#[test]
fn f3_look_alikes_are_different_keys() {
    let house = House::new();
    let tables = house.tables();
    let name = tables.factory.name();
    let keys = [
        Key::of(name, &1).unwrap(),
        Key::of(name, &1.0).unwrap(),
        Key::of(name, &true).unwrap(),
        Key::of(name, "1").unwrap(),
        Key::of(name, &("1",)).unwrap(),
        Key::of(name, &Some(1)).unwrap(),
    ];
    for key in &keys {
        miss!(tables.ask(&heirloom_core::engine::Request { key: key.clone(), ..tables.request("") }).unwrap();
            Reason::NeverBuilt);
    }
    assert_eq!(tables.entries().len(), keys.len());
    let others = house.maker(&tables.engine, house.recipe("others"));
    tables.get("a");
    miss!(others.get("a"); Reason::NeverBuilt);
}

#[test]
fn f4_states_move_right() {
    let house = House::new();
    let tables = house.tables();
    assert_eq!(tables.state("a"), State::Absent);
    tables.get("a");
    assert_eq!(tables.state("a"), State::InMemory);
    let again = house.tables();
    assert_eq!(again.state("a"), State::OnDisk);
    assert_eq!(house.opens(), 0, "asking for the state opens nothing");
    hit!(again.get("a"); Disk);
    assert_eq!(again.state("a"), State::InMemory);
    again.engine.forget(&again.request("a")).unwrap();
    assert_eq!(again.state("a"), State::Absent);
}

#[test]
fn f5_open_loads_nothing() {
    let house = House::new();
    let tables = house.tables();
    for key in ["a", "b", "c"] {
        tables.get(key);
    }
    let again = house.tables();
    assert_eq!(again.engine.memory_stats().bytes, 0);
    let known: Vec<String> = again.entries().into_iter().map(|row| row.shown).collect();
    assert_eq!(known, ["\"a\"", "\"b\"", "\"c\""]);
    hit!(again.get("b"); Disk);
    assert_eq!(house.opens(), 1, "only what is asked for is loaded");
}

#[test]
fn a_factory_without_a_tier_leaves_it_out() {
    let house = House::new();
    let mut recipe = house.recipe("tables");
    recipe.tiers.disk = false;
    let engine = house.open();
    let tables = house.maker(&engine, recipe);
    miss!(tables.get("a"); Reason::TierOff);
    hit!(tables.get("a"); Memory);
    assert!(tables.entries().is_empty());

    let mut recipe = house.recipe("others");
    recipe.tiers.memory = false;
    let others = house.maker(&engine, recipe);
    others.get("a");
    hit!(others.get("a"); Disk);
    hit!(others.get("a"); Disk);
}

#[test]
fn stats_count_what_happened() {
    let house = House::new();
    let tables = house.tables();
    tables.get("a");
    hit!(tables.get("a"));
    hit!(tables.get("a"));
    tables.forget_memory();
    hit!(tables.get("a"); Disk);
    let stats = tables.engine.stats(&tables.factory);
    assert_eq!((stats.builds, stats.memory_hits, stats.disk_hits), (1, 2, 1));
    assert_eq!((stats.errors, stats.faults, stats.waits), (0, 0, 0));
    assert!(stats.saved_nanos > 0 && stats.saved_nanos == stats.build_nanos);
}

#[test]
fn one_name_makes_one_type() {
    let house = House::new();
    let engine = house.open();
    engine.register(house.recipe("tables")).unwrap();
    let mut other = house.recipe("tables");
    other.fingerprint.value_type = "String".into();
    let refusal = engine.register(other).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the factory name `tables` is taken: it makes `Vec<u8>` already, and cannot make `String` too; give one of \
         them another name"
    );
}
