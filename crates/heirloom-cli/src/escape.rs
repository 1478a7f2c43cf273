//! Makes text from a store or from a user safe to print.
//!
//! Promises: 1. no control character and no mark that turns the direction of writing reaches a terminal; 2. emoji
//! and letters of every script stay as they are. Refuses: being undone; programs read the JSON.

/// The text with every dangerous character written as an escape.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            safe.extend(letter.escape_default());
        } else if turns_or_breaks(letter) {
            safe.extend(letter.escape_unicode());
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// Marks that reorder what stands around them or break the line, without being control characters.
fn turns_or_breaks(letter: char) -> bool {
    matches!(
        letter,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_escaped_and_the_rest_stays() {
        assert_eq!(escaped("a\u{1b}[31m\n\tb\u{202e}c\u{9b}"), r"a\u{1b}[31m\n\tb\u{202e}c\u{9b}");
        assert_eq!(escaped("✈️ полёты 表 שלום 👩‍🔬"), "✈️ полёты 表 שלום 👩‍🔬");
    }
}
