//! Finds items by their keyword: functions and modules, with names and bodies.
//!
//! Promises: 1. works on scrubbed code, so a brace in a string does not count; 2. `fn(u8)` the type is no item.

use std::ops::Range;

use super::scrub::is_name;

/// One `fn name … { … }` or `mod name;`.
#[derive(Debug, PartialEq, Eq)]
pub struct Item<'code> {
    /// Where its keyword stands.
    pub at: usize,
    /// Its name.
    pub name: &'code str,
    /// From the opening brace to just behind the closing one; nothing for a declaration that ends in `;`.
    pub body: Option<Range<usize>>,
}

/// Every name or keyword with its offset.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = code.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_name(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_name(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &code[start..at]))
    })
}

/// All items that begin with `keyword`, outer ones before those inside them.
pub(super) fn items<'code>(code: &'code str, keyword: &str) -> Vec<Item<'code>> {
    words(code)
        .filter(|(_, word)| *word == keyword)
        .filter_map(|(at, word)| {
            let rest = &code[at + word.len()..];
            let gap = rest.len() - rest.trim_start().len();
            let (offset, name) = words(rest).next().filter(|(offset, _)| *offset == gap)?;
            let behind = at + word.len() + offset + name.len();
            Some(Item { at, name, body: body(code, behind) })
        })
        .collect()
}

/// The attributes written before the item whose keyword stands at `at`, the nearest first, without blanks.
pub(super) fn attributes(code: &str, at: usize) -> Vec<String> {
    let mut rest = before_visibility(code[..at].trim_end());
    let mut found = Vec::new();
    while rest.ends_with(']') {
        let Some(open) = opening(rest) else { break };
        let Some(head) = rest[..open].trim_end().strip_suffix('#') else { break };
        found.push(rest[open + 1..rest.len() - 1].split_whitespace().collect());
        rest = head.trim_end();
    }
    found
}

/// Drops a `pub` or `pub(…)` that ends `head`.
pub(super) fn before_visibility(head: &str) -> &str {
    let bare = match head.rsplit_once('(') {
        Some((front, _)) if head.ends_with(')') => front,
        _ => head,
    };
    bare.strip_suffix("pub").map_or(head, str::trim_end)
}

fn opening(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.bytes().enumerate().rev().find_map(|(at, byte)| {
        match byte {
            b']' => depth += 1,
            b'[' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

fn body(code: &str, from: usize) -> Option<Range<usize>> {
    let (mut depth, mut open) = (0, None);
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => {
                open = Some(at);
                depth = 1;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if let (Some(open), 0) = (open, depth) {
            return Some(open..at + 1);
        }
    }
    open.map(|open| open..code.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, keyword: &str, expected: &[(&str, Option<&str>)]) {
        let found = items(code, keyword);
        let found: Vec<_> =
            found.into_iter().map(|item| (item.name, item.body.map(|body| &code[body]))).collect();
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn functions_have_names_and_bodies() {
        check("fn a(x: [u8; 2]) { if x {} } fn b();", "fn", &[("a", Some("{ if x {} }")), ("b", None)]);
        check("type F = fn(u8); fn  c<T>() -> fn() {}", "fn", &[("c", Some("{}"))]);
        check("fn a() { fn b() {} }", "fn", &[("a", Some("{ fn b() {} }")), ("b", Some("{}"))]);
        check("let f: fn(u8) = g(|| {});", "fn", &[]);
        check("fn a() {", "fn", &[("a", Some("{"))]);
    }

    #[test]
    fn modules_are_declared_or_written_in_place() {
        check("mod a; pub mod b { mod c; }", "mod", &[("a", None), ("b", Some("{ mod c; }")), ("c", None)]);
    }

    #[test]
    fn attributes_are_read_backwards() {
        let code = "x; #[cfg(test)]\n#[a [b]] pub(crate) mod t {}";
        assert_eq!(attributes(code, code.find("mod").unwrap()), ["a[b]", "cfg(test)"]);
        let code = "let a = [1]; mod t {}";
        assert!(attributes(code, code.find("mod").unwrap()).is_empty());
    }
}
