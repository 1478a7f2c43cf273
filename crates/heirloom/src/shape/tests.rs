//! Shapes: two types that mean different things have two, and each is found by asking alone.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::Deserialize;

use super::of;

/// The shape of a type called `T` with these fields or variants, whatever its neighbours are called.
macro_rules! shape {
    ($($item:item)+) => {{
        $(#[derive(Deserialize)] #[allow(dead_code, reason = "only its shape is looked at")] $item)+
        of::<T>()
    }};
}

#[test]
fn what_changes_the_meaning_of_the_bytes_changes_the_shape() {
    let shapes = [
        shape! { struct T { a: u32, b: u32 } },
        shape! { struct T { b: u32, a: u32 } },
        shape! { struct T { a: u32, b: i32 } },
        shape! { struct T { a: u32 } },
        shape! { struct T { a: u32, b: Option<u32> } },
        shape! { struct T { a: u32, b: Vec<u32> } },
        shape! { struct T { a: u32, b: BTreeMap<u32, u32> } },
        shape! { struct T { a: u32, b: BTreeMap<u32, String> } },
        shape! { struct T { a: u32, b: Inner } struct Inner { c: u8 } },
        shape! { struct T { a: u32, b: Inner } struct Inner { c: u16 } },
        shape! { struct T(u32, u32); },
        shape! { struct T(u32, u32, u32); },
        shape! { enum T { A, B(u32) } },
        shape! { enum T { B(u32), A } },
        shape! { enum T { A, B(u64) } },
        shape! { enum T { A, B { x: u64 } } },
        shape! { enum T { A, B { y: u64 } } },
        shape! { struct T { a: Option<Kind>, b: u8 } enum Kind { One, Two(String) } },
        shape! { struct T { a: Option<Kind>, b: u8 } enum Kind { One, Two(char) } },
        shape! { struct T { value: u8, rest: Vec<T> } },
        shape! { struct T { value: u16, rest: Vec<T> } },
        shape! { enum T { Sum(Box<T>, Box<T>), Leaf(u8) } },
        shape! { enum T { Sum(Box<T>, Box<T>), Leaf(u16) } },
        shape! { enum T { Leaf(u16), Sum(Box<T>, Box<T>) } },
        shape! { struct T { a: NonZeroU32, b: u8 } },
        shape! { struct T { a: NonZeroU32, b: u16 } },
    ];
    for (at, shape) in shapes.iter().enumerate() {
        let same = shapes.iter().position(|other| other == shape);
        assert_eq!(same, Some(at), "two types have one shape");
    }
}

#[test]
fn two_enums_of_one_name_and_one_list_of_variants_are_both_looked_at() {
    mod other {
        #[derive(serde::Deserialize)]
        #[allow(dead_code, reason = "only its shape is looked at")]
        pub(super) enum Kind<N> {
            A(N),
        }
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its shape is looked at")]
    enum Kind {
        A(u8),
    }
    assert_ne!(of::<(Kind, other::Kind<u8>)>(), of::<(Kind, other::Kind<u16>)>());
}

#[test]
fn what_does_not_change_the_bytes_does_not_change_the_shape() {
    let plain = shape!(
        struct T {
            a: u32,
            b: Inner,
        }
        struct Inner {
            c: u8,
        }
    );
    assert_eq!(
        plain,
        shape!(
            struct T {
                a: u32,
                b: Renamed,
            }
            struct Renamed {
                c: u8,
            }
        )
    );
    assert_eq!(
        plain,
        shape!(
            struct T {
                a: u32,
                b: Box<Inner>,
            }
            struct Inner {
                c: u8,
            }
        )
    );
    assert_eq!(
        plain,
        shape!(
            struct T {
                a: u32,
                b: Inner,
            }
            struct Inner {
                c: u8,
                #[serde(skip)]
                d: u8,
            }
        )
    );
}

#[test]
fn samples_are_tried_until_one_is_taken() {
    // Each refuses the first sample; what comes behind it is seen all the same.
    assert_ne!(of::<(Ending, u8)>(), of::<(Ending, u16)>());
    assert_ne!(of::<(std::net::IpAddr, u8)>(), of::<(std::net::IpAddr, u16)>());
}

/// A text that must be a number.
#[derive(Deserialize)]
#[serde(transparent)]
struct Ending(
    #[serde(deserialize_with = "number")]
    #[allow(dead_code, reason = "never read")]
    u64,
);

fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    struct Text;
    impl serde::de::Visitor<'_> for Text {
        type Value = u64;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
            text.parse().map_err(E::custom)
        }
    }
    from.deserialize_str(Text)
}

#[test]
fn what_cannot_be_traced_has_a_shape_of_its_own_and_always_the_same() {
    #[derive(Deserialize)]
    #[serde(try_from = "u8")]
    #[allow(dead_code, reason = "only its shape is looked at")]
    struct Never(u8);
    impl TryFrom<u8> for Never {
        type Error = &'static str;
        fn try_from(_: u8) -> Result<Self, Self::Error> {
            Err("not this one")
        }
    }
    assert_eq!(of::<(u8, Never)>(), of::<(u8, Never)>());
    assert_ne!(of::<(u8, Never)>(), of::<(u16, Never)>());
}
