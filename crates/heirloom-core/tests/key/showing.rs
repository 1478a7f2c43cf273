//! What people see of a key.

use std::collections::BTreeMap;

use heirloom_core::identity::key::{Encoded, Key, KeyWriter, Malformed, Unordered, shown};
use heirloom_core::{Digest, Error};
use serde::Serialize;

fn check(arguments: &impl Serialize, text: &str) {
    let key = Key::of(&"tables".into(), arguments).expect("a key");
    assert_eq!(shown(key.encoded().expect("a short one")).expect("a value"), text);
}

fn check_written(write: impl FnOnce(&mut KeyWriter<'_>), text: &str) {
    let encoded = Encoded::written::<Error>(|writer| {
        write(writer);
        Ok(())
    });
    assert_eq!(shown(encoded.expect("a value").as_bytes()).as_deref(), Ok(text));
}

fn check_malformed(bytes: &[u8], at: usize, what: &'static str) {
    assert_eq!(shown(bytes), Err(Malformed { at, what }));
}

#[derive(Serialize)]
struct Point {
    x: i8,
}
#[derive(Serialize)]
struct Meters(f32);
#[derive(Serialize)]
enum Shape {
    Dot,
    Box(u8, u8),
    Circle { radius: f64 },
    Named(&'static str),
}

#[test]
fn small_values_are_shown_whole() {
    check(&("flights.csv", 2013), r#"("flights.csv", 2013)"#);
    check(&Some(3), "Some(3)");
    check(&(1,), "(1,)");
    check(&((), None::<u8>), "((), None)");
    check(&((),), "((),)");
    check(&Vec::<u8>::new(), "[]");
    check(&vec![true, false], "[true, false]");
    check(&i128::MIN, "-170141183460469231731687303715884105728");
    check(&(1.0, -0.0, f32::NAN), "(1.0, -0.0, NaN)");
    check(&('\'', "a\"\n"), r#"('\'', "a\"\n")"#);
    check(&BTreeMap::from([("b", 1), ("a", 2)]), r#"{"a": 2, "b": 1}"#);
    check(&Unordered(vec![2, 1]), "set{1, 2}");
    check(&Point { x: -1 }, "Point {x: -1}");
    check(&Meters(1.5), "Meters(1.5)");
    check(&(Shape::Dot, Shape::Box(1, 2)), "(Shape::Dot, Shape::Box(1, 2))");
    check(&Shape::Circle { radius: 0.5 }, "Shape::Circle {radius: 0.5}");
    check(&Shape::Named("a"), r#"Shape::Named("a")"#);
}

#[test]
fn long_values_are_abbreviated() {
    check(&"é".repeat(64), &format!("\"{}\"", "é".repeat(64)));
    check(&"é".repeat(65), &format!("\"{}…\" (130 bytes)", "é".repeat(64)));
    let numbers: Vec<u8> = (0..18).collect();
    check(&(numbers, 7), "([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, … 2 more], 7)");
    check_written(|writer| writer.bytes(&[]), "<0 bytes>");
    check_written(|writer| writer.bytes(&[0xab; 17]), &format!("<17 bytes {}…>", "ab".repeat(16)));
    check_written(|writer| writer.int_big(true, &[1; 17]), &format!("-0x{}… (17 bytes)", "01".repeat(16)));
}

#[test]
fn values_without_serde_are_shown() {
    let digest = Digest::of(b"flights");
    check_written(
        |writer| writer.array("float64", &[3, 4], &digest),
        &format!("array<float64, 3, 4, #{}>", digest.short()),
    );
    check_written(|writer| writer.opaque("shop.Order", &[1, 2]), "shop.Order<2 bytes 0102>");
    check_written(
        |writer| {
            writer.ordered_map(1);
            writer.text("b");
            writer.none();
        },
        r#"{"b": None}"#,
    );
}

#[test]
fn a_key_names_its_factory() {
    let factory = "tables".into();
    assert_eq!(Key::of(&factory, &(1, 2)).expect("a key").to_string(), "tables(1, 2)");
    assert_eq!(Key::of(&factory, &1).expect("a key").to_string(), "tables(1)");
    assert_eq!(Key::of(&factory, &(1,)).expect("a key").called(), "(1)", "as a call writes it");
    assert_eq!(Key::of(&factory, &((1,),)).expect("a key").called(), "((1,))");
}

#[test]
fn a_key_without_its_encoding_shows_digest_and_length() {
    let key = Key::of(&"tables".into(), &"x".repeat(5000)).expect("a key");
    assert_eq!(key.shown(), format!("#{} (5003 bytes)", key.digest().short()));
}

#[test]
fn only_the_canonical_form_is_accepted() {
    check_malformed(&[], 0, "the end comes too early");
    check_malformed(&[0x0b], 0, "an unknown tag stands");
    check_malformed(&[0x01, 0x01], 1, "bytes are left over");
    check_malformed(&[0x04, 2, 0], 2, "a sign is neither 0 nor 1");
    check_malformed(&[0x04, 1, 0], 3, "a whole number is not in its shortest form");
    check_malformed(&[0x04, 0, 1, 0], 4, "a whole number is not in its shortest form");
    check_malformed(&[0x05, 0xff, 0xf8, 0, 0, 0, 0, 0, 0], 9, "a NaN is not the canonical one");
    check_malformed(&[0x06, 0, 0, 0xd8, 0], 5, "a number is no character");
    check_malformed(&[0x07, 1, 0xff], 3, "a text is not UTF-8");
    check_malformed(&[0x07, 0x80, 0x00], 3, "a count is longer than it need be");
    check_malformed(&[[0x07].as_slice(), &[0xff; 10]].concat(), 11, "a count has more than 64 bits");
    check_malformed(&[0x12, 2, 0x03, 0x02], 4, "members are not in ascending order");
    check_malformed(&[0x12, 2, 0x03, 0x03], 4, "members are not in ascending order");
    check_malformed(&[0x13, 2, 0x03, 0x01, 0x02, 0x01], 5, "members are not in ascending order");
    check_malformed(&vec![0x09; 1 << 20], 129, "a value is nested too deep");
}

#[test]
fn a_claimed_length_asks_for_no_memory() {
    for tag in [0x07, 0x08, 0x10, 0x11, 0x12, 0x13, 0x14, 0x20, 0x31] {
        let claim = [[tag].as_slice(), &[0xff; 9], &[0x01]].concat();
        check_malformed(&claim, 11, "the end comes too early");
    }
}
