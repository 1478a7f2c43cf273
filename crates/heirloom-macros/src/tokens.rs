//! The digest of an item's tokens: what of its text counts.
//!
//! Promises: comments, layout, documentation and lint attributes do not count; every other token does, and
//! multi-character operators are read as the compiler reads them. Refuses: spans, and the printed form of a token
//! stream, whose spacing depends on how the source was laid out.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::{Attribute, Signature};

/// Operators of several characters, the longest first, as the reference lists them.
const OPERATORS: [&str; 25] = [
    "<<=", ">>=", "...", "..=", "&&", "||", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "==",
    "!=", "<=", ">=", "::", "..", "->", "=>", "<-",
];

/// Attributes that change nothing of what the code computes.
const SILENT: [&str; 10] =
    ["doc", "allow", "warn", "deny", "forbid", "expect", "inline", "must_use", "cached", "tracked"];

/// Tools that read attributes of their own and change no code.
const TOOLS: [&str; 2] = ["clippy", "rustfmt"];

/// The digest of tokens.
pub(crate) fn digest(tokens: TokenStream) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    feed(tokens, &mut hasher);
    *hasher.finalize().as_bytes()
}

/// Whether an attribute counts.
pub(crate) fn counts(attribute: &Attribute) -> bool {
    let named = |segment: Option<&syn::PathSegment>| segment.map(|segment| segment.ident.to_string());
    let segments = &attribute.path().segments;
    let (tool, name) =
        (named(segments.first()).unwrap_or_default(), named(segments.last()).unwrap_or_default());
    !(TOOLS.contains(&tool.as_str()) || SILENT.contains(&name.as_str()))
}

/// The signature without the comma that `rustfmt` sets behind the last parameter when a line grows too long.
pub(crate) fn laid_out_alike(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    signature.inputs.pop_punct();
    signature
}

fn feed(tokens: TokenStream, hasher: &mut blake3::Hasher) {
    let mut run = String::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let TokenTree::Punct(punct) = &token {
            // A doc comment inside a body is `#` and `[doc = "…"]`.
            if punct.as_char() == '#' && tokens.peek().is_some_and(is_doc) {
                tokens.next();
                continue;
            }
            run.push(punct.as_char());
            if punct.spacing() == Spacing::Alone || !matches!(tokens.peek(), Some(TokenTree::Punct(_))) {
                feed_operators(&std::mem::take(&mut run), hasher);
            }
            continue;
        }
        feed_operators(&std::mem::take(&mut run), hasher);
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                word("group", open, hasher);
                feed(group.stream(), hasher);
                word("end", close, hasher);
            }
            TokenTree::Ident(ident) => word("ident", &ident.to_string(), hasher),
            TokenTree::Literal(literal) => word("literal", &literal.to_string(), hasher),
            TokenTree::Punct(_) => {}
        }
    }
    feed_operators(&run, hasher);
}

/// Splits a run of touching punctuation into operators, greedily, as the compiler's lexer does.
fn feed_operators(run: &str, hasher: &mut blake3::Hasher) {
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
        let length = operator.map_or(first.len_utf8(), |operator| operator.len());
        let (operator, after) = rest.split_at(length);
        word("operator", operator, hasher);
        rest = after;
    }
}

fn word(kind: &str, text: &str, hasher: &mut blake3::Hasher) {
    hasher.update(kind.as_bytes());
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut inside = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket
        && matches!(inside.next(), Some(TokenTree::Ident(ident)) if ident == "doc")
        && matches!(inside.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(left: &str, right: &str) -> bool {
        let digest = |text: &str| digest(text.parse().expect("it is Rust"));
        digest(left) == digest(right)
    }

    #[test]
    fn comments_and_layout_do_not_count() {
        assert!(same("fn f(x: u8) -> u8 { x + 1 }", "fn f(x:u8)->u8{\n  // more\n  x+1 /* one */\n}"));
        assert!(same("let x = -1;", "let x=-1;"));
        assert!(same("fn f() { g() }", "fn f() { /** inner */ g() }"));
        assert!(same("a::<Vec<u8>>()", "a ::<Vec<u8>> ()"));
    }

    #[test]
    fn every_other_token_counts() {
        for (left, right) in [
            ("x + 1", "x + 2"),
            ("x + 1", "x - 1"),
            ("a && b", "a & &b"),
            ("a || b", "a | b"),
            ("f(a, b)", "f(b, a)"),
            ("(a)", "[a]"),
            ("\"ab\"", "\"a\" \"b\""),
            ("ab", "a b"),
            ("1", "1.0"),
            ("a == b", "a != b"),
            ("{ a } b", "{ a b }"),
        ] {
            assert!(!same(left, right), "{left} and {right}");
        }
    }
}
