//! Tells code from comments and strings.
//!
//! Promises: 1. the result has the length and the lines of the text, so an offset in one is an offset in the other;
//! 2. a comment becomes blanks, the inside of a literal becomes quotes (a line of it still counts as code). Refuses
//! to judge: text that does not compile gives some result, never a panic.

/// The text with comments blanked and literals masked.
pub(super) fn scrub(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (mask, end) = piece(bytes, at);
        if let Some(mask) = mask {
            for byte in &mut out[at..end] {
                if *byte != b'\n' {
                    *byte = mask;
                }
            }
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether a byte may stand inside a name.
pub(super) fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// The piece that begins at `at`: what to mask it with (nothing for code), and where it ends.
fn piece(bytes: &[u8], at: usize) -> (Option<u8>, usize) {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => (Some(b' '), at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => (Some(b' '), at + comment(rest)),
        [b'"', ..] => (Some(b'"'), at + string(rest)),
        [b'\'', ..] => letter(rest).map_or((None, at + 1), |length| (Some(b'\''), at + length)),
        [first, ..] if is_name(*first) => {
            let name = rest.iter().position(|b| !is_name(*b)).unwrap_or(rest.len());
            match (&rest[..name], &rest[name..]) {
                (b"b" | b"c", [b'"', ..]) => (Some(b'"'), at + name + string(&rest[name..])),
                (b"r" | b"br" | b"cr", tail) => match raw(tail) {
                    Some(length) => (Some(b'"'), at + name + length),
                    None => (None, at + name),
                },
                _ => (None, at + name),
            }
        }
        _ => (None, at + 1),
    }
}

fn comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of `#"…"#` after the `r`, or nothing when it is a raw name.
fn raw(rest: &[u8]) -> Option<usize> {
    let hashes = rest.iter().take_while(|b| **b == b'#').count();
    if rest.get(hashes) != Some(&b'"') {
        return None;
    }
    let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[hashes + 1..];
    let end = body.windows(closing.len()).position(|window| window == closing);
    Some(end.map_or(rest.len(), |end| hashes + 1 + end + closing.len()))
}

/// The length of a character literal, or nothing when the quote begins a lifetime.
fn letter(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        let end = rest.iter().skip(3).position(|b| *b == b'\'')?;
        return Some(end + 4);
    }
    let width = match rest.get(1)? {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(scrub(text), expected, "{text}");
        assert_eq!(scrub(text).len(), text.len(), "{text}");
    }

    #[test]
    fn comments_become_blanks() {
        check("a // b\nc", "a     \nc");
        check("a /* b /* c */ d */ e", "a                   e");
        check("//! é\nx", "      \nx");
    }

    #[test]
    fn literals_become_quotes() {
        check(r#"f("a{", b)"#, r#"f("""", b)"#);
        check(r#""\"{" x"#, r#"""""" x"#);
        check("\"a\nb\" c", "\"\"\n\"\" c");
        check(r##"r#"{"}"# y"##, r#""""""""" y"#);
        check(r#"b"{" br"{" z"#, r#""""" """"" z"#);
    }

    #[test]
    fn lifetimes_are_not_characters() {
        check("'{' &'a str", "''' &'a str");
        check(r"'\'' b'\\' x", "'''' b'''' x");
        check("fn f<'a, 'b>(x: &'a str)", "fn f<'a, 'b>(x: &'a str)");
        check(r"'\n'{'\n'", "''''{''''");
        check("'é' r#fn", "'''' r#fn");
    }

    #[test]
    fn unfinished_text_does_not_panic() {
        for text in ["\"a", "\"\\", "r#\"a", "/* a", "'", "'\\", "'\\'", "b'", "r#"] {
            assert_eq!(scrub(text).len(), text.len(), "{text}");
        }
    }
}
