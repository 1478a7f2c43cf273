//! Takes a path or a `use` tree apart into its leaves.
//!
//! `crate::{disk::Layout, error}` has two leaves; a plain path in an expression has one.
//!
//! Promises: 1. every leaf knows its own offset, so a finding points at the right line of a long `use`. Refuses
//! generic arguments: a path ends before them.

use super::scrub::is_name;

/// One path, spelled out from its first segment.
#[derive(Debug, PartialEq, Eq)]
pub struct Leaf<'code> {
    /// Where its last segment stands.
    pub at: usize,
    /// All segments; the last is `*` for a glob.
    pub segments: Vec<&'code str>,
    /// The name it goes by: the last segment, or what follows `as`.
    pub name: &'code str,
}

/// The leaves of the path that begins at `at`.
#[must_use]
pub fn leaves(code: &str, at: usize) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    walk(code, at, &mut Vec::new(), &mut found);
    found
}

fn walk<'code>(
    code: &'code str,
    at: usize,
    stem: &mut Vec<&'code str>,
    found: &mut Vec<Leaf<'code>>,
) -> usize {
    let (depth, mut at) = (stem.len(), skip_blanks(code, at));
    let mut last = at;
    loop {
        match code.as_bytes().get(at) {
            Some(b'{') => {
                at = group(code, at, stem, found);
                stem.truncate(depth);
                return at;
            }
            Some(b'*') => {
                stem.push("*");
                (last, at) = (at, at + 1);
                break;
            }
            _ => {}
        }
        let end = name_end(code, at);
        if end == at {
            break;
        }
        stem.push(&code[at..end]);
        last = at;
        at = end;
        let next = skip_blanks(code, end);
        if !code[next..].starts_with("::") {
            break;
        }
        at = skip_blanks(code, next + 2);
    }
    let mut name = stem.last().copied().unwrap_or("");
    let alias = skip_blanks(code, at);
    if code[alias..].starts_with("as ") {
        let start = skip_blanks(code, alias + 3);
        at = name_end(code, start);
        name = &code[start..at];
    }
    if stem.len() > depth {
        found.push(Leaf { at: last, segments: stem.clone(), name });
    }
    stem.truncate(depth);
    at
}

fn group<'code>(
    code: &'code str,
    open: usize,
    stem: &mut Vec<&'code str>,
    found: &mut Vec<Leaf<'code>>,
) -> usize {
    let mut at = open + 1;
    loop {
        let end = skip_blanks(code, walk(code, at, stem, found));
        match code.as_bytes().get(end) {
            Some(b',') => at = end + 1,
            Some(b'}') => return end + 1,
            _ => return end,
        }
    }
}

fn skip_blanks(code: &str, at: usize) -> usize {
    code.len() - code[at..].trim_start().len()
}

fn name_end(code: &str, at: usize) -> usize {
    code[at..].bytes().position(|byte| !is_name(byte)).map_or(code.len(), |length| at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &[(&str, &str)]) {
        let found = leaves(code, 0);
        let found: Vec<_> = found.iter().map(|leaf| (leaf.segments.join("::"), leaf.name)).collect();
        let expected: Vec<_> = expected.iter().map(|(path, name)| ((*path).to_owned(), *name)).collect();
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn a_plain_path_is_one_leaf() {
        check("crate::disk::open(x)", &[("crate::disk::open", "open")]);
        check("crate::a::B::<u8>::new()", &[("crate::a::B", "B")]);
        check("super::super::x;", &[("super::super::x", "x")]);
    }

    #[test]
    fn a_use_tree_has_many() {
        check(
            "crate::{error::{Error, self}, disk as d, engine::*};",
            &[
                ("crate::error::Error", "Error"),
                ("crate::error::self", "self"),
                ("crate::disk", "d"),
                ("crate::engine::*", "*"),
            ],
        );
        check("crate::{\n    a,\n    b,\n};", &[("crate::a", "a"), ("crate::b", "b")]);
    }

    #[test]
    fn unfinished_text_ends_quietly() {
        check("crate::{a, b", &[("crate::a", "a"), ("crate::b", "b")]);
        check("crate::", &[("crate", "crate")]);
        check("", &[]);
    }
}
