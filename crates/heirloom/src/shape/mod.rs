//! The shape of a serde type: what fields and variants it has, in which order, of which primitive types.
//!
//! Postcard writes values without their names, so bytes that were written for one shape can be read as another and
//! mean something else. Therefore the shape is part of the fingerprint. It is traced: the type is deserialised from a
//! format that answers every question with a sample, and writes the questions down. (The way of the `serde-reflection`
//! crate, without its values.)
//!
//! Promises: 1. the same type has the same shape on every machine and in every build; 2. names of fields and variants
//! count, names of types do not, because they change no meaning; 3. every variant of every enum is looked at. Refuses:
//! to fail. A type that accepts none of the samples (a checked `try_from`, say) is traced up to there; what lies behind
//! is not seen, and the guide says so.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use heirloom_core::Digest;
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

/// The version of the way of tracing: another one gives other digests.
const DOMAIN: &[u8] = b"heirloom shape 1\n";
/// Values that stand in for texts; the next one is tried where one is refused.
const TEXTS: [&str; 6] = ["a", "", "1", "2000-01-01T00:00:00Z", "2000-01-01", "https://example.org/"];
const BYTES: [&[u8]; 4] = [&[], &[1; 16], &[1; 32], &[1; 8]];
const NUMBERS: [u8; 2] = [1, 0];
/// More runs than any honest type has variants and refused samples.
const RUNS_MAX: usize = 4_000;
const STEPS_MAX: usize = 1 << 22;
const DEPTH_MAX: usize = 100;

type Fault = serde::de::value::Error;

/// The digest of the shape of `V`.
pub(crate) fn of<V: DeserializeOwned>() -> Digest {
    let mut trace = Trace { log: DOMAIN.to_vec(), ..Trace::default() };
    for _ in 0..RUNS_MAX {
        let begun = trace.log.len();
        trace.news = false;
        trace.open.clear();
        trace.met.clear();
        trace.again = 0;
        let run = catch_unwind(AssertUnwindSafe(|| V::deserialize(Tracing(&mut trace)).map(drop)));
        let traced = matches!(run, Ok(Ok(())));
        if !trace.news {
            trace.log.push(u8::from(traced));
            break;
        }
        if !traced {
            // Another sample is tried now; what was written on the way to the refused one does not count.
            trace.log.truncate(begun);
        }
    }
    Digest::of(&trace.log)
}

#[derive(Default)]
struct Trace {
    log: Vec<u8>,
    steps: usize,
    /// Whether this run tried what no run had tried.
    news: bool,
    /// The types that are being read, by their visitors; the outermost first.
    open: Vec<&'static str>,
    /// How often each type was met in this run.
    met: HashMap<&'static str, usize>,
    /// How many of them are being read inside of themselves; nothing is written down there.
    again: usize,
    /// Variants of each enum that were looked at so far, by its visitor.
    explored: HashMap<&'static str, u32>,
    /// A variant of each enum that does not lead back to it.
    ends: HashMap<&'static str, u32>,
    /// Which sample each visitor takes.
    samples: HashMap<&'static str, usize>,
}

struct Tracing<'a>(&'a mut Trace);

impl Trace {
    fn note(&mut self, word: &str) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.open.len() > DEPTH_MAX {
            return Err(Fault::custom("too large a type"));
        }
        if self.again == 0 {
            self.log.extend_from_slice(word.as_bytes());
            self.log.push(b'\n');
        }
        Ok(())
    }

    fn names(&mut self, names: &[&str]) -> Result<(), Fault> {
        names.iter().try_for_each(|name| self.note(name))
    }

    /// Reads inside of the type of visitor `V`.
    fn inside<V, T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let name = std::any::type_name::<V>();
        let again = self.open.contains(&name);
        *self.met.entry(name).or_default() += 1;
        self.open.push(name);
        self.again += usize::from(again);
        let got = read(self);
        self.again -= usize::from(again);
        self.open.pop();
        got
    }

    /// How often the type of visitor `V` was met in this run.
    fn met<V>(&self) -> usize {
        self.met.get(std::any::type_name::<V>()).copied().unwrap_or(0)
    }

    /// Hands a sample to a visitor; where it is refused, the next run tries the next one.
    fn sample<V, S: Copy, T>(
        &mut self,
        all: &[S],
        visit: impl FnOnce(S) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let at = self.samples.entry(std::any::type_name::<V>()).or_default();
        let got = visit(all[*at]);
        if got.is_err() && *at + 1 < all.len() {
            *at += 1;
            self.news = true;
        }
        got
    }

    /// The variant of an enum to look at: a new one, or one that ends.
    fn variant<V>(&mut self, count: u32) -> u32 {
        let name = std::any::type_name::<V>();
        if self.again == 0 {
            let explored = self.explored.entry(name).or_default();
            if *explored < count {
                *explored += 1;
                self.news = true;
                return *explored - 1;
            }
        }
        let turns = u32::try_from(self.again).unwrap_or(0) % count.max(1);
        self.ends.get(name).copied().unwrap_or(turns)
    }
}

/// Methods for numbers, which differ in one word.
macro_rules! numbers {
    ($($method:ident $visit:ident $number:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.0.note(stringify!($number))?;
            self.0.sample::<V, _, _>(&NUMBERS, |number| visitor.$visit(<$number>::from(number)))
        })*
    };
}

impl<'de> Deserializer<'de> for Tracing<'_> {
    type Error = Fault;

    numbers!(
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_u128 visit_u128 u128, deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128,
        deserialize_f32 visit_f32 f32, deserialize_f64 visit_f64 f64
    );

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("i8")?;
        self.0.sample::<V, _, _>(&NUMBERS, |number| visitor.visit_i8(number.cast_signed()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("bool")?;
        self.0.sample::<V, _, _>(&[true, false], |truth| visitor.visit_bool(truth))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("char")?;
        self.0.sample::<V, _, _>(&['a', '1'], |letter| visitor.visit_char(letter))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("text")?;
        self.0.sample::<V, _, _>(&TEXTS, |text| visitor.visit_borrowed_str(text))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("bytes")?;
        self.0.sample::<V, _, _>(&BYTES, |bytes| visitor.visit_borrowed_bytes(bytes))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("option")?;
        if self.0.again > 0 { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("unit")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.0.inside::<V, _>(|trace| visitor.visit_newtype_struct(Tracing(trace)))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("list")?;
        let left = usize::from(self.0.again == 0);
        visitor.visit_seq(Parts { trace: self.0, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.0.note(&format!("tuple {len}"))?;
        visitor.visit_seq(Parts { trace: self.0, left: len })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.0.inside::<V, _>(|trace| Tracing(trace).deserialize_tuple(len, visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.note("map")?;
        let left = usize::from(self.0.again == 0);
        visitor.visit_map(Parts { trace: self.0, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.0.note(&format!("struct {}", fields.len()))?;
        self.0.names(fields)?;
        self.0.inside::<V, _>(|trace| visitor.visit_seq(Parts { trace, left: fields.len() }))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.0.note(&format!("enum {}", variants.len()))?;
        self.0.names(variants)?;
        self.0.inside::<V, _>(|trace| {
            let (name, before) = (std::any::type_name::<V>(), trace.met::<V>());
            let chosen = trace.variant::<V>(u32::try_from(variants.len()).unwrap_or(u32::MAX));
            trace.note(&format!("variant {chosen}"))?;
            let got = visitor.visit_enum(Choice { trace: &mut *trace, chosen });
            if got.is_ok() && trace.met::<V>() == before {
                trace.ends.entry(name).or_insert(chosen);
            }
            got
        })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        self.0.note("any")?;
        Err(Fault::custom("a type that asks the format what comes cannot be kept by postcard"))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// So many parts of a list, a tuple, a struct or a map.
struct Parts<'a> {
    trace: &'a mut Trace,
    left: usize,
}

impl Parts<'_> {
    fn next(&mut self) -> bool {
        let more = self.left > 0;
        self.left = self.left.saturating_sub(1);
        more
    }
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.next() { seed.deserialize(Tracing(self.trace)).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Parts<'_> {
    type Error = Fault;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.next() { seed.deserialize(Tracing(self.trace)).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(Tracing(self.trace))
    }
}

/// One variant of an enum.
struct Choice<'a> {
    trace: &'a mut Trace,
    chosen: u32,
}

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Fault> {
        let index: U32Deserializer<Fault> = self.chosen.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.trace.note("unit")
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(Tracing(self.trace))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        Tracing(self.trace).deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.trace.note(&format!("struct {}", fields.len()))?;
        self.trace.names(fields)?;
        visitor.visit_seq(Parts { trace: self.trace, left: fields.len() })
    }
}

#[cfg(test)]
mod tests;
