//! Traits: what an object offers (a table's columns), told without loading it.
//!
//! Recorded when the object is built; compared with what a client expects before the object is served.
//! Promises: an expectation holds exactly when every expected value is recorded. Refuses: values that are not
//! text, because a trait is for people and for `explain` too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// Named sets of words, such as `columns: {carrier, price}`.
///
/// ```
/// use heirloom_core::identity::Traits;
/// let table = Traits::new().with("columns", ["carrier", "price"]);
/// assert_eq!(table.lacking(&Traits::new().with("columns", ["price"])), None);
/// let lacking = table.lacking(&Traits::new().with("columns", ["delay"])).unwrap();
/// assert_eq!(lacking.to_string(), "`delay` missing from columns");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Traits(BTreeMap<String, BTreeSet<String>>);

/// The first expectation that recorded traits do not meet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lacking {
    /// The trait's name, such as `columns`.
    pub name: String,
    /// The values that are expected and not there.
    pub values: Vec<String>,
}

impl Traits {
    /// No traits at all: meets only the empty expectation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds values to one trait.
    #[must_use]
    pub fn with<S: Into<String>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        self.0.entry(name.into()).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// The first expectation that is not met, if there is one.
    pub fn lacking(&self, expected: &Self) -> Option<Lacking> {
        expected.0.iter().find_map(|(name, wanted)| {
            let offered = self.0.get(name);
            let absent = |value: &&String| offered.is_none_or(|set| !set.contains(*value));
            let values: Vec<String> = wanted.iter().filter(absent).cloned().collect();
            (!values.is_empty()).then(|| Lacking { name: name.clone(), values })
        })
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every trait with its values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0.iter().map(|(name, values)| (name.as_str(), values))
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted: Vec<String> = self.values.iter().map(|value| format!("`{value}`")).collect();
        write!(f, "{} missing from {}", quoted.join(", "), self.name)
    }
}
