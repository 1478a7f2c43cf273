//! Adopting what older code built, and pinning what must stay.

use std::time::Duration;

use heirloom_core::Clock;
use heirloom_core::Digest;
use heirloom_core::engine::GcFacts;
use heirloom_core::identity::{Code, Part};
use heirloom_core::settings::CodeLevel;
use heirloom_core::trail::{Outcome, Reason};

use crate::house::{House, Maker, hit, miss};

fn by_code(house: &House, text: &str, versions: &[(&str, u64)]) -> Maker {
    let mut recipe = house.recipe("tables");
    let part = Part { digest: Digest::of(text.as_bytes()), place: None };
    recipe.fingerprint.code = Code { level: CodeLevel::Function, parts: [("build".into(), part)].into() };
    recipe.fingerprint.versions = versions.iter().copied().collect();
    house.maker(&house.open(), recipe)
}

#[test]
fn adopted_entries_are_served_and_say_so() {
    let house = House::new();
    let old = by_code(&house, "1", &[]);
    old.get("a");
    old.get("b");
    assert_eq!(old.engine.adopt("tables", None).unwrap(), 2);
    let new = by_code(&house, "2", &[]);
    assert_eq!(new.explain("a").state, heirloom_core::engine::State::OnDisk);
    let got = hit!(new.get("a"); Disk);
    let step = got.served.trail.steps().last().unwrap();
    assert!(matches!(&step.outcome, Outcome::HitAlthough(Reason::Adopted { .. })), "{step:?}");
    let sentence = "`build` changed (adopted at 2033-05-18T03:33:20Z: its author vouched for it)";
    assert_eq!(got.why(), sentence);
    // The vouch is bound to the code that asked first; the next change is not vouched for.
    miss!(by_code(&house, "3", &[]).get("a"); Reason::FingerprintChanged { .. });
    hit!(by_code(&house, "2", &[]).get("b"); Disk);
}

#[test]
fn a_vouch_is_pending_until_other_code_takes_it() {
    let house = House::new();
    let old = by_code(&house, "1", &[]);
    old.get("a");
    let pending = |factory| old.engine.pending_adoptions(factory).unwrap();
    assert_eq!(pending(None), []);
    old.engine.adopt("tables", None).unwrap();
    house.clock.advance(Duration::from_secs(1));
    old.engine.adopt("tables", None).unwrap();
    let [one] = pending(None).try_into().unwrap();
    assert_eq!((one.factory.as_str(), one.at), ("tables", house.clock.now()), "the last of both");
    assert_eq!(one.old_code, old.factory.recipe().fingerprint.code.digest());
    assert_eq!((pending(Some("tables")).len(), pending(Some("meshes")).len()), (1, 0));
    old.get("a");
    assert_eq!(pending(None).len(), 1, "the code that is vouched for takes no vouch");
    hit!(by_code(&house, "2", &[]).get("a"); Disk);
    assert_eq!(pending(None), []);
}

#[test]
fn a_vouch_can_be_bound_at_once() {
    let house = House::new();
    by_code(&house, "1", &[]).get("a");
    let new = by_code(&house, "2", &[]);
    new.engine.adopt("tables", Some(&new.factory)).unwrap();
    miss!(by_code(&house, "3", &[]).get("a"); Reason::FingerprintChanged { .. });
    hit!(by_code(&house, "2", &[]).get("a"); Disk);
}

#[test]
fn a_vouch_is_for_code_only() {
    let house = House::new();
    let old = by_code(&house, "1", &[]);
    old.get("a");
    old.engine.adopt("tables", None).unwrap();
    miss!(by_code(&house, "2", &[("dev1", 1)]).get("a"); Reason::FingerprintChanged { .. });
}

#[test]
fn nothing_to_adopt_is_an_error() {
    let house = House::new();
    let refusal = house.open().adopt("tables", None).unwrap_err();
    assert!(refusal.to_string().starts_with("nothing of `tables` is kept in "), "{refusal}");
}

#[test]
fn pinned_entries_stay_and_are_shown() {
    let house = House::new();
    let tables = house.tables_at(&[("dev1", 1)]);
    tables.get("a");
    tables.get("b");
    assert_eq!(tables.engine.pin_object(&tables.request("a"), true).unwrap(), 1);
    assert!(tables.explain("a").pinned && !tables.explain("b").pinned);
    assert!(tables.explain("a").to_string().contains("pinned"), "{}", tables.explain("a"));
    house.clock.advance(Duration::from_hours(1));
    let versions = [("tables".to_owned(), [("dev1", 2)].into_iter().collect())].into();
    let facts = GcFacts { now: house.clock.now(), versions, budget: Some(0), ..GcFacts::default() };
    let (plan, orphans) = tables.engine.plan_collection(&facts).unwrap();
    tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    let left: Vec<String> = tables.entries().into_iter().map(|row| row.shown).collect();
    assert_eq!(left, ["\"a\""]);
    assert_eq!(tables.engine.pin(&[tables.entries()[0].entry], false).unwrap(), 1);
    assert_eq!(tables.engine.plan_collection(&facts).unwrap().0.remove.len(), 1);
}

#[test]
fn a_factory_can_pin_all_it_makes() {
    let house = House::new();
    let mut recipe = house.recipe("tables");
    recipe.pinned = true;
    let tables = house.maker(&house.open(), recipe);
    tables.get("a");
    assert!(tables.entries()[0].pinned);
}
