//! `#[cached]`: reads the options and turns each into a call on the factory builder.
//!
//! Promises: an option that needs another (`migrate` needs `schema`) says so. Refuses: defaults; the Rust face has
//! them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprClosure, Ident, ItemFn, LitStr, Pat, Result, ReturnType, Type};

use crate::arguments::{Argument, Counter, Step, parse};
use crate::expand;
use crate::signature::Signature;
use crate::source;

const KNOWN: [&str; 20] = [
    "name",
    "counters",
    "epoch",
    "ttl",
    "traits",
    "code",
    "uses",
    "files",
    "ignore",
    "key",
    "schema",
    "migrate",
    "codec",
    "size",
    "revalidate",
    "verify",
    "memory_only",
    "disk_only",
    "pin",
    "store",
];
const LEVELS: [&str; 5] = ["manual", "function", "files", "crate", "binary"];

/// What a build script leaves for the level `crate`.
const CRATE: &str = "HEIRLOOM_CRATE";

/// Everything that the expansion needs besides the signature.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) store: Option<Expr>,
    pub(crate) key: Option<OwnKey>,
    pub(crate) ignored: Vec<Ident>,
    /// Calls on the factory builder, in order.
    pub(crate) calls: Vec<TokenStream>,
}

/// What counts of the function itself.
pub(crate) struct Code {
    pub(crate) digest: [u8; 32],
    /// What it reads like, for people.
    pub(crate) text: String,
}

/// `key = |path, year| -> (String, u16) { … }`.
pub(crate) struct OwnKey {
    pub(crate) parameters: Vec<Ident>,
    pub(crate) ty: Type,
    pub(crate) body: Expr,
}

pub(crate) fn cached(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function: ItemFn = syn::parse2(item).map_err(|fault| {
        Error::new(fault.span(), "`#[cached]` stands on a function; for anything else use `store.factory(…)`")
    })?;
    let options = Options::read(options)?;
    let signature = Signature::of(&function, &options.ignored)?;
    if let Some(key) = &options.key {
        for name in &key.parameters {
            if !signature.given().any(|parameter| parameter.name == *name) {
                return Err(Error::new(name.span(), "`key` may name the function's parameters only"));
            }
        }
    }
    Ok(expand::expand(&function, &signature, &options, &code(&function)))
}

impl Options {
    fn read(tokens: TokenStream) -> Result<Self> {
        let arguments = parse(tokens, "cached", &KNOWN)?;
        let mut options = Self::default();
        for argument in &arguments {
            options.take(argument)?;
        }
        let has = |name: &str| arguments.iter().any(|argument| argument.name == name);
        if let Some(migrate) =
            arguments.iter().find(|argument| argument.name == "migrate").filter(|_| !has("schema"))
        {
            let why = "`migrate` needs `schema = N`, the number that the last step leads to";
            return Err(Error::new(migrate.name.span(), why));
        }
        if let Some(word) =
            arguments.iter().find(|argument| argument.name == "disk_only").filter(|_| has("memory_only"))
        {
            return Err(Error::new(
                word.name.span(),
                "`memory_only` and `disk_only` exclude each other; keep one",
            ));
        }
        Ok(options)
    }

    fn take(&mut self, argument: &Argument) -> Result<()> {
        let name = argument.name.to_string();
        match name.as_str() {
            "name" => self.name = Some(argument.text("name = \"tables\"")?),
            "store" => self.store = Some(argument.expr("store = &STORE")?.clone()),
            "key" => self.key = Some(OwnKey::read(argument)?),
            "ignore" => self.ignored = argument.list("ignore(progress)")?,
            _ => {
                let call = call(&name, argument)?;
                self.calls.push(call);
            }
        }
        Ok(())
    }
}

/// The call on the factory builder that an option stands for.
fn call(name: &str, argument: &Argument) -> Result<TokenStream> {
    Ok(match name {
        "counters" => {
            let counters = argument.list::<Counter>("counters(ann = 3, bob = 1)")?;
            for (at, counter) in counters.iter().enumerate() {
                let developer = &counter.developer;
                if counters[..at].iter().any(|before| before.developer == *developer) {
                    let why = format!("the counter of `{developer}` is given twice; keep one");
                    return Err(Error::new(counter.place, why));
                }
            }
            let (developers, counts): (Vec<_>, Vec<_>) =
                counters.into_iter().map(|counter| (counter.developer, counter.count)).unzip();
            quote!(#(.counter(#developers, #counts))*)
        }
        "epoch" => {
            let period = argument.text("epoch = \"7d\"")?;
            quote!(.epoch(#period))
        }
        "ttl" => {
            let time = argument.text("ttl = \"1h\"")?;
            quote!(.ttl(#time))
        }
        "code" => {
            let level = argument.text("code = \"function\"")?;
            if !LEVELS.contains(&level.value().as_str()) {
                let why = format!("the code level of a Rust function is one of: {}", LEVELS.join(", "));
                return Err(Error::new(level.span(), why));
            }
            let whole = if level.value() == "crate" { whole_crate(&level)? } else { TokenStream::new() };
            quote!(.code(::heirloom::__private::code_level(#level)) #whole)
        }
        "uses" => {
            let paths = argument.paths()?;
            quote!(#(.uses::<#paths>())*)
        }
        "files" => {
            let files = argument.list::<LitStr>("files(\"data/*.csv\")")?;
            quote!(.files([#(#files),*]))
        }
        "schema" => {
            let schema = argument.number("schema = 3")?;
            quote!(.schema(#schema))
        }
        "migrate" => {
            let steps = argument.list::<Step>("migrate(1 => from_v1, 2 => from_v2)")?;
            let (from, convert): (Vec<_>, Vec<_>) =
                steps.into_iter().map(|step| (step.from, step.convert)).unzip();
            quote!(#(.migrate(#from, #convert))*)
        }
        "revalidate" | "verify" => {
            let word = argument.text(&format!("{name} = \"always\""))?;
            let method = &argument.name;
            quote!(.#method(#word))
        }
        "memory_only" | "disk_only" => {
            argument.word()?;
            let (memory, disk) = (name == "memory_only", name == "disk_only");
            quote!(.tiers(::heirloom::Tiers { memory: #memory, disk: #disk }))
        }
        "pin" => {
            argument.word()?;
            quote!(.pin())
        }
        // traits, codec, size: an expression that the method of the same name takes.
        _ => {
            let (method, expr) = (&argument.name, argument.expr(&format!("{name} = …"))?);
            quote!(.#method(#expr))
        }
    })
}

/// The call that hands over what the crate's build script found.
#[expect(
    clippy::disallowed_methods,
    reason = "only the compiler's environment says whether a build script ran"
)]
fn whole_crate(level: &LitStr) -> Result<TokenStream> {
    if std::env::var_os(CRATE).is_none() {
        let why = "`code = \"crate\"` counts all sources of this crate and the versions of its dependencies, which a build \
                   script must find; add to Cargo.toml `[build-dependencies] heirloom-build = \"0.1\"` and to build.rs \
                   `fn main() { heirloom_build::fingerprint(); }`";
        return Err(Error::new(level.span(), why));
    }
    Ok(quote!(.whole_crate(::std::include_str!(::std::env!(#CRATE)))))
}

impl OwnKey {
    fn read(argument: &Argument) -> Result<Self> {
        let form = "key = |path, year| -> (String, u16) { … }";
        let Expr::Closure(ExprClosure { inputs, output, body, .. }) = argument.expr(form)? else {
            return Err(Error::new(argument.name.span(), format!("`key` is written as `{form}`")));
        };
        let ReturnType::Type(_, ty) = output else {
            let why = format!("`key` must say what type it makes: `{form}`");
            return Err(Error::new(argument.name.span(), why));
        };
        let name = |pattern: &Pat| match pattern {
            Pat::Ident(ident) => Ok(ident.ident.clone()),
            other => {
                Err(Error::new(other.span(), "the parameters of `key` are plain names of the function's own"))
            }
        };
        let parameters = inputs.iter().map(name).collect::<Result<_>>()?;
        Ok(Self { parameters, ty: (**ty).clone(), body: (**body).clone() })
    }
}

/// The function's signature and body; its documentation and visibility do not count.
fn code(function: &ItemFn) -> Code {
    let (attributes, signature, block) = (&function.attrs, &function.sig, &function.block);
    let tokens = quote!(#(#attributes)* #signature #block);
    Code { digest: heirloom_build::tokens::digest(tokens.clone()), text: source::text(tokens) }
}
