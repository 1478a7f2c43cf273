//! Writes the canonical encoding by hand, one value after the other: the floor under serde, and the face of
//! languages that have no serde.
//!
//! Values are written depth first: a container is announced with its number of members, then each member is
//! written. Promises: 1. no two different values share an encoding, because every value begins with its tag and its
//! lengths; 2. a writer that was left with members missing or over is found out at the end. Refuses: the same key
//! twice in a map, the same element twice in a set, and to watch how deep its caller walks ([`super::DEPTH_MAX`]).

use super::digesting::Sink;
use super::encoded::{Duplicate, Encoded};
use super::tag::{Tag, canonical_bits};
use crate::{Digest, Error, Result};

/// Writes one value in the canonical encoding.
///
/// ```
/// use heirloom_core::identity::key::{Encoded, shown};
/// let encoded = Encoded::written::<heirloom_core::Error>(|writer| {
///     writer.tuple(2);
///     writer.text("flights.csv");
///     writer.int_u64(2013);
///     Ok(())
/// })?;
/// assert_eq!(shown(encoded.as_bytes()).unwrap(), r#"("flights.csv", 2013)"#);
/// # Ok::<(), heirloom_core::Error>(())
/// ```
pub struct KeyWriter<'sink> {
    sink: &'sink mut dyn Sink,
    /// Values and field names that were announced and not yet written.
    owed: u64,
    /// Whether something was written after the value was complete.
    overrun: bool,
}

/// A count or length as LEB128: seven bits a byte, the lowest first, the top bit set on all but the last byte.
/// Returns the bytes and how many of them count.
pub(super) fn count_bytes(mut count: u64) -> ([u8; 10], usize) {
    let mut bytes = [0; 10];
    let mut used = 0;
    while count >= 0x80 {
        bytes[used] = low_byte(count) | 0x80;
        count >>= 7;
        used += 1;
    }
    bytes[used] = low_byte(count);
    (bytes, used + 1)
}

fn low_byte(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

impl<'sink> KeyWriter<'sink> {
    pub(super) fn new(sink: &'sink mut dyn Sink) -> Self {
        Self { sink, owed: 1, overrun: false }
    }

    /// Checks that exactly one complete value was written.
    pub(super) fn finish(self) -> Result<()> {
        match (self.owed, self.overrun) {
            (0, false) => Ok(()),
            (_, true) => Err(Error::invalid(
                "a key was written past its end; write as many members as each container announces",
            )),
            (owed, false) => Err(Error::invalid(format!(
                "a key was left with {owed} members missing; write as many members as each container announces"
            ))),
        }
    }

    /// Python's `None`, Rust's `Option::None`.
    pub fn none(&mut self) {
        self.value(Tag::None, 0);
    }

    /// Rust's `()`; another key than `None`.
    pub fn unit(&mut self) {
        self.value(Tag::Unit, 0);
    }

    /// A truth value.
    pub fn boolean(&mut self, value: bool) {
        self.value(if value { Tag::True } else { Tag::False }, 0);
    }

    /// A whole number.
    pub fn int_i64(&mut self, value: i64) {
        self.int(value < 0, value.unsigned_abs().to_be_bytes());
    }

    /// A whole number that is not negative.
    pub fn int_u64(&mut self, value: u64) {
        self.int(false, value.to_be_bytes());
    }

    /// A whole number of up to 128 bits.
    pub fn int_i128(&mut self, value: i128) {
        self.int(value < 0, value.unsigned_abs().to_be_bytes());
    }

    /// A whole number of up to 128 bits that is not negative.
    pub fn int_u128(&mut self, value: u128) {
        self.int(false, value.to_be_bytes());
    }

    /// A whole number of any size: its sign and its magnitude, most significant byte first. Leading zero bytes do
    /// not count, and neither does the sign of zero.
    pub fn int_big(&mut self, negative: bool, magnitude: &[u8]) {
        let magnitude = without_leading_zeros(magnitude);
        let negative = negative && !magnitude.is_empty();
        self.settle(0);
        self.sink.put(&[Tag::Int as u8, u8::from(negative)]);
        self.count(magnitude.len() as u64);
        self.sink.put(magnitude);
    }

    /// A floating-point number. All NaNs are one key; `0.0` and `-0.0` are two.
    pub fn float(&mut self, value: f64) {
        let mut bytes = [Tag::Float as u8; 9];
        bytes[1..].copy_from_slice(&canonical_bits(value).to_be_bytes());
        self.settle(0);
        self.sink.put(&bytes);
    }

    /// One character; another key than the text of one character.
    pub fn character(&mut self, value: char) {
        let mut bytes = [Tag::Char as u8; 5];
        bytes[1..].copy_from_slice(&u32::from(value).to_be_bytes());
        self.settle(0);
        self.sink.put(&bytes);
    }

    /// A text.
    pub fn text(&mut self, value: &str) {
        self.settle(0);
        self.head(Tag::Text, value.len() as u64);
        self.sink.put(value.as_bytes());
    }

    /// A run of bytes; another key than a list of numbers.
    pub fn bytes(&mut self, value: &[u8]) {
        self.settle(0);
        self.head(Tag::Bytes, value.len() as u64);
        self.sink.put(value);
    }

    /// `Some` of the one value that follows.
    pub fn some(&mut self) {
        self.value(Tag::Some, 1);
    }

    /// A tuple of the next `len` values.
    pub fn tuple(&mut self, len: u64) {
        self.settle(len);
        self.head(Tag::Tuple, len);
    }

    /// A list of the next `len` values.
    pub fn list(&mut self, len: u64) {
        self.settle(len);
        self.head(Tag::List, len);
    }

    /// A map whose order counts, such as Python's `dict`: `len` keys, each followed by its value. The caller
    /// vouches that no key stands twice.
    pub fn ordered_map(&mut self, len: u64) {
        self.settle(len.saturating_mul(2));
        self.head(Tag::OrderedMap, len);
    }

    /// A map whose order does not count: the entries are sorted by the bytes of their keys.
    ///
    /// # Errors
    /// [`Duplicate`] when a key stands twice; then nothing was written.
    pub fn map(&mut self, mut entries: Vec<(Encoded, Encoded)>) -> Result<(), Duplicate> {
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Duplicate::new("map key", &pair[0].0));
        }
        self.settle(0);
        self.head(Tag::Map, entries.len() as u64);
        for (key, value) in &entries {
            self.sink.put(key.as_bytes());
            self.sink.put(value.as_bytes());
        }
        Ok(())
    }

    /// A set: the elements are sorted by their bytes.
    ///
    /// # Errors
    /// [`Duplicate`] when an element stands twice; then nothing was written.
    pub fn set(&mut self, mut elements: Vec<Encoded>) -> Result<(), Duplicate> {
        elements.sort_unstable();
        if let Some([twice, ..]) = elements.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Duplicate::new("set element", twice));
        }
        self.settle(0);
        self.head(Tag::Set, elements.len() as u64);
        for element in &elements {
            self.sink.put(element.as_bytes());
        }
        Ok(())
    }

    /// A record without content: Rust's `struct Name;`.
    pub fn unit_record(&mut self, name: &str) {
        self.settle(0);
        self.named(Tag::UnitRecord, name);
    }

    /// A record around the one value that follows: Rust's `struct Name(T);`.
    pub fn newtype_record(&mut self, name: &str) {
        self.settle(1);
        self.named(Tag::NewtypeRecord, name);
    }

    /// A record of the next `len` values, which have no names.
    pub fn tuple_record(&mut self, name: &str, len: u64) {
        self.settle(len);
        self.named(Tag::TupleRecord, name);
        self.count(len);
    }

    /// A record of `len` fields, in declared order: for each, [`field`](Self::field) and then its value.
    pub fn record(&mut self, name: &str, len: u64) {
        self.settle(len.saturating_mul(2));
        self.named(Tag::Record, name);
        self.count(len);
    }

    /// The name of the next field of a record.
    pub fn field(&mut self, name: &str) {
        self.settle(0);
        self.name(name);
    }

    /// A variant without content. Variants count by name, so reordering an enum changes no key.
    pub fn unit_variant(&mut self, name: &str, variant: &str) {
        self.settle(0);
        self.named(Tag::UnitVariant, name);
        self.name(variant);
    }

    /// A variant around the one value that follows.
    pub fn newtype_variant(&mut self, name: &str, variant: &str) {
        self.settle(1);
        self.named(Tag::NewtypeVariant, name);
        self.name(variant);
    }

    /// A variant of the next `len` values.
    pub fn tuple_variant(&mut self, name: &str, variant: &str, len: u64) {
        self.settle(len);
        self.named(Tag::TupleVariant, name);
        self.name(variant);
        self.count(len);
    }

    /// A variant of `len` fields, in declared order: for each, [`field`](Self::field) and then its value.
    pub fn record_variant(&mut self, name: &str, variant: &str, len: u64) {
        self.settle(len.saturating_mul(2));
        self.named(Tag::RecordVariant, name);
        self.name(variant);
        self.count(len);
    }

    /// A large array or table by its content: what its elements are (for a table, its schema), its shape, and the
    /// digest of its bytes.
    pub fn array(&mut self, dtype: &str, shape: &[u64], digest: &Digest) {
        self.settle(0);
        self.named(Tag::Array, dtype);
        self.count(shape.len() as u64);
        for extent in shape {
            self.count(*extent);
        }
        self.sink.put(digest.as_bytes());
    }

    /// A value that gives its own key bytes: the name of its type, and those bytes.
    pub fn opaque(&mut self, type_name: &str, bytes: &[u8]) {
        self.settle(0);
        self.named(Tag::Opaque, type_name);
        self.count(bytes.len() as u64);
        self.sink.put(bytes);
    }

    /// A value that was encoded before.
    pub fn encoded(&mut self, value: &Encoded) {
        self.settle(0);
        self.sink.put(value.as_bytes());
    }

    /// One of the announced members is written now, and it announces `members` of its own.
    fn settle(&mut self, members: u64) {
        match self.owed.checked_sub(1) {
            Some(owed) => self.owed = owed.saturating_add(members),
            None => self.overrun = true,
        }
    }

    fn value(&mut self, tag: Tag, members: u64) {
        self.settle(members);
        self.sink.put(&[tag as u8]);
    }

    fn int<const WIDTH: usize>(&mut self, negative: bool, magnitude: [u8; WIDTH]) {
        let magnitude = without_leading_zeros(&magnitude);
        let mut bytes = [0; 3 + 16];
        let end = 3 + magnitude.len();
        bytes[..3].copy_from_slice(&[Tag::Int as u8, u8::from(negative), low_byte(magnitude.len() as u64)]);
        bytes[3..end].copy_from_slice(magnitude);
        self.settle(0);
        self.sink.put(&bytes[..end]);
    }

    fn head(&mut self, tag: Tag, count: u64) {
        let (count, used) = count_bytes(count);
        let mut bytes = [tag as u8; 11];
        bytes[1..].copy_from_slice(&count);
        self.sink.put(&bytes[..=used]);
    }

    fn named(&mut self, tag: Tag, name: &str) {
        self.head(tag, name.len() as u64);
        self.sink.put(name.as_bytes());
    }

    fn name(&mut self, name: &str) {
        self.count(name.len() as u64);
        self.sink.put(name.as_bytes());
    }

    fn count(&mut self, count: u64) {
        let (bytes, used) = count_bytes(count);
        self.sink.put(&bytes[..used]);
    }
}

fn without_leading_zeros(magnitude: &[u8]) -> &[u8] {
    let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
    &magnitude[zeros..]
}
