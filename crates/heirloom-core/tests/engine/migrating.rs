//! F14: an object in an older format is converted, not built again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use heirloom_core::engine::Engine;
use heirloom_core::object::{Migration, Object};
use heirloom_core::trail::{Outcome, Reason};

use crate::house::{House, Maker, hit, miss};

fn text(object: &Object) -> String {
    String::from_utf8(object.open::<Vec<u8>>().unwrap().to_vec()).unwrap()
}

/// A step that opens `v1:…` with the codec of its time and turns `vN:…` into `vN+1:…`.
fn step(from: u32) -> Migration {
    Migration {
        from,
        open: Box::new(move |payload| {
            let bytes = payload.frames()[0].to_vec();
            let expected = format!("v{from}:");
            if !bytes.starts_with(expected.as_bytes()) {
                return Err(format!("does not begin with {expected}").into());
            }
            Ok(Object::new(Arc::new(bytes), 0))
        }),
        convert: Box::new(move |object| {
            let text = text(object).replacen(&format!("v{from}:"), &format!("v{}:", from + 1), 1);
            Ok(Object::new(Arc::new(text.into_bytes()), 0))
        }),
    }
}

fn maker(house: &House, schema: u32, steps: &[u32]) -> Maker {
    maker_in(&house.open(), house, schema, steps)
}

/// Makes `vSCHEMA:KEY`, and converts what was made before from the schemas `steps`.
pub(crate) fn maker_in(engine: &Arc<Engine>, house: &House, schema: u32, steps: &[u32]) -> Maker {
    let mut recipe = house.recipe("tables");
    recipe.fingerprint.schema = schema;
    recipe.migrations = steps.iter().map(|from| step(*from)).collect();
    Maker::new(engine, recipe, move |_, key| Ok(format!("v{schema}:{key}").into_bytes()))
}

#[test]
fn f14_migrations() {
    let house = House::new();
    maker(&house, 1, &[]).get("a");
    let three = maker(&house, 3, &[2, 1]);
    let got = hit!(three.get("a"); Disk);
    assert_eq!(got.text(), "v3:a");
    let step = got.served.trail.steps().last().unwrap();
    assert!(
        matches!(&step.outcome, Outcome::HitAlthough(Reason::Migrated { from: 1, to: 3, .. })),
        "{step:?}"
    );
    assert_eq!(three.engine.stats(&three.factory).disk_hits, 1);
    hit!(three.get("a"); Memory);

    let sealed = house.sealed.load(Ordering::SeqCst);
    hit!(maker(&house, 3, &[]).get("a"); Disk);
    assert_eq!(house.sealed.load(Ordering::SeqCst), sealed, "it was kept as 3, and is converted once only");
    hit!(maker(&house, 1, &[]).get("a"); Disk);
}

#[test]
fn f14_two_is_converted_once() {
    let house = House::new();
    maker(&house, 2, &[]).get("a");
    assert_eq!(hit!(maker(&house, 3, &[1, 2]).get("a"); Disk).text(), "v3:a");
}

#[test]
fn f14_a_gap_in_the_chain_rebuilds() {
    let house = House::new();
    maker(&house, 1, &[]).get("a");
    let got = miss!(maker(&house, 3, &[2]).get("a"); Reason::FingerprintChanged { .. });
    assert_eq!(got.why(), "schema 1 → 3 (the entry was built 2033-05-18T03:33:20Z)");
}

#[test]
fn f14_a_migration_that_fails_rebuilds_and_says_so() {
    let house = House::new();
    let mut recipe = house.recipe("tables");
    recipe.fingerprint.schema = 1;
    Maker::new(&house.open(), recipe, |_, _| Ok("of another kind".into())).get("a");
    let got = miss!(maker(&house, 2, &[1]).get("a"); Reason::MigrationFailed { .. });
    assert_eq!(
        got.why(),
        "could not be converted from schema 1 to 2, so it is built anew: does not begin with v1:"
    );
    assert_eq!(house.faults().len(), 1);
}

#[test]
fn f14_a_bumped_counter_beats_a_migration() {
    let house = House::new();
    maker(&house, 1, &[]).get("a");
    let mut recipe = house.recipe("tables");
    recipe.fingerprint.schema = 2;
    recipe.fingerprint.versions = [("dev1", 1)].into_iter().collect();
    recipe.migrations = vec![step(1)];
    miss!(house.maker(&house.open(), recipe).get("a"); Reason::FingerprintChanged { .. });
}

#[test]
fn f14_expectations_are_of_the_converted_object() {
    use heirloom_core::identity::Traits;
    let house = House::new();
    maker(&house, 1, &[]).get("a");
    let mut recipe = house.recipe("tables");
    recipe.fingerprint.schema = 2;
    recipe.migrations = vec![step(1)];
    recipe.traits = Some(Box::new(|object| Traits::new().with("columns", [text(object)])));
    let two = house.maker(&house.open(), recipe);
    assert_eq!(hit!(two.expecting("a", &["v2:a"]).unwrap(); Disk).text(), "v2:a");
}
