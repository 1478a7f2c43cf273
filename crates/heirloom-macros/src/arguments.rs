//! Reads the options of an attribute: `name = value`, `name(list)` and plain words.
//!
//! Promises: an unknown option is refused with the nearest known one, a doubled one at its second place. Refuses:
//! meaning; `cached` gives it.

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, Lit, LitInt, LitStr, Path, Result, Token, parenthesized};

/// One option as it was written.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

/// What stands behind an option's name.
pub(crate) enum Value {
    Word,
    Expr(Expr),
    List(TokenStream),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Expr(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let inside;
            parenthesized!(inside in input);
            Value::List(inside.parse()?)
        } else {
            Value::Word
        };
        Ok(Self { name, value })
    }
}

/// Reads all options; each may stand once, and must be `known`.
pub(crate) fn parse(options: TokenStream, attribute: &str, known: &[&str]) -> Result<Vec<Argument>> {
    let parser = Punctuated::<Argument, Token![,]>::parse_terminated;
    let arguments: Vec<Argument> = parser.parse2(options)?.into_iter().collect();
    for (at, argument) in arguments.iter().enumerate() {
        let name = argument.name.to_string();
        if !known.contains(&name.as_str()) {
            return Err(Error::new(argument.name.span(), unknown(&name, attribute, known)));
        }
        if arguments[..at].iter().any(|before| before.name == argument.name) {
            return Err(Error::new(argument.name.span(), format!("`{name}` is given twice; keep one")));
        }
    }
    Ok(arguments)
}

fn unknown(name: &str, attribute: &str, known: &[&str]) -> String {
    let nearest = known.iter().min_by_key(|known| distance(name, known)).copied().unwrap_or_default();
    let nearest =
        if distance(name, nearest) <= 2 { format!("; did you mean `{nearest}`?") } else { ".".to_owned() };
    format!("`{attribute}` has no option `{name}`{nearest} It knows: {}", known.join(", "))
}

/// Edit distance.
///
/// Source: R. Wagner, M. Fischer, "The String-to-String Correction Problem", 1974.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(row[place] + 1).min(row[place + 1] + 1);
        }
    }
    row[right.len()]
}

impl Argument {
    fn wrong(&self, form: &str) -> Error {
        Error::new(self.name.span(), format!("`{}` is written as `{form}`", self.name))
    }

    /// `name = expression`.
    pub(crate) fn expr(&self, form: &str) -> Result<&Expr> {
        match &self.value {
            Value::Expr(expr) => Ok(expr),
            Value::Word | Value::List(_) => Err(self.wrong(form)),
        }
    }

    /// `name = "text"`.
    pub(crate) fn text(&self, form: &str) -> Result<LitStr> {
        match self.expr(form)? {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Ok(text.clone()),
                _ => Err(self.wrong(form)),
            },
            _ => Err(self.wrong(form)),
        }
    }

    /// `name = 3`.
    pub(crate) fn number(&self, form: &str) -> Result<LitInt> {
        match self.expr(form)? {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => Ok(number.clone()),
                _ => Err(self.wrong(form)),
            },
            _ => Err(self.wrong(form)),
        }
    }

    /// A plain word.
    pub(crate) fn word(&self) -> Result<()> {
        match self.value {
            Value::Word => Ok(()),
            Value::Expr(_) | Value::List(_) => Err(self.wrong(&self.name.to_string())),
        }
    }

    /// `name(a, b)`, each read as `T`.
    pub(crate) fn list<T: Parse>(&self, form: &str) -> Result<Vec<T>> {
        match &self.value {
            Value::List(tokens) => {
                let parser = Punctuated::<T, Token![,]>::parse_terminated;
                Ok(parser.parse2(tokens.clone())?.into_iter().collect())
            }
            Value::Word | Value::Expr(_) => Err(self.wrong(form)),
        }
    }

    /// `uses(a::b, C)`.
    pub(crate) fn paths(&self) -> Result<Vec<Path>> {
        self.list(&format!("{}(helper, module::Type)", self.name))
    }
}

/// `ann = 3` inside `counters(...)`.
pub(crate) struct Counter {
    pub(crate) place: Span,
    pub(crate) developer: String,
    pub(crate) count: u64,
}

impl Parse for Counter {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let place = input.span();
        let developer = if input.peek(LitStr) {
            input.parse::<LitStr>()?.value()
        } else {
            input.parse::<Ident>()?.to_string()
        };
        input.parse::<Token![=]>()?;
        let number = input.span();
        let count = input.parse::<LitInt>().and_then(|count| count.base10_parse()).map_err(|_| {
            Error::new(
                number,
                format!("the counter of `{developer}` must be a whole number that is not negative"),
            )
        })?;
        Ok(Self { place, developer, count })
    }
}

/// `2 => from_v2` inside `migrate(...)`.
pub(crate) struct Step {
    pub(crate) from: LitInt,
    pub(crate) convert: Expr,
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let from = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok(Self { from, convert: input.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_names_the_nearest() {
        let error = parse("epcoh = \"7d\"".parse().expect("it is Rust"), "cached", &["epoch", "ttl"]);
        let text = error.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(text, "`cached` has no option `epcoh`; did you mean `epoch`? It knows: epoch, ttl");
    }

    #[test]
    fn an_unknown_option_that_is_near_to_none_lists_them() {
        let error = parse("colour = 3".parse().expect("it is Rust"), "cached", &["epoch", "ttl"]);
        let text = error.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(text, "`cached` has no option `colour`. It knows: epoch, ttl");
    }

    #[test]
    fn a_doubled_option_is_refused() {
        let error = parse("ttl = \"1h\", ttl = \"2h\"".parse().expect("it is Rust"), "cached", &["ttl"]);
        assert_eq!(error.err().map(|error| error.to_string()), Some("`ttl` is given twice; keep one".into()));
    }

    #[test]
    fn distances_are_those_of_wagner_and_fischer() {
        for (left, right, expected) in
            [("", "", 0), ("kitten", "sitting", 3), ("epcoh", "epoch", 2), ("a", "", 1)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
