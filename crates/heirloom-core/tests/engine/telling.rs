//! F17: what changed in the code is told with its line, from the texts that the store keeps once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use heirloom_core::engine::GcFacts;
use heirloom_core::identity::{Code, Part};
use heirloom_core::settings::CodeLevel;
use heirloom_core::trail::Reason;
use heirloom_core::{Clock, Digest};

use crate::house::{House, Maker, miss};

/// A factory of two parts; what is counted is how often its texts were asked for.
fn written(house: &House, normalize: &str, asked: &Arc<AtomicUsize>) -> Maker {
    let mut recipe = house.recipe("tables");
    let texts: BTreeMap<String, String> =
        [("load", "fn load() {\n    read()\n}"), ("normalize", normalize)].map(owned).into();
    let part = |(name, text): (&String, &String)| {
        let place = Some("etl.rs:12".to_owned());
        (name.clone(), Part { digest: Digest::of(text.as_bytes()), place })
    };
    let parts = texts.iter().map(part).collect();
    recipe.fingerprint.code = Code { level: CodeLevel::Function, parts };
    let asked = Arc::clone(asked);
    recipe.texts = Some(Box::new(move || {
        asked.fetch_add(1, Ordering::Relaxed);
        texts.clone()
    }));
    house.maker(&house.open(), recipe)
}

fn owned((name, text): (&str, &str)) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[test]
fn the_one_line_that_changed_is_told() {
    let (house, asked) = (House::new(), Arc::default());
    written(&house, "fn normalize(x: f64) {\n    x * 0.5\n}", &asked).get("a");
    let got = miss!(
        written(&house, "fn normalize(x: f64) {\n    x * 0.7\n}", &asked).get("a");
        Reason::FingerprintChanged { .. }
    );
    let told = "`normalize` changed in etl.rs:12: `x * 0.5` → `x * 0.7` (the entry was built";
    assert!(got.why().starts_with(told), "{}", got.why());
}

#[test]
fn a_larger_change_is_named_only() {
    let (house, asked) = (House::new(), Arc::default());
    written(&house, "fn normalize(x: f64) {\n    x * 0.5\n}", &asked).get("a");
    let got = miss!(
        written(&house, "fn normalize(y: f64) {\n    y * 0.7\n}", &asked).get("a");
        Reason::FingerprintChanged { .. }
    );
    assert!(got.why().starts_with("`normalize` changed in etl.rs:12 (the entry"), "{}", got.why());
}

#[test]
fn texts_are_asked_for_only_when_one_is_wanted() {
    let (house, asked) = (House::new(), Arc::default());
    written(&house, "1", &asked).get("a");
    assert_eq!(asked.load(Ordering::Relaxed), 1, "the first object of a fingerprint keeps them");
    let again = written(&house, "1", &asked);
    again.get("a");
    again.get("b");
    again.get("b");
    assert_eq!(asked.load(Ordering::Relaxed), 1, "they are there already");
}

#[test]
fn texts_that_nothing_refers_to_are_collected() {
    let (house, asked) = (House::new(), Arc::default());
    let (old, new) = (written(&house, "old", &asked), written(&house, "new", &asked));
    old.get("a");
    new.get("a");
    let known = |text: &str| new.engine.text(&Digest::of(text.as_bytes())).unwrap().is_some();
    let collect = || {
        let facts = GcFacts { now: house.clock.now(), ..GcFacts::default() };
        let (plan, orphans) = new.engine.plan_collection(&facts).unwrap();
        new.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    };
    collect();
    assert!(known("old") && known("new") && known("fn load() {\n    read()\n}"), "entries refer to all");
    new.engine.clear(None).unwrap();
    collect();
    assert!(!known("old"), "no entry was built by it any more");
    assert!(known("new"), "the factory as it was seen last still reads like that");
}

#[test]
fn a_registry_without_texts_is_read_as_ever() {
    let house = House::new();
    let tables = house.tables();
    tables.get("a");
    assert_eq!(tables.engine.text(&Digest::of(b"x")).unwrap(), None);
    let (plan, orphans) = tables.engine.plan_collection(&GcFacts::default()).unwrap();
    tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
}
