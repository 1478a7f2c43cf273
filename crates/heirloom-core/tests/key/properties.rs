//! What holds for every value: different values have different bytes, equal ones the same, and no bytes break the
//! decoder.

use std::cmp::Ordering;

use heirloom_core::Digest;
use heirloom_core::identity::key::{Key, shown};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::tree::{Body, Tree, bytes_of};

/// An order over values that knows nothing of bytes: the oracle for "the same value".
fn order(left: &Tree, right: &Tree) -> Ordering {
    meaning(left).cmp(&meaning(right))
}

/// A value as a text that is unambiguous by its nesting, with maps and sets sorted.
fn meaning(tree: &Tree) -> String {
    let all = |trees: &[Tree]| trees.iter().map(meaning).collect::<Vec<_>>();
    let pairs = |pairs: &[(Tree, Tree)]| {
        pairs.iter().map(|(key, value)| (meaning(key), meaning(value))).collect::<Vec<_>>()
    };
    match tree {
        Tree::Float(bits) if f64::from_bits(*bits).is_nan() => "NaN".to_owned(),
        Tree::Some(value) => format!("Some<{}>", meaning(value)),
        Tree::Tuple(members) => format!("Tuple{:?}", all(members)),
        Tree::List(members) => format!("List{:?}", all(members)),
        Tree::Set(elements) => {
            let mut elements = all(elements);
            elements.sort();
            format!("Set{elements:?}")
        }
        Tree::Map(entries) => {
            let mut entries = pairs(entries);
            entries.sort();
            format!("Map{entries:?}")
        }
        Tree::OrderedMap(entries) => format!("Ordered{:?}", pairs(entries)),
        Tree::Record(name, variant, body) => {
            let body = match body {
                Body::Unit => "Unit".to_owned(),
                Body::Newtype(value) => format!("Newtype<{}>", meaning(value)),
                Body::Tuple(members) => format!("Tuple{:?}", all(members)),
                Body::Fields(fields) => {
                    format!(
                        "{:?}",
                        fields.iter().map(|(name, value)| (name, meaning(value))).collect::<Vec<_>>()
                    )
                }
            };
            format!("Record{:?}", (name, variant, body))
        }
        leaf => format!("{leaf:?}"),
    }
}

/// Short texts over few letters, so that look-alikes meet often.
fn name() -> impl Strategy<Value = String> {
    "[a1\u{0}é]{0,3}"
}

fn leaf() -> impl Strategy<Value = Tree> {
    prop_oneof![
        Just(Tree::None),
        Just(Tree::Unit),
        any::<bool>().prop_map(Tree::Bool),
        (-3_i128..300).prop_map(Tree::int),
        any::<i128>().prop_map(Tree::int),
        (any::<bool>(), vec(any::<u8>(), 17..20)).prop_map(|(negative, mut magnitude)| {
            magnitude[0] |= 1;
            Tree::Int(negative, magnitude)
        }),
        prop_oneof![any::<f64>().prop_map(f64::to_bits), any::<u64>(), Just(0), Just(1 << 63)]
            .prop_map(Tree::Float),
        prop_oneof![Just('1'), any::<char>()].prop_map(Tree::Char),
        prop_oneof![name(), any::<String>()].prop_map(Tree::Text),
        vec(0_u8..0x14, 0..4).prop_map(Tree::Bytes),
        (name(), vec(0_u64..300, 0..3), 0_u8..3).prop_map(|(dtype, shape, seed)| Tree::Array(
            dtype,
            shape,
            Digest::of(&[seed])
        )),
        (name(), vec(0_u8..0x14, 0..4)).prop_map(|(type_name, bytes)| Tree::Opaque(type_name, bytes)),
    ]
}

/// Takes out members that mean the same.
fn distinct(mut trees: Vec<Tree>) -> Vec<Tree> {
    trees.sort_by(order);
    trees.dedup_by(|left, right| order(left, right) == Ordering::Equal);
    trees
}

fn distinct_keys(mut entries: Vec<(Tree, Tree)>) -> Vec<(Tree, Tree)> {
    entries.sort_by(|left, right| order(&left.0, &right.0));
    entries.dedup_by(|left, right| order(&left.0, &right.0) == Ordering::Equal);
    entries
}

fn tree() -> impl Strategy<Value = Tree> {
    leaf().prop_recursive(4, 40, 4, |inner| {
        let entries = || vec((inner.clone(), inner.clone()), 0..4);
        let body = prop_oneof![
            Just(Body::Unit),
            inner.clone().prop_map(|value| Body::Newtype(value.into())),
            vec(inner.clone(), 0..4).prop_map(Body::Tuple),
            vec((name(), inner.clone()), 0..4).prop_map(Body::Fields),
        ];
        prop_oneof![
            inner.clone().prop_map(|value| Tree::Some(value.into())),
            vec(inner.clone(), 0..4).prop_map(Tree::Tuple),
            vec(inner.clone(), 0..4).prop_map(Tree::List),
            vec(inner.clone(), 0..4).prop_map(|elements| Tree::Set(distinct(elements))),
            entries().prop_map(|entries| Tree::Map(distinct_keys(entries))),
            entries().prop_map(Tree::OrderedMap),
            (name(), prop::option::of(name()), body)
                .prop_map(|(name, variant, body)| Tree::Record(name, variant, body)),
        ]
    })
}

/// The same value with every map and set walked the other way round.
fn reversed(tree: &Tree) -> Tree {
    let all = |trees: &[Tree]| trees.iter().map(reversed).collect::<Vec<_>>();
    match tree {
        Tree::Some(value) => Tree::Some(reversed(value).into()),
        Tree::Tuple(members) => Tree::Tuple(all(members)),
        Tree::List(members) => Tree::List(all(members)),
        Tree::Set(elements) => Tree::Set(all(elements).into_iter().rev().collect()),
        Tree::Map(entries) => {
            Tree::Map(entries.iter().rev().map(|(key, value)| (reversed(key), reversed(value))).collect())
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_values_share_bytes_exactly_when_they_are_equal(left in tree(), right in tree()) {
        let (left_bytes, right_bytes) = (bytes_of(&left)?, bytes_of(&right)?);
        prop_assert_eq!(left_bytes == right_bytes, order(&left, &right) == Ordering::Equal);
        if left_bytes != right_bytes {
            prop_assert!(!left_bytes.starts_with(&right_bytes), "no encoding begins another");
        }
    }

    #[test]
    fn two_lookalike_leaves_share_bytes_exactly_when_they_are_equal(left in leaf(), right in leaf()) {
        prop_assert_eq!(bytes_of(&left)? == bytes_of(&right)?, order(&left, &right) == Ordering::Equal);
    }

    #[test]
    fn the_order_in_which_maps_and_sets_are_walked_does_not_count(value in tree()) {
        prop_assert_eq!(bytes_of(&value)?, bytes_of(&reversed(&value))?);
    }

    #[test]
    fn serde_and_the_writer_agree(value in tree().prop_filter("serde has it", Tree::is_serde)) {
        let key = Key::of(&"tables".into(), &value)?;
        prop_assert_eq!(key.encoded().expect("a short key"), bytes_of(&value)?);
    }

    #[test]
    fn every_value_is_shown(value in tree()) {
        prop_assert!(shown(&bytes_of(&value)?).is_ok());
    }

    #[test]
    fn a_cut_or_lengthened_encoding_is_refused(value in tree(), cut in any::<prop::sample::Index>()) {
        let mut bytes = bytes_of(&value)?;
        prop_assert!(shown(&bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(0x01);
        prop_assert!(shown(&bytes).is_err());
    }

    #[test]
    fn hostile_bytes_give_an_error_or_a_text(bytes in vec(any::<u8>(), 0..300)) {
        let _ = shown(&bytes);
    }

    #[test]
    fn hostile_tags_and_counts_give_an_error_or_a_text(bytes in vec(0_u8..0x32, 0..300)) {
        let _ = shown(&bytes);
    }

    #[test]
    fn a_spoilt_encoding_gives_an_error_or_a_text(
        value in tree(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = bytes_of(&value)?;
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = shown(&bytes);
    }
}
