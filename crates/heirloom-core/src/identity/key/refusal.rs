//! Why a value cannot be a key, and the place inside it; becomes one sentence for the caller.
//!
//! Under the serializer. The path is collected on the way out, so a key that succeeds pays nothing for it.
//! Promises: the sentence names the factory, the place, what is wrong and the way out. Refuses: long paths; the
//! middle of one is left out.

use std::fmt;

use super::encoded::Duplicate;
use super::{DEPTH_MAX, Encoded};
use crate::Error;

/// How many steps of a path are spelled out at each end.
const STEPS_SHOWN_EACH_END: usize = 3;

/// A refused value; boxed, because the road without it is the hot one.
#[derive(Debug)]
pub(super) struct Refusal(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// What is wrong, as half a sentence.
    what: String,
    /// What the caller can do.
    way_out: &'static str,
    /// From the refused value outwards.
    path: Vec<Step>,
}

/// One step into a value.
#[derive(Debug)]
pub(super) enum Step {
    /// A member of the outermost tuple, counted from 0.
    Argument(usize),
    /// A member of a list or tuple, counted from 0.
    Index(usize),
    /// An element of a set.
    Element,
    /// A field of a record.
    Field(&'static str),
    /// The key of an entry of a map.
    MapKey,
    /// The value of an entry of a map, by the key as it is shown.
    MapValue(String),
}

impl Step {
    pub(super) fn map_value(key: &Encoded) -> Self {
        Self::MapValue(key.shown())
    }
}

impl Refusal {
    pub(super) fn new(what: String, way_out: &'static str) -> Self {
        Self(Box::new(Inner { what, way_out, path: Vec::new() }))
    }

    /// The value nests too deep.
    #[cold]
    pub(super) fn too_deep() -> Self {
        Self::new(
            format!("a value is nested deeper than {DEPTH_MAX} levels"),
            "pass a flatter value, or leave this argument out of the key",
        )
    }

    /// A container of type `name` announced another number of members than it gave.
    #[cold]
    pub(super) fn miscounted(name: &str, announced: usize, given: usize) -> Self {
        Self::new(
            format!("{name} announces {announced} members and gives {given}"),
            "correct its `Serialize` so that both numbers agree",
        )
    }

    /// The same refusal, one step further out.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    /// The sentence for the caller of `factory`.
    pub(super) fn for_factory(self, factory: &str) -> Error {
        let Inner { what, way_out, mut path } = *self.0;
        path.reverse();
        let (argument, steps) = match path.split_first() {
            Some((Step::Argument(position), steps)) => (format!("argument {}", position + 1), steps),
            _ => ("the argument".to_owned(), &*path),
        };
        Error::invalid(format!("{argument} of `{factory}`{}: {what}; {way_out}", shown_path(steps)))
    }
}

/// The steps, each with a comma before it; of a long path, both ends.
fn shown_path(steps: &[Step]) -> String {
    let hidden = steps.len().saturating_sub(2 * STEPS_SHOWN_EACH_END);
    let mut parts = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let behind_start = at.checked_sub(STEPS_SHOWN_EACH_END);
        match behind_start.filter(|behind| *behind < hidden) {
            None => parts.push(format!(", {step}")),
            Some(0) => parts.push(format!(", … {hidden} steps further in")),
            Some(_) => {}
        }
    }
    parts.concat()
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(position) | Self::Index(position) => write!(f, "index {position}"),
            Self::Element => f.write_str("an element of the set"),
            Self::Field(name) => write!(f, "field `{name}`"),
            Self::MapKey => f.write_str("a key of the map"),
            Self::MapValue(key) => write!(f, "the value at `{key}`"),
        }
    }
}

impl From<Duplicate> for Refusal {
    fn from(duplicate: Duplicate) -> Self {
        Self::new(duplicate.to_string(), "take one of them out")
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::new(error.to_string(), "correct the `Serialize` of this value")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl std::error::Error for Refusal {}

impl serde::ser::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(
            format!("the value cannot be serialised ({message})"),
            "pass another value, or leave this argument out of the key",
        )
    }
}
