//! Values that look alike and are different keys, and values that look different and are the same one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use heirloom_core::identity::key::{Encoded, Key, Retain, SHOWN_BYTES_MAX, Unordered, unordered};
use heirloom_core::{Digest, Error};
use serde::Serialize;

fn key(arguments: &impl Serialize) -> Key {
    Key::of(&"tables".into(), arguments).expect("a key")
}

fn all_differ(keys: &[Key]) {
    for (at, left) in keys.iter().enumerate() {
        for right in &keys[at + 1..] {
            assert_ne!(left, right);
        }
    }
}

#[derive(Serialize)]
struct Pair(u8, u8);
#[derive(Serialize)]
struct Wrapped((u8, u8));
#[derive(Serialize)]
struct Marker;
#[derive(Serialize)]
struct Point {
    x: u8,
    y: u8,
}

#[test]
fn f3_one_and_its_lookalikes_are_four_keys() {
    all_differ(&[key(&1), key(&1.0), key(&true), key(&"1")]);
}

#[test]
fn f3_further_lookalikes_differ() {
    let nothing = None::<Option<()>>;
    all_differ(&[key(&nothing), key(&Some(None::<()>)), key(&Some(())), key(&Some(Some(()))), key(&())]);

    all_differ(&[key(&'1'), key(&"1"), key(&[1_u8].as_slice()), key(&(1,)), key(&1), key(&Some(1))]);
    all_differ(&[
        key(&()),
        key(&nothing),
        key(&Marker),
        key(&Vec::<u8>::new()),
        key(&false),
        key(&0),
        key(&""),
    ]);
    all_differ(&[
        key(&(1, 2)),
        key(&vec![1, 2]),
        key(&Pair(1, 2)),
        key(&Wrapped((1, 2))),
        key(&Point { x: 1, y: 2 }),
    ]);
    all_differ(&[key(&0.0), key(&-0.0), key(&0)]);
    all_differ(&[key(&("a", "bc")), key(&("ab", "c")), key(&(("a", "b"), "c")), key(&("a", ("b", "c")))]);
    all_differ(&[key(&Unordered(vec![1, 2])), key(&vec![1, 2]), key(&BTreeMap::from([(1, 2)]))]);
}

#[test]
fn equal_numbers_of_every_width_are_one_key() {
    for same in [key(&2013_u16), key(&2013_i32), key(&2013_u64), key(&2013_i128), key(&2013_u128)] {
        assert_eq!(same, key(&2013_i64));
    }
    assert_eq!(key(&0.5_f32), key(&0.5_f64));
    assert_eq!(key(&f32::NAN), key(&-f64::NAN));
    assert_eq!(key(&None::<u8>), key(&None::<&str>));
}

#[test]
fn the_factory_is_part_of_the_key() {
    assert_ne!(Key::of(&"a".into(), &1).expect("a key"), Key::of(&"b".into(), &1).expect("a key"));
}

#[test]
fn the_order_of_hash_maps_and_marked_sets_does_not_count() {
    let forwards: HashMap<u32, u32> = (0..100).map(|at| (at, at)).collect();
    let backwards: HashMap<u32, u32> = (0..100).rev().map(|at| (at, at)).collect();
    assert_eq!(key(&forwards), key(&backwards));
    let forwards: HashSet<u32> = (0..100).collect();
    let backwards: HashSet<u32> = (0..100).rev().collect();
    assert_eq!(key(&Unordered(&forwards)), key(&Unordered(&backwards)));
}

#[test]
fn unordered_reaches_through_options_and_stays_plain_elsewhere() {
    #[derive(Serialize)]
    struct Query {
        #[serde(serialize_with = "unordered")]
        columns: Option<Vec<&'static str>>,
    }
    let query = |columns: &[&'static str]| Query { columns: Some(columns.to_vec()) };
    assert_eq!(key(&query(&["a", "b"])), key(&query(&["b", "a"])));
    assert_eq!(serde_json::to_string(&query(&["b", "a"])).expect("JSON"), r#"{"columns":["b","a"]}"#);
}

#[test]
fn variants_count_by_name_and_not_by_position() {
    mod before {
        #[derive(serde::Serialize)]
        pub(crate) enum Carrier {
            United,
        }
    }
    mod after {
        #[derive(serde::Serialize)]
        pub(crate) enum Carrier {
            #[expect(dead_code, reason = "it only moves the other one")]
            Delta,
            United,
        }
    }
    assert_eq!(key(&before::Carrier::United), key(&after::Carrier::United));
}

#[test]
fn compact_forms_are_asked_for() {
    let address = std::net::Ipv4Addr::new(10, 0, 0, 1);
    assert_eq!(key(&address), key(&(10, 0, 0, 1)));
}

/// Writes a list of `count` numbers and compares the digest with one that is made in one go.
fn check_digest_of_list(count: u64) {
    let factory: Arc<str> = "tables".into();
    let numbers: Vec<u64> = (0..count).collect();
    let whole = Encoded::written::<Error>(|writer| {
        writer.list(count);
        for number in &numbers {
            writer.int_u64(*number);
        }
        Ok(())
    });
    let whole = whole.expect("a list");
    let mut covered = b"heirloom key 1\n\x06tables".to_vec();
    covered.extend_from_slice(whole.as_bytes());
    let key = Key::of(&factory, &numbers).expect("a key");
    assert_eq!(key.digest(), Digest::of(&covered), "{count} numbers");
    assert_eq!(key.length(), whole.as_bytes().len() as u64);
    let fits = whole.as_bytes().len() <= SHOWN_BYTES_MAX;
    assert_eq!(key.encoded(), fits.then_some(whole.as_bytes()), "{count} numbers");
    let bare = Key::written(&factory, Retain::Nothing, |writer| {
        writer.encoded(&whole);
        Ok::<_, Error>(())
    });
    let bare = bare.expect("a key");
    assert_eq!((bare.digest(), bare.encoded()), (key.digest(), None));
}

#[test]
fn long_keys_stream_to_the_same_digest() {
    for count in
        [0, 1, 100, 118, 119, 120, 121, 122, 123, 124, 125, 126, 300, 800, 850, 851, 852, 853, 854, 5000]
    {
        check_digest_of_list(count);
    }
}

#[test]
fn one_large_argument_streams_to_the_same_digest() {
    for length in [480, 490, 512, 513, 4090, 4096, 5000, 1 << 20, 3 << 20] {
        let text = "x".repeat(length);
        let whole = Encoded::written::<Error>(|writer| {
            writer.text(&text);
            Ok(())
        });
        let whole = whole.expect("a text");
        let covered = [b"heirloom key 1\n\x06tables", whole.as_bytes()].concat();
        let key = key(&text);
        assert_eq!(key.digest(), Digest::of(&covered), "{length} letters");
        assert_eq!(key.encoded().is_some(), whole.as_bytes().len() <= SHOWN_BYTES_MAX, "{length} letters");
    }
}

#[test]
fn a_name_longer_than_the_buffer_is_digested_whole() {
    let name = "n".repeat(600);
    let key = Key::of(&name.as_str().into(), &1).expect("a key");
    let covered = [b"heirloom key 1\n\xd8\x04", name.as_bytes(), &[4, 0, 1, 1]].concat();
    assert_eq!(key.digest(), Digest::of(&covered));
    assert_eq!(key.encoded(), Some(&[4, 0, 1, 1][..]));
}

#[test]
fn an_encoding_is_retained_up_to_the_last_byte() {
    for length in SHOWN_BYTES_MAX - 20..SHOWN_BYTES_MAX {
        let key = key(&("x".repeat(length), 1));
        let retained = key.encoded().map(|encoded| encoded.len() as u64);
        let fits = key.length() <= SHOWN_BYTES_MAX as u64;
        assert_eq!(retained, fits.then_some(key.length()), "{length} letters");
    }
}

#[test]
fn a_big_number_is_written_in_its_shortest_form() {
    let number = |negative: bool, magnitude: &[u8]| {
        let written = Encoded::written::<Error>(|writer| {
            writer.int_big(negative, magnitude);
            Ok(())
        });
        written.expect("a number").as_bytes().to_vec()
    };
    assert_eq!(number(true, &[]), [4, 0, 0]);
    assert_eq!(number(true, &[0, 0]), [4, 0, 0]);
    assert_eq!(number(true, &[0, 1, 0]), [4, 1, 2, 1, 0]);
}
