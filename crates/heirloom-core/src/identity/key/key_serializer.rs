//! Serde's way into the key: turns any `Serialize` value into calls of a [`KeyWriter`].
//!
//! Over the writer, beside [`super::compound`], which takes the members of containers. Promises: 1. every type of
//! serde's data model has its place in the format; 2. a length that serde does not know is counted first; 3. a value
//! that nests deeper than [`DEPTH_MAX`] is refused before the stack is at risk. Refuses: being asked for
//! human-readable forms; an address or a time is keyed by its compact form.

use serde::{Serialize, Serializer};

use super::compound::{Elements, Entries, Fields, Gathering, Place};
use super::key_writer::KeyWriter;
use super::refusal::Refusal;
use super::unordered::UNORDERED_NAME;
use super::{DEPTH_MAX, Encoded};

/// Writes one value.
pub(super) struct KeySerializer<'writer, 'sink> {
    writer: &'writer mut KeyWriter<'sink>,
    /// How many containers stand around the value.
    depth: usize,
    /// Whether the value is a sequence whose order does not count.
    unordered: bool,
}

type Written = Result<(), Refusal>;

impl<'writer, 'sink> KeySerializer<'writer, 'sink> {
    /// For the value that is the whole key.
    pub(super) fn outermost(writer: &'writer mut KeyWriter<'sink>) -> Self {
        Self { writer, depth: 0, unordered: false }
    }

    /// For a value that `depth` containers stand around.
    pub(super) fn at_depth(writer: &'writer mut KeyWriter<'sink>, depth: usize) -> Result<Self, Refusal> {
        if depth > DEPTH_MAX {
            return Err(Refusal::too_deep());
        }
        Ok(Self { writer, depth, unordered: false })
    }

    /// The writer, for a value that is not a sequence.
    fn plain(self, kind: &str) -> Result<&'writer mut KeyWriter<'sink>, Refusal> {
        if self.unordered {
            return Err(Refusal::new(
                format!("{kind} is marked as unordered"),
                "mark only sequences with `Unordered` or `unordered`",
            ));
        }
        Ok(self.writer)
    }

    /// The value inside `Some` or a newtype; the mark `unordered` reaches through.
    fn inner<T: Serialize + ?Sized>(self, value: &T) -> Written {
        let inner = Self::at_depth(self.writer, self.depth + 1)?;
        value.serialize(KeySerializer { unordered: self.unordered, ..inner })
    }
}

/// Encodes a value apart from the stream, to be sorted or counted.
pub(super) fn encode_apart<T: Serialize + ?Sized>(value: &T, depth: usize) -> Result<Encoded, Refusal> {
    Encoded::written(|writer| value.serialize(KeySerializer::at_depth(writer, depth)?))
}

impl<'writer, 'sink> Serializer for KeySerializer<'writer, 'sink> {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Elements<'writer, 'sink>;
    type SerializeTuple = Elements<'writer, 'sink>;
    type SerializeTupleStruct = Elements<'writer, 'sink>;
    type SerializeTupleVariant = Elements<'writer, 'sink>;
    type SerializeMap = Entries<'writer, 'sink>;
    type SerializeStruct = Fields<'writer, 'sink>;
    type SerializeStructVariant = Fields<'writer, 'sink>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.plain("a truth value")?.boolean(value);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Written {
        self.plain("a number")?.int_i64(value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Written {
        self.plain("a number")?.int_i128(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.plain("a number")?.int_u64(value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Written {
        self.plain("a number")?.int_u128(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.plain("a number")?.float(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Written {
        self.plain("a character")?.character(value);
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Written {
        self.plain("a text")?.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.plain("a run of bytes")?.bytes(value);
        Ok(())
    }

    fn serialize_none(self) -> Written {
        self.writer.none();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.writer.some();
        self.inner(value)
    }

    fn serialize_unit(self) -> Written {
        self.plain("a unit")?.unit();
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Written {
        self.plain(name)?.unit_record(name);
        Ok(())
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Written {
        self.plain(name)?.unit_variant(name, variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Written {
        if name == UNORDERED_NAME {
            return value.serialize(Self { unordered: true, ..self });
        }
        self.writer.newtype_record(name);
        self.inner(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let depth = self.depth;
        let writer = self.plain(name)?;
        writer.newtype_variant(name, variant);
        value.serialize(KeySerializer::at_depth(writer, depth + 1)?)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, Refusal> {
        let gathering = match len {
            _ if self.unordered => Gathering::Set(Vec::new()),
            None => Gathering::List(Vec::new()),
            Some(len) => {
                self.writer.list(len as u64);
                Gathering::Nothing
            }
        };
        Ok(Elements::new(self.writer, self.depth, "a sequence", len, Place::Inside, gathering))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, Refusal> {
        let gathering = if self.unordered {
            Gathering::Set(Vec::new())
        } else {
            self.writer.tuple(len as u64);
            Gathering::Nothing
        };
        let place = if self.depth == 0 { Place::Arguments } else { Place::Inside };
        Ok(Elements::new(self.writer, self.depth, "a tuple", Some(len), place, gathering))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, Refusal> {
        let depth = self.depth;
        let writer = self.plain(name)?;
        writer.tuple_record(name, len as u64);
        Ok(Elements::new(writer, depth, name, Some(len), Place::Inside, Gathering::Nothing))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, Refusal> {
        let depth = self.depth;
        let writer = self.plain(name)?;
        writer.tuple_variant(name, variant, len as u64);
        Ok(Elements::new(writer, depth, name, Some(len), Place::Inside, Gathering::Nothing))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, Refusal> {
        let depth = self.depth;
        Ok(Entries::new(self.plain("a map")?, depth, len))
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, Refusal> {
        let depth = self.depth;
        let writer = self.plain(name)?;
        writer.record(name, len as u64);
        Ok(Fields::new(writer, depth, name, len))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, Refusal> {
        let depth = self.depth;
        let writer = self.plain(name)?;
        writer.record_variant(name, variant, len as u64);
        Ok(Fields::new(writer, depth, name, len))
    }
}
