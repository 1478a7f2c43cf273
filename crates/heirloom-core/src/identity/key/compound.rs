//! The members of containers on their way from serde to the writer.
//!
//! Beside [`super::key_serializer`]. Sequences and records stream; sets, maps and sequences of unknown length are
//! gathered first. Promises: a container gives as many members as it announced, or the key is refused. Refuses:
//! nothing else of its own.

use serde::Serialize;
use serde::ser;

use super::Encoded;
use super::key_serializer::{KeySerializer, encode_apart};
use super::key_writer::KeyWriter;
use super::refusal::{Refusal, Step};

type Written = Result<(), Refusal>;

/// What is gathered before it can be written.
pub(super) enum Gathering {
    /// Each element goes straight to the writer.
    Nothing,
    /// A list whose length is not known yet.
    List(Vec<Encoded>),
    /// Elements to be sorted.
    Set(Vec<Encoded>),
}

/// Where elements stand, for the sentence of a refusal.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// They are the arguments of the factory.
    Arguments,
    /// They are inside one of them.
    Inside,
}

/// The elements of a sequence, tuple, tuple struct or tuple variant.
pub(super) struct Elements<'writer, 'sink> {
    writer: &'writer mut KeyWriter<'sink>,
    depth: usize,
    name: &'static str,
    announced: Option<usize>,
    given: usize,
    place: Place,
    gathering: Gathering,
}

impl<'writer, 'sink> Elements<'writer, 'sink> {
    pub(super) fn new(
        writer: &'writer mut KeyWriter<'sink>,
        depth: usize,
        name: &'static str,
        announced: Option<usize>,
        place: Place,
        gathering: Gathering,
    ) -> Self {
        Self { writer, depth, name, announced, given: 0, place, gathering }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let depth = self.depth + 1;
        let written = match &mut self.gathering {
            Gathering::Nothing => {
                KeySerializer::at_depth(self.writer, depth).and_then(|inner| value.serialize(inner))
            }
            Gathering::List(elements) | Gathering::Set(elements) => {
                encode_apart(value, depth).map(|element| elements.push(element))
            }
        };
        self.given += 1;
        written.map_err(|refusal| refusal.within(self.step()))
    }

    /// The step to the element that was given last.
    #[cold]
    fn step(&self) -> Step {
        match (&self.gathering, self.place) {
            (Gathering::Set(_), _) => Step::Element,
            (_, Place::Arguments) => Step::Argument(self.given - 1),
            (_, Place::Inside) => Step::Index(self.given - 1),
        }
    }

    fn finish(self) -> Written {
        check_count(self.name, self.announced, self.given)?;
        match self.gathering {
            Gathering::Nothing => {}
            Gathering::Set(elements) => self.writer.set(elements)?,
            Gathering::List(elements) => {
                self.writer.list(elements.len() as u64);
                for element in &elements {
                    self.writer.encoded(element);
                }
            }
        }
        Ok(())
    }
}

fn check_count(name: &str, announced: Option<usize>, given: usize) -> Written {
    match announced {
        Some(announced) if announced != given => Err(Refusal::miscounted(name, announced, given)),
        _ => Ok(()),
    }
}

/// Serde asks for the same few methods under a name for each kind of container.
macro_rules! elements_of {
    ($($kind:ident $method:ident),+) => {$(
        impl ser::$kind for Elements<'_, '_> {
            type Ok = ();
            type Error = Refusal;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.element(value)
            }

            fn end(self) -> Written {
                self.finish()
            }
        }
    )+};
}

elements_of!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

/// The fields of a struct or struct variant.
pub(super) struct Fields<'writer, 'sink> {
    writer: &'writer mut KeyWriter<'sink>,
    depth: usize,
    name: &'static str,
    announced: usize,
    given: usize,
}

impl<'writer, 'sink> Fields<'writer, 'sink> {
    pub(super) fn new(
        writer: &'writer mut KeyWriter<'sink>,
        depth: usize,
        name: &'static str,
        announced: usize,
    ) -> Self {
        Self { writer, depth, name, announced, given: 0 }
    }

    fn field<T: Serialize + ?Sized>(&mut self, field: &'static str, value: &T) -> Written {
        self.given += 1;
        self.writer.field(field);
        KeySerializer::at_depth(self.writer, self.depth + 1)
            .and_then(|inner| value.serialize(inner))
            .map_err(|refusal| refusal.within(Step::Field(field)))
    }

    fn finish(self) -> Written {
        check_count(self.name, Some(self.announced), self.given)
    }
}

macro_rules! fields_of {
    ($($kind:ident),+) => {$(
        impl ser::$kind for Fields<'_, '_> {
            type Ok = ();
            type Error = Refusal;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &'static str, value: &T) -> Written {
                self.field(field, value)
            }

            fn end(self) -> Written {
                self.finish()
            }
        }
    )+};
}

fields_of!(SerializeStruct, SerializeStructVariant);

/// The entries of a map.
pub(super) struct Entries<'writer, 'sink> {
    writer: &'writer mut KeyWriter<'sink>,
    depth: usize,
    announced: Option<usize>,
    key: Option<Encoded>,
    gathered: Vec<(Encoded, Encoded)>,
}

impl<'writer, 'sink> Entries<'writer, 'sink> {
    pub(super) fn new(writer: &'writer mut KeyWriter<'sink>, depth: usize, announced: Option<usize>) -> Self {
        Self { writer, depth, announced, key: None, gathered: Vec::new() }
    }
}

impl ser::SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = Refusal;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        let key = encode_apart(key, self.depth + 1).map_err(|refusal| refusal.within(Step::MapKey))?;
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let key = self.key.take().ok_or_else(|| {
            Refusal::new("a map gives a value before its key".to_owned(), "correct its `Serialize`")
        })?;
        let value =
            encode_apart(value, self.depth + 1).map_err(|refusal| refusal.within(Step::map_value(&key)))?;
        self.gathered.push((key, value));
        Ok(())
    }

    fn end(self) -> Written {
        if self.key.is_some() {
            let what = "a map ends after a key, before its value".to_owned();
            return Err(Refusal::new(what, "correct its `Serialize`"));
        }
        check_count("a map", self.announced, self.gathered.len())?;
        Ok(self.writer.map(self.gathered)?)
    }
}
