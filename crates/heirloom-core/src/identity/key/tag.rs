//! The first byte of every encoded value: what kind of value follows.
//!
//! Ground floor of the key. Promises: a number, once released, keeps its meaning for ever; the table is printed in
//! `docs/format/key.md`. Refuses: numbers that are not in the table; they are free for later formats.

/// The kind of an encoded value; its number is the byte on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// Python's `None`, Rust's `Option::None`.
    None = 0x01,
    False = 0x02,
    True = 0x03,
    /// Whole numbers of every width: sign, then the shortest magnitude.
    Int = 0x04,
    Float = 0x05,
    Char = 0x06,
    Text = 0x07,
    Bytes = 0x08,
    Some = 0x09,
    /// Rust's `()`; apart from `None`, so that `Some(())` and `Some(None)` differ.
    Unit = 0x0a,
    Tuple = 0x10,
    List = 0x11,
    Set = 0x12,
    Map = 0x13,
    /// A map whose order a builder can see: Python's `dict`.
    OrderedMap = 0x14,
    UnitRecord = 0x20,
    NewtypeRecord = 0x21,
    TupleRecord = 0x22,
    Record = 0x23,
    UnitVariant = 0x28,
    NewtypeVariant = 0x29,
    TupleVariant = 0x2a,
    RecordVariant = 0x2b,
    /// A large array or table, by its kind of element, shape and content digest.
    Array = 0x30,
    /// A value that gives its own key bytes: Python's `__heirloom_key__`.
    Opaque = 0x31,
}

impl Tag {
    /// The tag of a byte, when there is one.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0x01 => Self::None,
            0x02 => Self::False,
            0x03 => Self::True,
            0x04 => Self::Int,
            0x05 => Self::Float,
            0x06 => Self::Char,
            0x07 => Self::Text,
            0x08 => Self::Bytes,
            0x09 => Self::Some,
            0x0a => Self::Unit,
            0x10 => Self::Tuple,
            0x11 => Self::List,
            0x12 => Self::Set,
            0x13 => Self::Map,
            0x14 => Self::OrderedMap,
            0x20 => Self::UnitRecord,
            0x21 => Self::NewtypeRecord,
            0x22 => Self::TupleRecord,
            0x23 => Self::Record,
            0x28 => Self::UnitVariant,
            0x29 => Self::NewtypeVariant,
            0x2a => Self::TupleVariant,
            0x2b => Self::RecordVariant,
            0x30 => Self::Array,
            0x31 => Self::Opaque,
            _ => return None,
        })
    }
}

/// The float whose bits stand in a key: every NaN becomes the one quiet NaN, because no arithmetic tells NaNs
/// apart. `-0.0` stays what it is: a builder can see it (`1.0 / -0.0`).
pub(super) fn canonical_bits(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() }
}
