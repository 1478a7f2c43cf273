//! Which names a factory may have.
//!
//! Checked once, when a factory is made, never per request. Promises: an accepted name can stand in a sentence, in
//! one line of a listing and beside a file name on every system. Refuses: what could leave a folder, break a line
//! or run over; each with one sentence that tells the place and the way out.

use crate::{Error, Result};

/// The longest factory name, in bytes of UTF-8.
pub const FACTORY_NAME_BYTES_MAX: usize = 200;

/// Letters of a name that a refusal repeats.
const LETTERS_REPEATED_MAX: usize = 40;

/// Checks the name of a factory: 1 to 200 bytes of UTF-8, with no `/`, `\`, `..` or control character and no space
/// at either end. `::`, dots and letters of every script are fine.
///
/// ```
/// use heirloom_core::identity::key::validate_factory_name;
/// assert!(validate_factory_name("etl::tables ✈").is_ok());
/// let refusal = validate_factory_name("etl/tables").unwrap_err();
/// assert_eq!(
///     refusal.to_string(),
///     "the factory name \"etl/tables\" has a `/` at letter 4; separate its parts with `::` or `.`"
/// );
/// ```
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) with one sentence.
pub fn validate_factory_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return refuse(name, "is empty", "give it at least one letter");
    }
    if name.len() > FACTORY_NAME_BYTES_MAX {
        let what = format!("is {} bytes long, at most {FACTORY_NAME_BYTES_MAX} fit", name.len());
        return refuse(name, &what, "shorten it, or set a shorter `name` for this factory");
    }
    for (at, letter) in name.chars().enumerate() {
        let what = format!("at letter {}", at + 1);
        if matches!(letter, '/' | '\\') {
            return refuse(name, &format!("has a `{letter}` {what}"), "separate its parts with `::` or `.`");
        }
        if letter.is_control() {
            let what = format!("has the control character {} {what}", letter.escape_unicode());
            return refuse(name, &what, "take it out");
        }
    }
    if let Some(at) = name.find("..") {
        let what = format!("has `..` at letter {}", name[..at].chars().count() + 1);
        return refuse(name, &what, "write one dot, or `::`");
    }
    if name == "." {
        return refuse(name, "means a folder", "give it at least one letter");
    }
    if name.starts_with(char::is_whitespace) {
        return refuse(name, "begins with a space", "take it out");
    }
    if name.ends_with(char::is_whitespace) {
        return refuse(name, "ends with a space", "take it out");
    }
    Ok(())
}

fn refuse(name: &str, what: &str, way_out: &str) -> Result<()> {
    let cut = name.char_indices().nth(LETTERS_REPEATED_MAX);
    let (start, dots) = cut.map_or((name, ""), |(at, _)| (&name[..at], "…"));
    let repeated = format!("\"{}{dots}\"", start.escape_debug());
    Err(Error::invalid(format!("the factory name {repeated} {what}; {way_out}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, sentence: &str) {
        assert_eq!(validate_factory_name(name).expect_err("a refusal").to_string(), sentence);
    }

    #[test]
    fn each_refusal_names_the_place_and_the_way_out() {
        check("", "the factory name \"\" is empty; give it at least one letter");
        check(
            "a\\b",
            "the factory name \"a\\\\b\" has a `\\` at letter 2; separate its parts with `::` or `.`",
        );
        check("é..b", "the factory name \"é..b\" has `..` at letter 2; write one dot, or `::`");
        check("..", "the factory name \"..\" has `..` at letter 1; write one dot, or `::`");
        check(".", "the factory name \".\" means a folder; give it at least one letter");
        check("a\0", "the factory name \"a\\0\" has the control character \\u{0} at letter 2; take it out");
        check("a\nb", "the factory name \"a\\nb\" has the control character \\u{a} at letter 2; take it out");
        check(" a", "the factory name \" a\" begins with a space; take it out");
        check("a\u{3000}", "the factory name \"a\\u{3000}\" ends with a space; take it out");
        let start = "x".repeat(40);
        check(
            &"x".repeat(300),
            &format!(
                "the factory name \"{start}…\" is 300 bytes long, at most 200 fit; shorten it, or set a shorter \
                 `name` for this factory"
            ),
        );
    }

    #[test]
    fn module_paths_emoji_and_every_script_are_names() {
        for name in ["t", "crate::etl::tables", "etl.flights.<locals>.inner", "✈️ полёты", "表"] {
            assert!(validate_factory_name(name).is_ok(), "{name}");
        }
        assert!(validate_factory_name(&"x".repeat(200)).is_ok());
        assert!(validate_factory_name(&"é".repeat(101)).is_err(), "bytes count, not letters");
    }
}
