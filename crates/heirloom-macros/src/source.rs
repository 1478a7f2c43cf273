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

/// A line and a column.
type Place = (usize, usize);

#[derive(Default)]
struct Page {
    text: String,
    placed: bool,
    /// The column of the first token: where the margin is.
    margin: Option<usize>,
    /// Line and column behind the last token.
    at: Place,
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
                    // A group that was taken apart and put together again has one span, from bracket to bracket.
                    let (start, end) = self.places(group.span());
                    self.token(open, start, (start.0, start.1 + open.len()));
                    self.write(group.stream());
                    let end = if self.placed { end } else { self.next() };
                    self.token(close, (end.0, end.1.saturating_sub(close.len())), end);
                }
                other => {
                    let (start, end) = self.places(other.span());
                    self.token(&other.to_string(), start, end);
                }
            }
            at += 1;
        }
    }

    /// Where tokens begin and end.
    fn places(&self, span: Span) -> (Place, Place) {
        if !self.placed {
            return (self.next(), self.next());
        }
        let (start, end) = (span.unwrap().start(), span.unwrap().end());
        ((start.line(), start.column()), (end.line(), end.column()))
    }

    /// A place on the same line, behind a space and the longest bracket.
    fn next(&self) -> Place {
        (1, self.at.1 + 3)
    }

    fn token(&mut self, text: &str, start: Place, end: Place) {
        if text.is_empty() {
            return;
        }
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
