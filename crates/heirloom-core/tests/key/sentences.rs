//! The sentence of each refusal: factory, place, what is wrong, way out.

use std::collections::BTreeMap;

use heirloom_core::identity::key::{DEPTH_MAX, Encoded, Key, Retain, Unordered};
use heirloom_core::{Error, ErrorKind};
use serde::ser::{Error as _, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

/// A value that refuses to be serialised.
struct Stubborn;

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("it is a socket"))
    }
}

#[derive(Serialize)]
struct Query {
    weights: Vec<Option<Stubborn>>,
}

/// A value inside so many lists.
struct Nested(usize);

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 0 {
            return serializer.serialize_unit();
        }
        let mut list = serializer.serialize_seq(Some(1))?;
        list.serialize_element(&Self(self.0 - 1))?;
        list.end()
    }
}

fn check(arguments: &impl Serialize, sentence: &str) {
    let error = Key::of(&"tables".into(), arguments).expect_err("a refusal");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, sentence));
}

#[test]
fn the_place_inside_the_value_is_named() {
    check(
        &(1, Query { weights: vec![None, Some(Stubborn)] }),
        "argument 2 of `tables`, field `weights`, index 1: the value cannot be serialised (it is a socket); pass \
         another value, or leave this argument out of the key",
    );
    check(
        &BTreeMap::from([("price", Some(Stubborn))]),
        "the argument of `tables`, the value at `\"price\"`: the value cannot be serialised (it is a socket); pass \
         another value, or leave this argument out of the key",
    );
    check(
        &(Unordered(vec![Stubborn]),),
        "argument 1 of `tables`, an element of the set: the value cannot be serialised (it is a socket); pass \
         another value, or leave this argument out of the key",
    );
}

#[test]
fn a_map_key_that_cannot_be_serialised_is_named() {
    struct Entry;
    impl Serialize for Entry {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([(Stubborn, 1)])
        }
    }
    check(
        &Entry,
        "the argument of `tables`, a key of the map: the value cannot be serialised (it is a socket); pass another \
         value, or leave this argument out of the key",
    );
}

#[test]
fn a_member_that_stands_twice_is_named() {
    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("a", 1), ("b", 2), ("a", 3)])
        }
    }
    check(&(0, Twice), "argument 2 of `tables`: the map key `\"a\"` stands twice; take one of them out");
    check(
        &Unordered(vec![1, 2, 1]),
        "the argument of `tables`: the set element `1` stands twice; take one of them out",
    );
}

#[test]
fn only_sequences_can_be_unordered() {
    check(
        &Unordered(1),
        "the argument of `tables`: a number is marked as unordered; mark only sequences with `Unordered` or \
         `unordered`",
    );
}

#[test]
fn nesting_is_refused_one_level_beyond_the_limit() {
    let key = Key::of(&"tables".into(), &Nested(DEPTH_MAX)).expect("just deep enough");
    assert!(key.shown().starts_with("[[["));
    check(
        &Nested(DEPTH_MAX + 1),
        "the argument of `tables`, index 0, index 0, index 0, … 123 steps further in, index 0, index 0, index 0: a \
         value is nested deeper than 128 levels; pass a flatter value, or leave this argument out of the key",
    );
    assert!(Key::of(&"tables".into(), &Nested(10_000_000)).is_err(), "and no stack overflows");
}

#[test]
fn a_wrong_count_is_refused() {
    struct Miscounting;
    impl Serialize for Miscounting {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut record = serializer.serialize_struct("Miscounting", 2)?;
            record.serialize_field("a", &1)?;
            record.end()
        }
    }
    check(
        &Miscounting,
        "the argument of `tables`: Miscounting announces 2 members and gives 1; correct its `Serialize` so that \
         both numbers agree",
    );
}

#[test]
fn a_swallowed_failure_spoils_no_key() {
    struct Swallowing;
    impl Serialize for Swallowing {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(Some(1))?;
            let _ = list.serialize_element(&(1, 2, Stubborn));
            list.end()
        }
    }
    assert!(Key::of(&"tables".into(), &Swallowing).is_err());
}

#[test]
fn a_writer_with_members_missing_or_over_is_found_out() {
    let missing = Key::written::<Error>(&"tables".into(), Retain::Nothing, |writer| {
        writer.record("Point", 2);
        writer.field("x");
        writer.int_i64(1);
        Ok(())
    });
    assert_eq!(
        missing.expect_err("a refusal").to_string(),
        "a key was left with 2 members missing; write as many members as each container announces"
    );
    let over = Encoded::written::<Error>(|writer| {
        writer.none();
        writer.tuple(1);
        writer.none();
        Ok(())
    });
    assert_eq!(
        over.expect_err("a refusal").to_string(),
        "a key was written past its end; write as many members as each container announces"
    );
}
