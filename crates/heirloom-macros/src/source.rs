//! What an item reads like, for people: its tokens, on the lines and in the columns where they stand.
//!
//! Promises: comments and documentation are left out, so two texts differ where the code does; layout is kept as far
//! as tokens show it. Refuses: deciding; the digest of `tokens` does.

use heirloom_build::tokens::attribute;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// The text of tokens. Outside of a compiler, which alone knows places, it is in one line.
pub(crate) fn text(tokens: TokenStream) -> String {
    let mut page = Page { placed: proc_macro::is_available(), ..Page::default() };
    page.write(tokens);
    page.text
}

/// The line that a token stands on, where a compiler knows it.
pub(crate) fn line(span: Span) -> Option<usize> {
    proc_macro::is_available().then(|| span.unwrap().start().line())
}

#[derive(Default)]
struct Page {
    text: String,
    placed: bool,
    /// The column of the first token: where the margin is.
    margin: Option<usize>,
    /// Line and column behind the last token.
    at: (usize, usize),
}

impl Page {
    fn write(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if let Some(attribute) = attribute(&tokens[at..]).filter(|attribute| !attribute.counts) {
                at += attribute.length;
                continue;
            }
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    self.token(open, group.span_open());
                    self.write(group.stream());
                    self.token(close, group.span_close());
                }
                other => self.token(&other.to_string(), other.span()),
            }
            at += 1;
        }
    }

    fn token(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        let (start, end) = if self.placed { places(span) } else { ((1, self.at.1 + 2), (1, self.at.1 + 2)) };
        let margin = *self.margin.get_or_insert(start.1);
        if self.text.is_empty() {
        } else if start.0 > self.at.0 {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', start.1.saturating_sub(margin)));
        } else if start.0 < self.at.0 || start.1 != self.at.1 {
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.at = end;
    }
}

/// Line and column of a token's start and of its end.
fn places(span: Span) -> ((usize, usize), (usize, usize)) {
    let (start, end) = (span.unwrap().start(), span.unwrap().end());
    ((start.line(), start.column()), (end.line(), end.column()))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_does_not_count_is_not_shown() {
        let tokens =
            "/// More.\n#[inline] fn f(x: u8) -> u8 { /* one */ x + 1 }".parse().expect("it is Rust");
        assert_eq!(text(tokens), "fn f ( x : u8 ) - > u8 { x + 1 }");
    }
}
