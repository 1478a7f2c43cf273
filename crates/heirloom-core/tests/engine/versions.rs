//! F6 and F8: version vectors, the parts of the fingerprint, and several versions side by side.

use heirloom_core::Digest;
use heirloom_core::identity::{Code, Fingerprint, Part, Standing};
use heirloom_core::settings::CodeLevel;
use heirloom_core::trail::Reason;

use crate::house::{House, hit, miss};

/// An entry built at `old` is asked for at `new`.
fn check(old: &[(&str, u64)], new: &[(&str, u64)], expected: Standing, sentence: &str) {
    let house = House::new();
    house.tables_at(old).get("a");
    let got = miss!(house.tables_at(new).get("a"); Reason::FingerprintChanged { .. });
    let Some(Reason::FingerprintChanged { standing, .. }) = got.served.trail.why() else { unreachable!() };
    assert_eq!(*standing, expected);
    assert_eq!(got.why(), sentence);
}

#[test]
fn f6_a_bump_rebuilds_and_names_the_counter() {
    check(
        &[("dev1", 3)],
        &[("dev1", 4)],
        Standing::Dominated,
        "dev1 3 → 4 (the entry was built 2033-05-18T03:33:20Z)",
    );
    check(
        &[("dev1", 3)],
        &[("dev1", 3), ("dev2", 1)],
        Standing::Dominated,
        "dev2 0 → 1 (the entry was built 2033-05-18T03:33:20Z)",
    );
}

#[test]
fn f6_an_entry_of_another_branch_is_concurrent() {
    let (ours, theirs) = ([("dev1", 4), ("dev2", 1)], [("dev1", 3), ("dev2", 2)]);
    let sentence = "dev1 4 → 3, dev2 1 → 2 (the entry was built 2033-05-18T03:33:20Z, on another branch)";
    check(&ours, &theirs, Standing::Concurrent, sentence);
}

#[test]
fn f6_an_entry_of_newer_code_is_newer() {
    check(
        &[("dev1", 5)],
        &[("dev1", 4)],
        Standing::Newer,
        "dev1 5 → 4 (the entry was built 2033-05-18T03:33:20Z, and is newer than this code)",
    );
}

#[test]
fn f6_versions_stand_side_by_side() {
    let house = House::new();
    let branches = [[("dev1", 2), ("dev2", 1)], [("dev1", 1), ("dev2", 2)]];
    for branch in &branches {
        house.tables_at(branch).get("a");
    }
    for branch in branches.iter().cycle().take(6) {
        let tables = house.tables_at(branch);
        hit!(tables.get("a"); Disk);
        hit!(tables.get("a"); Memory);
    }
    assert_eq!(house.tables().entries().len(), 2);
}

#[test]
fn f6_versions_stand_side_by_side_in_one_process() {
    let house = House::new();
    let engine = house.open();
    let at = |count: u64| {
        let mut recipe = house.recipe("tables");
        recipe.fingerprint.versions = [("dev1", count)].into_iter().collect();
        house.maker(&engine, recipe)
    };
    let (one, two) = (at(1), at(2));
    miss!(one.get("a"); Reason::NeverBuilt);
    miss!(two.get("a"); Reason::FingerprintChanged { .. });
    hit!(one.get("a"); Memory);
    hit!(two.get("a"); Memory);
}

fn part(text: &str, place: &str) -> Part {
    Part { digest: Digest::of(text.as_bytes()), place: Some(place.into()) }
}

/// An entry built by the fingerprint of `old` is asked for with that of `new`; `None` expects a hit.
fn changed(old: impl Fn(&mut Fingerprint), new: impl Fn(&mut Fingerprint), expected: Option<&str>) {
    let house = House::new();
    let maker = |change: &dyn Fn(&mut Fingerprint)| {
        let mut recipe = house.recipe("tables");
        change(&mut recipe.fingerprint);
        house.maker(&house.open(), recipe)
    };
    maker(&old).get("a");
    let got = maker(&new).get("a");
    let expected = expected.map(|changes| format!("{changes} (the entry was built 2033-05-18T03:33:20Z)"));
    assert_eq!(got.built.then(|| got.why()), expected);
    hit!(maker(&old).get("a"); Disk);
}

fn code(parts: &[(&str, &str)]) -> Code {
    let part = |(name, text): &(&str, &str)| ((*name).to_owned(), part(text, "src/etl.rs:3"));
    Code { level: CodeLevel::Function, parts: parts.iter().map(part).collect() }
}

#[test]
fn f8_each_part_of_the_fingerprint_decides() {
    let nothing = |_: &mut Fingerprint| ();
    changed(nothing, nothing, None);
    changed(
        |old| old.code = code(&[("normalize", "1")]),
        |new| new.code = code(&[("normalize", "2")]),
        Some("`normalize` changed in src/etl.rs:3"),
    );
    changed(
        |old| old.code = code(&[("normalize", "1"), ("old", "")]),
        |new| new.code = code(&[("normalize", "1"), ("fresh", "")]),
        Some("`fresh` is part of its code now, `old` is no longer part of its code"),
    );
    changed(nothing, |new| new.code = code(&[]), Some("level of code that counts manual → function"));
    changed(nothing, |new| new.schema = 2, Some("schema 1 → 2"));
    changed(nothing, |new| new.codec = "bytes/2".into(), Some("codec bytes/1 → bytes/2"));
    changed(nothing, |new| new.value_type = "Table".into(), Some("type of value Vec<u8> → Table"));
    changed(
        nothing,
        |new| new.shape = Some(Digest::of(b"other")),
        Some("fields or variants of Vec<u8> changed"),
    );
}

#[test]
fn f8_where_code_stands_does_not_count() {
    let moved = |place: &'static str| {
        move |print: &mut Fingerprint| {
            print.code = Code { level: CodeLevel::Function, parts: [("f".into(), part("1", place))].into() };
        }
    };
    changed(moved("a.rs:1"), moved("b.rs:77"), None);
}
