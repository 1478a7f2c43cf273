//! The golden vectors: this release and every later one must write exactly these bytes.

use std::collections::BTreeSet;
use std::sync::Arc;

use heirloom_core::identity::key::{Key, Retain, shown};
use heirloom_core::{Digest, Error};
use serde_json::Value;

use crate::tree::{Body, Tree, bytes_of};

const VECTORS: &str = include_str!("../../../../docs/format/key-vectors.json");

const TAGS: [u8; 25] = [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x10, 0x11, 0x12, 0x13, 0x14, 0x20, 0x21,
    0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b, 0x30, 0x31,
];

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn hex(value: &Value) -> Vec<u8> {
    let letters = text(value);
    let pairs = (0..letters.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&letters[at..at + 2], 16).expect("hexadecimal")).collect()
}

/// A decimal number of any size, as sign and magnitude.
fn decimal(value: &Value) -> Tree {
    let digits = text(value).trim_start_matches('-');
    let mut magnitude: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in magnitude.iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        magnitude.insert(0, carry.to_le_bytes()[0]);
    }
    Tree::Int(text(value).starts_with('-'), magnitude.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn trees(value: &Value) -> Vec<Tree> {
    value.as_array().expect("a list").iter().map(tree).collect()
}

fn entries(value: &Value) -> Vec<(Tree, Tree)> {
    value.as_array().expect("a list").iter().map(|pair| (tree(&pair[0]), tree(&pair[1]))).collect()
}

fn fields(value: &Value) -> Vec<(String, Tree)> {
    value.as_array().expect("a list").iter().map(|pair| (text(&pair[0]).to_owned(), tree(&pair[1]))).collect()
}

/// Reads one value of the vectors' language.
fn tree(value: &Value) -> Tree {
    let name = || text(&value[1]).to_owned();
    let kind = text(&value[0]);
    if let Some((shape, family)) = kind.split_once('_').filter(|(_, family)| *family != "map") {
        let variant = (family == "variant").then(|| text(&value[2]).to_owned());
        let content = &value[if variant.is_some() { 3 } else { 2 }];
        let body = match shape {
            "unit" => Body::Unit,
            "newtype" => Body::Newtype(tree(content).into()),
            "tuple" => Body::Tuple(trees(content)),
            _ => Body::Fields(fields(content)),
        };
        return Tree::Record(name(), variant, body);
    }
    match kind {
        "none" => Tree::None,
        "unit" => Tree::Unit,
        "bool" => Tree::Bool(value[1].as_bool().expect("a truth value")),
        "int" => decimal(&value[1]),
        "float" => Tree::Float(u64::from_str_radix(text(&value[1]), 16).expect("bits")),
        "char" => Tree::Char(text(&value[1]).chars().next().expect("a letter")),
        "text" => Tree::Text(name()),
        "bytes" => Tree::Bytes(hex(&value[1])),
        "some" => Tree::Some(tree(&value[1]).into()),
        "tuple" => Tree::Tuple(trees(&value[1])),
        "list" => Tree::List(trees(&value[1])),
        "set" => Tree::Set(trees(&value[1])),
        "map" => Tree::Map(entries(&value[1])),
        "ordered_map" => Tree::OrderedMap(entries(&value[1])),
        "record" => Tree::Record(name(), None, Body::Fields(fields(&value[2]))),
        "array" => {
            let shape = value[2]
                .as_array()
                .expect("a shape")
                .iter()
                .map(|extent| extent.as_u64().expect("an extent"));
            Tree::Array(name(), shape.collect(), text(&value[3]).parse().expect("a digest"))
        }
        "opaque" => Tree::Opaque(name(), hex(&value[2])),
        other => panic!("the vectors' language has no `{other}`"),
    }
}

#[test]
fn every_golden_vector_is_written_exactly() {
    let document: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let factory: Arc<str> = text(&document["factory"]).into();
    let mut tags = BTreeSet::new();
    let mut through_serde = 0;
    for vector in document["vectors"].as_array().expect("a list of vectors") {
        let value = tree(&vector["value"]);
        let place = &vector["value"];
        let expected = hex(&vector["encoding"]);
        let digest: Digest = text(&vector["digest"]).parse().expect("a digest");
        tags.insert(expected[0]);
        assert_eq!(bytes_of(&value).expect("a key"), expected, "{place} by hand");
        let key = Key::written(&factory, Retain::Encoding, |writer| value.write(writer)).expect("a key");
        assert_eq!((key.digest(), key.length()), (digest, expected.len() as u64), "{place}");
        assert!(shown(&expected).is_ok(), "{place} is shown");
        if value.is_serde() {
            let key = Key::of(&factory, &value).unwrap_or_else(|error: Error| panic!("{place}: {error}"));
            assert_eq!(key.encoded().expect("retained")[..], expected, "{place} through serde");
            assert_eq!(key.digest(), digest, "{place} through serde");
            assert_eq!(Key::digest_only(&factory, &value).expect("a key"), key, "{place}");
            through_serde += 1;
        }
    }
    assert_eq!(tags, BTreeSet::from(TAGS), "every tag has a vector");
    assert!(through_serde >= 40, "most vectors go through serde as well: {through_serde}");
}
