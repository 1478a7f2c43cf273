//! The nearest known name to one that is not known.
//!
//! Promises: it offers nothing that is far off. Refuses: acting on a guess; it only finds words for a sentence.

/// The nearest of `known`, when it is near enough to be meant.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&given, &name.to_lowercase());
    let near = known.into_iter().map(|name| (distance(name), name)).min()?;
    (near.0 <= 1 + near.1.chars().count() / 4).then_some(near.1)
}

/// `; did you mean …?` or nothing.
pub(crate) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("tabels", ["flights", "tables"]), "; did you mean `tables`?");
        assert_eq!(did_you_mean("meshes", ["flights", "tables"]), "");
        assert_eq!(did_you_mean("x", []), "");
    }
}
