//! Turns an encoding back into text for people: `("flights.csv", 2013)`.
//!
//! Beside the road: `explain`, `ls` and the error sentences show keys with it. Promises: 1. it accepts exactly the
//! canonical encodings; 2. on hostile bytes it neither panics nor overflows the stack, and its memory grows with
//! the bytes that are there, not with the lengths they claim. Refuses: to be an identity. Long texts, bytes and
//! lists are abbreviated, and a `MAP` and an `ORDERED_MAP` look the same.

use std::fmt::Write as _;

use super::DEPTH_MAX;
use super::key_reader::{KeyReader, Malformed};
use super::tag::{Tag, canonical_bits};
use crate::Digest;

/// How many letters of a text are shown.
const LETTERS_SHOWN_MAX: usize = 64;
/// How many bytes of a run of bytes are shown.
const BYTES_SHOWN_MAX: usize = 16;
/// How many members of a container are shown.
const MEMBERS_SHOWN_MAX: u64 = 16;

/// Shows one canonical encoding as text.
///
/// ```
/// use heirloom_core::identity::key::shown;
/// assert_eq!(shown(&[0x09, 0x04, 0x00, 0x01, 0x03]).unwrap(), "Some(3)");
/// ```
///
/// # Errors
/// [`Malformed`] when the bytes are not exactly one value as a [`KeyWriter`](super::KeyWriter) writes it, or nest
/// deeper than [`DEPTH_MAX`].
pub fn shown(encoded: &[u8]) -> Result<String, Malformed> {
    let mut telling = Telling { reader: KeyReader::new(encoded), text: String::new() };
    telling.value(0)?;
    telling.reader.finish()?;
    Ok(telling.text)
}

/// What has been read, and the text so far.
struct Telling<'bytes> {
    reader: KeyReader<'bytes>,
    text: String,
}

/// Whether members must stand in ascending order of their bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Any,
    Sorted,
}

type Told = Result<(), Malformed>;

impl<'bytes> Telling<'bytes> {
    /// One value that `depth` containers stand around.
    fn value(&mut self, depth: usize) -> Told {
        if depth > DEPTH_MAX {
            return Err(self.reader.malformed("a value is nested too deep"));
        }
        let tag = self.reader.tag()?;
        match tag {
            Tag::None => self.text.push_str("None"),
            Tag::Unit => self.text.push_str("()"),
            Tag::False => self.text.push_str("false"),
            Tag::True => self.text.push_str("true"),
            Tag::Int => self.int()?,
            Tag::Float => self.float()?,
            Tag::Char => self.character()?,
            Tag::Text => quote(&mut self.text, self.reader.text()?),
            Tag::Bytes => abbreviate(&mut self.text, self.reader.run()?),
            Tag::Array => self.array()?,
            Tag::Opaque => self.opaque()?,
            Tag::Some => {
                self.text.push_str("Some");
                self.wrapped(depth)?;
            }
            Tag::Tuple => self.tuple(depth)?,
            Tag::List => self.members("[", "]", |telling, _| telling.value(depth + 1))?,
            Tag::Set => self.set(depth)?,
            Tag::Map => self.entries(depth, Order::Sorted)?,
            Tag::OrderedMap => self.entries(depth, Order::Any)?,
            Tag::UnitRecord => self.name()?,
            Tag::UnitVariant => self.variant()?,
            Tag::NewtypeRecord => {
                self.name()?;
                self.wrapped(depth)?;
            }
            Tag::NewtypeVariant => {
                self.variant()?;
                self.wrapped(depth)?;
            }
            Tag::TupleRecord => {
                self.name()?;
                self.members("(", ")", |telling, _| telling.value(depth + 1))?;
            }
            Tag::TupleVariant => {
                self.variant()?;
                self.members("(", ")", |telling, _| telling.value(depth + 1))?;
            }
            Tag::Record => {
                self.name()?;
                self.fields(depth)?;
            }
            Tag::RecordVariant => {
                self.variant()?;
                self.fields(depth)?;
            }
        }
        Ok(())
    }

    fn int(&mut self) -> Told {
        let negative = match self.reader.byte()? {
            0 => false,
            1 => true,
            _ => return Err(self.reader.malformed("a sign is neither 0 nor 1")),
        };
        let magnitude = self.reader.run()?;
        if magnitude.first() == Some(&0) || (negative && magnitude.is_empty()) {
            return Err(self.reader.malformed("a whole number is not in its shortest form"));
        }
        self.text.push_str(if negative { "-" } else { "" });
        if magnitude.len() <= 16 {
            let number = magnitude.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
            self.push(format_args!("{number}"));
        } else {
            self.text.push_str("0x");
            hexadecimal(&mut self.text, magnitude);
            self.push(format_args!(" ({} bytes)", magnitude.len()));
        }
        Ok(())
    }

    fn float(&mut self) -> Told {
        let value = f64::from_be_bytes(self.reader.array()?);
        if value.to_bits() != canonical_bits(value) {
            return Err(self.reader.malformed("a NaN is not the canonical one"));
        }
        self.push(format_args!("{value:?}"));
        Ok(())
    }

    fn character(&mut self) -> Told {
        let number = u32::from_be_bytes(self.reader.array()?);
        let value =
            char::from_u32(number).ok_or_else(|| self.reader.malformed("a number is no character"))?;
        self.push(format_args!("{value:?}"));
        Ok(())
    }

    fn array(&mut self) -> Told {
        let dtype = self.reader.text()?;
        self.text.push_str("array<");
        shorten(&mut self.text, dtype);
        self.text.push_str(", ");
        self.members("", "", |telling, _| {
            let extent = telling.reader.count()?;
            telling.push(format_args!("{extent}"));
            Ok(())
        })?;
        let digest = Digest::from_bytes(self.reader.array()?);
        self.push(format_args!(", #{}>", digest.short()));
        Ok(())
    }

    fn opaque(&mut self) -> Told {
        let type_name = self.reader.text()?;
        shorten(&mut self.text, type_name);
        abbreviate(&mut self.text, self.reader.run()?);
        Ok(())
    }

    /// The one value inside `Some`, a newtype record or a newtype variant.
    fn wrapped(&mut self, depth: usize) -> Told {
        self.text.push('(');
        self.value(depth + 1)?;
        self.text.push(')');
        Ok(())
    }

    fn tuple(&mut self, depth: usize) -> Told {
        let mut count = 0;
        self.members("(", "", |telling, position| {
            count = position + 1;
            telling.value(depth + 1)
        })?;
        self.text.push_str(if count == 1 { ",)" } else { ")" });
        Ok(())
    }

    fn set(&mut self, depth: usize) -> Told {
        let mut previous: &'bytes [u8] = &[];
        self.members("set{", "}", |telling, _| {
            let start = telling.reader.at();
            telling.value(depth + 1)?;
            let element = telling.reader.between(start, telling.reader.at());
            telling.ascending(&mut previous, element)
        })
    }

    fn entries(&mut self, depth: usize, order: Order) -> Told {
        let mut previous: &'bytes [u8] = &[];
        self.members("{", "}", |telling, _| {
            let start = telling.reader.at();
            telling.value(depth + 1)?;
            let key = telling.reader.between(start, telling.reader.at());
            if order == Order::Sorted {
                telling.ascending(&mut previous, key)?;
            }
            telling.text.push_str(": ");
            telling.value(depth + 1)
        })
    }

    fn fields(&mut self, depth: usize) -> Told {
        self.members(" {", "}", |telling, _| {
            telling.name()?;
            telling.text.push_str(": ");
            telling.value(depth + 1)
        })
    }

    fn name(&mut self) -> Told {
        let name = self.reader.text()?;
        shorten(&mut self.text, name);
        Ok(())
    }

    fn variant(&mut self) -> Told {
        self.name()?;
        self.text.push_str("::");
        self.name()
    }

    /// A count and that many members, each told by `member`; those beyond the sixteenth are read and not shown.
    fn members(&mut self, open: &str, close: &str, mut member: impl FnMut(&mut Self, u64) -> Told) -> Told {
        let count = self.reader.count()?;
        self.text.push_str(open);
        for position in 0..count {
            let mark = self.text.len();
            self.text.push_str(if position == 0 { "" } else { ", " });
            member(self, position)?;
            if position >= MEMBERS_SHOWN_MAX {
                self.text.truncate(mark);
            }
        }
        if let Some(more) = count.checked_sub(MEMBERS_SHOWN_MAX).filter(|more| *more > 0) {
            self.push(format_args!(", … {more} more"));
        }
        self.text.push_str(close);
        Ok(())
    }

    /// Refuses a member that does not stand behind the `previous` one.
    fn ascending(&self, previous: &mut &'bytes [u8], next: &'bytes [u8]) -> Told {
        if next <= *previous {
            return Err(self.reader.malformed("members are not in ascending order"));
        }
        *previous = next;
        Ok(())
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        let _ = self.text.write_fmt(text);
    }
}

/// A text in quotes; a long one is cut and followed by its length.
fn quote(text: &mut String, value: &str) {
    text.push('"');
    let rest = shorten(text, value);
    text.push('"');
    if rest {
        let _ = write!(text, " ({} bytes)", value.len());
    }
}

/// The first letters of a text, escaped, and `…` when it is longer; whether it is.
fn shorten(text: &mut String, value: &str) -> bool {
    let end = value.char_indices().nth(LETTERS_SHOWN_MAX).map_or(value.len(), |(at, _)| at);
    text.extend(value[..end].escape_debug());
    let rest = end < value.len();
    text.push_str(if rest { "…" } else { "" });
    rest
}

/// A run of bytes as `<3 bytes 01ff00>`.
fn abbreviate(text: &mut String, value: &[u8]) {
    let _ = write!(text, "<{} bytes", value.len());
    text.push_str(if value.is_empty() { "" } else { " " });
    hexadecimal(text, value);
    text.push('>');
}

fn hexadecimal(text: &mut String, value: &[u8]) {
    for byte in value.iter().take(BYTES_SHOWN_MAX) {
        let _ = write!(text, "{byte:02x}");
    }
    text.push_str(if value.len() > BYTES_SHOWN_MAX { "…" } else { "" });
}
