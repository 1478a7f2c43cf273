//! `#[tracked]`: leaves the item as it is, and adds a type of its name that knows the digest of its tokens.
//!
//! Promises: a type keeps its own name for that; a function or constant gets a twin among the types; an impl block
//! counts with its type, or gets a name of its own. Refuses: items whose code stands elsewhere (`mod`, `use`).

use heirloom_build::tokens;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Generics, Ident, Item, Path, Result, Visibility};

use crate::arguments::{Argument, parse};
use crate::source;
use crate::tracked_impl;

/// What stands in the attribute.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) uses: Vec<Path>,
    pub(crate) name: Option<Ident>,
}

pub(crate) fn tracked(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::read(options)?;
    let item: Item = syn::parse2(item)?;
    if let Item::Impl(block) = &item {
        return Ok(tracked_impl::expand(block, &options));
    }
    let none = Generics::default();
    let (name, generics, twin) = match &item {
        Item::Struct(item) => (&item.ident, &item.generics, None),
        Item::Enum(item) => (&item.ident, &item.generics, None),
        Item::Union(item) => (&item.ident, &item.generics, None),
        Item::Fn(item) => (&item.sig.ident, &none, Some(&item.vis)),
        Item::Const(item) => (&item.ident, &none, Some(&item.vis)),
        Item::Static(item) => (&item.ident, &none, Some(&item.vis)),
        Item::Trait(item) => {
            (options.name.as_ref().ok_or_else(|| nameless(&item.ident))?, &none, Some(&item.vis))
        }
        other => {
            let why = "`#[tracked]` stands on a function, struct, enum, union, constant, static, trait or impl block";
            return Err(Error::new(other.span(), why));
        }
    };
    if let Some(own) = options.name.as_ref().filter(|_| !matches!(item, Item::Trait(_))) {
        let why = "`name` is for traits and impl blocks; this item has a name, which `uses(...)` takes";
        return Err(Error::new(own.span(), why));
    }
    let is_type = twin.is_none();
    let twin = twin.map(|vis| twin_of(name, vis));
    let implementation = implementation(name, generics, &counted(&item), &options.uses, is_type);
    Ok(quote!(#item #twin #implementation))
}

impl Options {
    fn read(tokens: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        for argument in parse(tokens, "tracked", &["uses", "name"])? {
            if argument.name == "uses" {
                options.uses = argument.paths()?;
            } else {
                options.name = Some(Self::own_name(&argument)?);
            }
        }
        Ok(options)
    }

    fn own_name(argument: &Argument) -> Result<Ident> {
        let form = "name = its_code";
        let expr = argument.expr(form)?;
        syn::parse2(expr.to_token_stream())
            .map_err(|_| Error::new(expr.span(), format!("`name` is written as `{form}`, without quotes")))
    }
}

fn nameless(name: &Ident) -> Error {
    let why = "a trait's own name cannot stand in `uses(...)`; give its code one: `#[tracked(name = its_code)]`, and then \
               `uses(its_code)`";
    Error::new(name.span(), why)
}

pub(crate) fn twin_of(name: &Ident, vis: &Visibility) -> TokenStream {
    let about = format!("Stands for the code of `{name}` in `uses(...)`.");
    quote! {
        #[doc = #about]
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Debug)]
        #vis struct #name {}
    }
}

fn implementation(
    name: &Ident,
    generics: &Generics,
    counted: &TokenStream,
    uses: &[Path],
    is_type: bool,
) -> TokenStream {
    let (bounds, arguments, clause) = generics.split_for_impl();
    let plain = name.to_string();
    let id = if generics.params.is_empty() {
        quote!(::std::option::Option::Some(::std::any::TypeId::of::<Self>()))
    } else {
        quote!(::std::option::Option::None)
    };
    let impls = is_type.then(|| quote!(parts.add_impls(#plain, #id);));
    let tokens = piece(&plain, counted, name.span());
    quote! {
        impl #bounds ::heirloom::Tracked for #name #arguments #clause {
            fn collect(parts: &mut ::heirloom::__private::Parts) {
                if parts.add(&#tokens) {
                    #impls
                    #(<#uses as ::heirloom::Tracked>::collect(parts);)*
                }
            }
        }
    }
}

/// One piece of code, as the face takes it: `name` in the module it stands in, with the digest of these tokens.
pub(crate) fn piece(name: &str, counted: &TokenStream, at: Span) -> TokenStream {
    let (digest, text) = (tokens::digest(counted.clone()), source::text(counted.clone()));
    let line = source::line(at).map_or_else(|| quote!(::std::line!()), |line| quote!(#line));
    quote! {
        ::heirloom::__private::Tokens {
            name: ::std::concat!(::std::module_path!(), "::", #name),
            digest: [#(#digest),*],
            place: ::std::concat!(::std::file!(), ":", #line),
            text: #text,
        }
    }
}

/// What counts of an item: all but its visibility, and the attributes that change nothing.
fn counted(item: &Item) -> TokenStream {
    let mut item = item.clone();
    let vis: &mut Visibility = match &mut item {
        Item::Struct(item) => &mut item.vis,
        Item::Enum(item) => &mut item.vis,
        Item::Union(item) => &mut item.vis,
        Item::Fn(item) => &mut item.vis,
        Item::Const(item) => &mut item.vis,
        Item::Static(item) => &mut item.vis,
        Item::Trait(item) => &mut item.vis,
        _ => return quote!(#item),
    };
    *vis = Visibility::Inherited;
    quote!(#item)
}

/// The attributes under which an item exists.
pub(crate) fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}
