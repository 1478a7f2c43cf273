//! The digest of Rust tokens: what of a text counts.
//!
//! Promises: 1. comments, layout, documentation, lint attributes and what `rustfmt` sets when a line grows too long
//! (commas at an end, braces around one expression) do not count; 2. every other token does, and multi-character
//! operators are read as the compiler reads them; 3. inside a macro's arguments only comments and layout do not
//! count, because what else means something is known to the macro alone. Refuses: spans, and the printed form of a
//! token stream, whose spacing depends on how the source was laid out.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

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

/// Words behind which a parenthesis begins a value or a type of its own, not the arguments of a call.
const KEYWORDS: [&str; 16] = [
    "as", "break", "dyn", "else", "for", "if", "impl", "in", "let", "match", "move", "mut", "ref", "return",
    "while", "yield",
];

/// The digest of tokens.
#[must_use]
pub fn digest(tokens: TokenStream) -> [u8; 32] {
    let mut reader = Reader { hasher: blake3::Hasher::new() };
    reader.level(tokens, Level::TOP);
    *reader.hasher.finalize().as_bytes()
}

/// An attribute at the beginning of some tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// How many tokens it is made of.
    pub length: usize,
    /// Whether it changes anything of what the code computes.
    pub counts: bool,
}

/// The attribute that these tokens begin with, if they do; a doc comment is one.
#[must_use]
pub fn attribute(tokens: &[TokenTree]) -> Option<Attribute> {
    let inner = is_punct(tokens.get(1), '!');
    let length = if inner { 3 } else { 2 };
    let inside = match (tokens.first(), tokens.get(length - 1)) {
        (Some(TokenTree::Punct(hash)), Some(TokenTree::Group(group)))
            if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            group.stream()
        }
        _ => return None,
    };
    let mut path = Vec::new();
    for token in inside {
        match token {
            TokenTree::Ident(ident) => path.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => break,
        }
    }
    let (tool, name) = (path.first()?.as_str(), path.last()?.as_str());
    Some(Attribute { length, counts: !(TOOLS.contains(&tool) || SILENT.contains(&name)) })
}

/// Where some tokens stand.
#[derive(Clone, Copy)]
struct Level {
    /// The brackets around them.
    around: Delimiter,
    /// They are the very arguments of a macro.
    of_macro: bool,
    /// A macro's arguments are somewhere around them.
    in_macro: bool,
    /// They are the arguments of a call, so that one value in parentheses is no tuple.
    of_call: bool,
}

impl Level {
    const TOP: Self = Self { around: Delimiter::None, of_macro: false, in_macro: false, of_call: false };

    /// The level of a group, by the tokens before it.
    fn inside(self, group: &Group, before: &[TokenTree]) -> Self {
        let last = before.last();
        let named = matches!(last, Some(TokenTree::Ident(_))) && is_punct(nth_back(before, 1), '!');
        let of_macro = is_punct(last, '!') || named;
        Self {
            around: group.delimiter(),
            of_macro,
            in_macro: of_macro || self.in_macro,
            of_call: is_call(before),
        }
    }
}

struct Reader {
    hasher: blake3::Hasher,
}

impl Reader {
    fn level(&mut self, tokens: TokenStream, level: Level) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (mut at, mut in_where) = (0, false);
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at..];
            if let Some(attribute) = attribute(rest).filter(|attribute| !attribute.counts) {
                at += attribute.length;
                continue;
            }
            if let Some(length) = test_module(rest).filter(|_| !level.in_macro) {
                at += length;
                continue;
            }
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ',' => {
                    if !(is_last_comma(&tokens, at, level) || in_where && is_brace(tokens.get(at + 1))) {
                        self.word("operator", ",");
                    }
                }
                TokenTree::Punct(_) => {
                    at += self.operators(rest);
                    continue;
                }
                TokenTree::Group(group) => {
                    in_where = false;
                    at += self.group(group, &tokens, at, level);
                    continue;
                }
                TokenTree::Ident(ident) => {
                    in_where |= ident == "where";
                    self.word("ident", &ident.to_string());
                }
                TokenTree::Literal(literal) => self.word("literal", &literal.to_string()),
            }
            at += 1;
        }
    }

    /// Reads a group, and returns how many tokens it took: the comma behind a match arm's block goes with it.
    fn group(&mut self, group: &Group, tokens: &[TokenTree], at: usize, level: Level) -> usize {
        let (before, next) = (&tokens[..at], tokens.get(at + 1));
        let inside = level.inside(group, before);
        let brace = group.delimiter() == Delimiter::Brace && !level.in_macro;
        let arm = brace && is_arrow(before);
        let ends = next.is_none() || is_punct(next, ',') || is_punct(next, ';');
        let closure = brace && is_punct(before.last(), '|') && ends;
        if (arm || closure) && is_one_expression(group) {
            self.level(group.stream(), Level { around: Delimiter::None, ..inside });
        } else {
            let (open, close) = match group.delimiter() {
                Delimiter::Parenthesis => ("(", ")"),
                Delimiter::Brace => ("{", "}"),
                Delimiter::Bracket => ("[", "]"),
                Delimiter::None => ("", ""),
            };
            self.word("group", open);
            self.level(group.stream(), inside);
            self.word("end", close);
        }
        if !arm {
            return 1;
        }
        let length = if is_punct(next, ',') { 2 } else { 1 };
        if at + length < tokens.len() {
            self.word("operator", ",");
        }
        length
    }

    /// Splits the run of touching punctuation at the front into operators, greedily, as the compiler's lexer does.
    /// Returns how many tokens it took.
    fn operators(&mut self, tokens: &[TokenTree]) -> usize {
        let mut run = String::new();
        for (at, token) in tokens.iter().enumerate() {
            let TokenTree::Punct(punct) = token else { break };
            let apart = punct.as_char() == ',' || (at > 0 && attribute(&tokens[at..]).is_some());
            if apart {
                break;
            }
            run.push(punct.as_char());
            if punct.spacing() == Spacing::Alone {
                break;
            }
        }
        let mut rest = run.as_str();
        while let Some(first) = rest.chars().next() {
            let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
            let length = operator.map_or(first.len_utf8(), |operator| operator.len());
            let (operator, after) = rest.split_at(length);
            self.word("operator", operator);
            rest = after;
        }
        run.chars().count()
    }

    fn word(&mut self, kind: &str, text: &str) {
        self.hasher.update(kind.as_bytes());
        self.hasher.update(&(text.len() as u64).to_le_bytes());
        self.hasher.update(text.as_bytes());
    }
}

/// Whether the comma at `at` may stand there or not: before an end, but for the tuple of one.
fn is_last_comma(tokens: &[TokenTree], at: usize, level: Level) -> bool {
    if is_punct(tokens.get(at + 1), '>') {
        return !level.of_macro;
    }
    if at + 1 < tokens.len() || level.of_macro || level.around == Delimiter::None {
        return false;
    }
    let only = !tokens[..at].iter().any(|token| is_punct(Some(token), ','));
    !(only && level.around == Delimiter::Parenthesis && !level.of_call)
}

/// Whether parentheses behind these tokens hold the arguments of a call, of a pattern or of a function.
fn is_call(before: &[TokenTree]) -> bool {
    match before.last() {
        Some(TokenTree::Ident(ident)) => !KEYWORDS.contains(&ident.to_string().as_str()),
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Brace,
        Some(TokenTree::Punct(punct)) if punct.as_char() == '>' => {
            let arrow = nth_back(before, 1);
            !(is_punct(arrow, '=') || is_punct(arrow, '-'))
        }
        _ => false,
    }
}

fn is_arrow(before: &[TokenTree]) -> bool {
    is_punct(before.last(), '>')
        && matches!(nth_back(before, 1), Some(TokenTree::Punct(punct))
            if punct.as_char() == '=' && punct.spacing() == Spacing::Joint)
}

/// Whether a block holds an expression and nothing else, so that its braces are layout.
fn is_one_expression(group: &Group) -> bool {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let statement = |token: &TokenTree| is_punct(Some(token), ';');
    let begins = match tokens.first() {
        Some(TokenTree::Ident(ident)) => ident != "let" && ident != "use" && ident != "fn",
        first => first.is_some() && !is_punct(first, '#'),
    };
    begins && !tokens.iter().any(statement)
}

/// The length of `#[cfg(test)] mod name { … }` at the front: tests do not count.
fn test_module(tokens: &[TokenTree]) -> Option<usize> {
    attribute(tokens)?;
    let Some(TokenTree::Group(group)) = tokens.get(1) else { return None };
    if group.stream().to_string().replace(' ', "") != "cfg(test)" {
        return None;
    }
    let mut at = 2;
    while let Some(attribute) = attribute(&tokens[at..]) {
        at += attribute.length;
    }
    let is_mod = matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if ident == "mod");
    (is_mod && is_brace(tokens.get(at + 2))).then_some(at + 3)
}

fn is_punct(token: Option<&TokenTree>, expected: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
}

fn is_brace(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

fn nth_back(tokens: &[TokenTree], back: usize) -> Option<&TokenTree> {
    tokens.len().checked_sub(back + 1).and_then(|at| tokens.get(at))
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
        for (left, right) in [
            ("fn f(x: u8) -> u8 { x + 1 }", "fn f(x:u8)->u8{\n  // more\n  x+1 /* one */\n}"),
            ("let x = -1;", "let x=-1;"),
            ("fn f() { g() }", "fn f() { /** inner */ g() }"),
            ("fn f() { g() }", "//! The module.\nfn f() { //! inner\n g() }"),
            ("a::<Vec<u8>>()", "a ::<Vec<u8>> ()"),
        ] {
            assert!(same(left, right), "{left} and {right}");
        }
    }

    #[test]
    fn attributes_for_people_and_lints_do_not_count() {
        for attribute in [
            "#[doc = \"More.\"]",
            "#[inline]",
            "#[inline(always)]",
            "#[allow(unused)]",
            "#[must_use]",
            "#[clippy::msrv = \"1\"]",
            "#[rustfmt::skip]",
            "#[heirloom::tracked(uses(a))]",
        ] {
            assert!(same("fn f() {}", &format!("{attribute} fn f() {{}}")), "{attribute}");
        }
        for attribute in ["#[cfg(unix)]", "#[derive(Clone)]", "#[serde(rename = \"a\")]", "#[repr(C)]"] {
            assert!(!same("struct F;", &format!("{attribute} struct F;")), "{attribute}");
        }
    }

    #[test]
    fn what_rustfmt_sets_does_not_count() {
        for (left, right) in [
            ("f(a, b)", "f(\n    a,\n    b,\n)"),
            ("f(a)", "f(a,)"),
            ("f::<u8>(a)", "f::<u8>(a,)"),
            ("fn f(a: u8) {}", "fn f(\n    a: u8,\n) {}"),
            ("struct S { a: u8 }", "struct S {\n    a: u8,\n}"),
            ("fn f<T>() {}", "fn f<T,>() {}"),
            ("fn f<T>() where T: A {}", "fn f<T>()\nwhere\n    T: A,\n{\n}"),
            ("match a { 1 => b, _ => c }", "match a { 1 => { b } _ => { c } }"),
            ("match a { 1 => { b; } _ => c }", "match a { 1 => { b; }, _ => c, }"),
            ("f(|x| x + 1)", "f(|x| { x + 1 })"),
            ("[1, 2]", "[1, 2,]"),
        ] {
            assert!(same(left, right), "{left} and {right}");
        }
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

    #[test]
    fn what_only_looks_like_layout_counts() {
        for (left, right) in [
            ("let a = (b,);", "let a = (b);"),
            ("return (b,)", "return (b)"),
            ("fn f() -> (u8,) {}", "fn f() -> (u8) {}"),
            ("match a { 1 => (b,), _ => c }", "match a { 1 => (b), _ => c }"),
            ("m!(a,)", "m!(a)"),
            ("m! { a => { b } }", "m! { a => b }"),
            ("match a { 1 => { b; c } }", "match a { 1 => b }"),
            ("f(|x| { x + 1; })", "f(|x| { x + 1 })"),
            ("|x| { x + 1 }.abs()", "|x| x + 1.abs()"),
            ("(A, { b })", "(A { b })"),
        ] {
            assert!(!same(left, right), "{left} and {right}");
        }
    }

    #[test]
    fn test_modules_do_not_count() {
        assert!(same("fn f() {}", "fn f() {} #[cfg(test)] mod tests { fn g() {} }"));
        assert!(!same("fn f() {}", "fn f() {} #[cfg(unix)] mod tests { fn g() {} }"));
        assert!(!same("struct S { b: u8 }", "struct S { #[cfg(test)] a: u8, b: u8 }"));
    }
}
