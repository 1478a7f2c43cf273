//! Tells our serializer that a sequence is a set.
//!
//! Serde shows a `HashSet` as a plain sequence, in the order in which it happens to be walked; a key must not depend
//! on that. Promises: inside a key, an [`Unordered`] sequence is a set; with a serializer that passes newtypes
//! through, such as JSON or postcard, it stays the plain sequence. Refuses: the same element twice.

use serde::{Serialize, Serializer};

/// The name by which our serializer knows the wrapper; no Rust type can have it.
pub(super) const UNORDERED_NAME: &str = "$heirloom::Unordered";

/// A sequence whose order does not count.
///
/// ```
/// use heirloom_core::identity::key::{Key, Unordered};
/// let factory = "tables".into();
/// let left = Key::of(&factory, &Unordered(vec![1, 2]))?;
/// assert_eq!(left, Key::of(&factory, &Unordered(vec![2, 1]))?);
/// assert_eq!(left.to_string(), "tables(set{1, 2})");
/// # Ok::<(), heirloom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unordered<T>(pub T);

impl<T: Serialize> Serialize for Unordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        unordered(&self.0, serializer)
    }
}

/// Serializes a sequence as one whose order does not count; also reaches through `Option` and newtypes.
///
/// ```
/// use std::collections::HashSet;
/// #[derive(serde::Serialize)]
/// struct Query {
///     #[serde(serialize_with = "heirloom_core::identity::key::unordered")]
///     columns: HashSet<String>,
/// }
/// # use heirloom_core::identity::key::Key;
/// # let query = Query { columns: ["price".to_owned()].into() };
/// assert_eq!(Key::of(&"tables".into(), &query)?.shown(), r#"Query {columns: set{"price"}}"#);
/// # Ok::<(), heirloom_core::Error>(())
/// ```
///
/// # Errors
/// What the serializer returns. Ours refuses a value that is not a sequence.
pub fn unordered<T: Serialize + ?Sized, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(UNORDERED_NAME, value)
}
