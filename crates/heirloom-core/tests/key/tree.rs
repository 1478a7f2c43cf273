//! The value language of `docs/format/key-vectors.json`: one enum that can be written by hand and through serde.

use heirloom_core::identity::key::{Encoded, KeyWriter, Unordered};
use heirloom_core::{Digest, Error, Result};
use serde::ser::{self, SerializeMap, SerializeStruct, SerializeStructVariant};
use serde::ser::{SerializeTuple, SerializeTupleStruct, SerializeTupleVariant};
use serde::{Serialize, Serializer};

/// A value of the format. Whole numbers are a sign and a magnitude, so that every size fits.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    None,
    Unit,
    Bool(bool),
    Int(bool, Vec<u8>),
    Float(u64),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Some(Box<Tree>),
    Tuple(Vec<Tree>),
    List(Vec<Tree>),
    Set(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    OrderedMap(Vec<(Tree, Tree)>),
    Record(String, Option<String>, Body),
    Array(String, Vec<u64>, Digest),
    Opaque(String, Vec<u8>),
}

/// What stands inside a record or variant.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Unit,
    Newtype(Box<Tree>),
    Tuple(Vec<Tree>),
    Fields(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn int(number: i128) -> Self {
        let magnitude = number.unsigned_abs().to_be_bytes();
        let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
        Self::Int(number < 0, magnitude[zeros..].to_vec())
    }

    pub(crate) fn encoded(&self) -> Result<Encoded> {
        Encoded::written(|writer| self.write(writer))
    }

    pub(crate) fn write(&self, writer: &mut KeyWriter<'_>) -> Result<()> {
        match self {
            Self::None => writer.none(),
            Self::Unit => writer.unit(),
            Self::Bool(value) => writer.boolean(*value),
            Self::Int(negative, magnitude) => writer.int_big(*negative, magnitude),
            Self::Float(bits) => writer.float(f64::from_bits(*bits)),
            Self::Char(value) => writer.character(*value),
            Self::Text(value) => writer.text(value),
            Self::Bytes(value) => writer.bytes(value),
            Self::Some(value) => {
                writer.some();
                value.write(writer)?;
            }
            Self::Tuple(members) => {
                writer.tuple(members.len() as u64);
                write_all(members, writer)?;
            }
            Self::List(members) => {
                writer.list(members.len() as u64);
                write_all(members, writer)?;
            }
            Self::Set(elements) => {
                writer.set(elements.iter().map(Self::encoded).collect::<Result<_>>()?)?;
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((key.encoded()?, value.encoded()?)));
                writer.map(entries.collect::<Result<_>>()?)?;
            }
            Self::OrderedMap(entries) => {
                writer.ordered_map(entries.len() as u64);
                for (key, value) in entries {
                    key.write(writer)?;
                    value.write(writer)?;
                }
            }
            Self::Record(name, variant, body) => body.write(name, variant.as_deref(), writer)?,
            Self::Array(dtype, shape, digest) => writer.array(dtype, shape, digest),
            Self::Opaque(type_name, bytes) => writer.opaque(type_name, bytes),
        }
        Ok(())
    }

    /// Whether serde's data model has this value.
    pub(crate) fn is_serde(&self) -> bool {
        match self {
            Self::Int(negative, magnitude) => number(*negative, magnitude).is_some(),
            Self::OrderedMap(_) | Self::Array(..) | Self::Opaque(..) => false,
            Self::Some(value) | Self::Record(_, _, Body::Newtype(value)) => value.is_serde(),
            Self::Tuple(members)
            | Self::List(members)
            | Self::Set(members)
            | Self::Record(_, _, Body::Tuple(members)) => members.iter().all(Self::is_serde),
            Self::Map(entries) => entries.iter().all(|(key, value)| key.is_serde() && value.is_serde()),
            Self::Record(_, _, Body::Fields(fields)) => fields.iter().all(|(_, value)| value.is_serde()),
            _ => true,
        }
    }
}

fn write_all(members: &[Tree], writer: &mut KeyWriter<'_>) -> Result<()> {
    members.iter().try_for_each(|member| member.write(writer))
}

impl Body {
    fn write(&self, name: &str, variant: Option<&str>, writer: &mut KeyWriter<'_>) -> Result<()> {
        match (self, variant) {
            (Self::Unit, None) => writer.unit_record(name),
            (Self::Unit, Some(variant)) => writer.unit_variant(name, variant),
            (Self::Newtype(_), None) => writer.newtype_record(name),
            (Self::Newtype(_), Some(variant)) => writer.newtype_variant(name, variant),
            (Self::Tuple(members), None) => writer.tuple_record(name, members.len() as u64),
            (Self::Tuple(members), Some(variant)) => {
                writer.tuple_variant(name, variant, members.len() as u64);
            }
            (Self::Fields(fields), None) => writer.record(name, fields.len() as u64),
            (Self::Fields(fields), Some(variant)) => {
                writer.record_variant(name, variant, fields.len() as u64);
            }
        }
        match self {
            Self::Unit => Ok(()),
            Self::Newtype(value) => value.write(writer),
            Self::Tuple(members) => write_all(members, writer),
            Self::Fields(fields) => fields.iter().try_for_each(|(name, value)| {
                writer.field(name);
                value.write(writer)
            }),
        }
    }
}

/// Either width of number that serde has, when the number fits.
enum Number {
    Signed(i128),
    Unsigned(u128),
}

fn number(negative: bool, magnitude: &[u8]) -> Option<Number> {
    if magnitude.len() > 16 {
        return None;
    }
    let unsigned = magnitude.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    if negative {
        0_i128.checked_sub_unsigned(unsigned).map(Number::Signed)
    } else {
        Some(Number::Unsigned(unsigned))
    }
}

/// Serde wants names that live for ever; a test may leak them.
fn forever(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Unit => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(negative, magnitude) => match number(*negative, magnitude) {
                Some(Number::Signed(number)) => serialize_signed(number, serializer),
                Some(Number::Unsigned(number)) => serialize_unsigned(number, serializer),
                None => Err(ser::Error::custom("too big")),
            },
            Self::Float(bits) => serializer.serialize_f64(f64::from_bits(*bits)),
            Self::Char(value) => serializer.serialize_char(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::Some(value) => serializer.serialize_some(value),
            Self::Tuple(members) => {
                let mut tuple = serializer.serialize_tuple(members.len())?;
                members.iter().try_for_each(|member| tuple.serialize_element(member))?;
                tuple.end()
            }
            // Alternately with and without a length, as iterators do.
            Self::List(members) if members.len() % 2 == 0 => serializer.collect_seq(members),
            Self::List(members) => serializer.collect_seq(members.iter().filter(|_| true)),
            Self::Set(elements) => Unordered(elements).serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Record(name, None, body) => serialize_record(forever(name), body, serializer),
            Self::Record(name, Some(variant), body) => {
                serialize_variant(forever(name), forever(variant), body, serializer)
            }
            Self::OrderedMap(_) | Self::Array(..) | Self::Opaque(..) => {
                Err(ser::Error::custom("serde has no such value"))
            }
        }
    }
}

/// Through the narrowest width that holds the number: every width must give the same key.
fn serialize_signed<S: Serializer>(number: i128, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(narrow) = i8::try_from(number) {
        return serializer.serialize_i8(narrow);
    }
    if let Ok(narrow) = i16::try_from(number) {
        return serializer.serialize_i16(narrow);
    }
    if let Ok(narrow) = i32::try_from(number) {
        return serializer.serialize_i32(narrow);
    }
    match i64::try_from(number) {
        Ok(narrow) => serializer.serialize_i64(narrow),
        Err(_) => serializer.serialize_i128(number),
    }
}

fn serialize_unsigned<S: Serializer>(number: u128, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(narrow) = u8::try_from(number) {
        return serializer.serialize_u8(narrow);
    }
    if let Ok(narrow) = u16::try_from(number) {
        return serializer.serialize_u16(narrow);
    }
    if let Ok(narrow) = u32::try_from(number) {
        return serializer.serialize_u32(narrow);
    }
    match u64::try_from(number) {
        Ok(narrow) => serializer.serialize_u64(narrow),
        Err(_) => serializer.serialize_u128(number),
    }
}

fn serialize_record<S: Serializer>(
    name: &'static str,
    body: &Body,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match body {
        Body::Unit => serializer.serialize_unit_struct(name),
        Body::Newtype(value) => serializer.serialize_newtype_struct(name, value),
        Body::Tuple(members) => {
            let mut record = serializer.serialize_tuple_struct(name, members.len())?;
            members.iter().try_for_each(|member| record.serialize_field(member))?;
            record.end()
        }
        Body::Fields(fields) => {
            let mut record = serializer.serialize_struct(name, fields.len())?;
            fields.iter().try_for_each(|(field, value)| record.serialize_field(forever(field), value))?;
            record.end()
        }
    }
}

fn serialize_variant<S: Serializer>(
    name: &'static str,
    variant: &'static str,
    body: &Body,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match body {
        Body::Unit => serializer.serialize_unit_variant(name, 7, variant),
        Body::Newtype(value) => serializer.serialize_newtype_variant(name, 7, variant, value),
        Body::Tuple(members) => {
            let mut record = serializer.serialize_tuple_variant(name, 7, variant, members.len())?;
            members.iter().try_for_each(|member| record.serialize_field(member))?;
            record.end()
        }
        Body::Fields(fields) => {
            let mut record = serializer.serialize_struct_variant(name, 7, variant, fields.len())?;
            fields.iter().try_for_each(|(field, value)| record.serialize_field(forever(field), value))?;
            record.end()
        }
    }
}

/// The way the tests turn a value into bytes when it must succeed.
pub(crate) fn bytes_of(tree: &Tree) -> Result<Vec<u8>, Error> {
    Ok(tree.encoded()?.as_bytes().to_vec())
}
