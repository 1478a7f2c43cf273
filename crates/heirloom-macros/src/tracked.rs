//! `#[tracked]`: leaves the item as it is, and adds a type of its name that knows the digest of its tokens.
//!
//! Promises: a type keeps its own name for that; a function or constant gets a twin among the types. Refuses: impl
//! blocks, which have no name to be used by.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Generics, Ident, Item, Path, Result, Visibility};

use crate::arguments::parse;
use crate::tokens;

pub(crate) fn tracked(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut uses: Vec<Path> = Vec::new();
    for argument in parse(options, "tracked", &["uses"])? {
        uses = argument.paths()?;
    }
    let item: Item = syn::parse2(item)?;
    let digest = digest(&item);
    let none = Generics::default();
    let (name, generics, twin) = match &item {
        Item::Struct(item) => (&item.ident, &item.generics, None),
        Item::Enum(item) => (&item.ident, &item.generics, None),
        Item::Union(item) => (&item.ident, &item.generics, None),
        Item::Fn(item) => (&item.sig.ident, &none, Some(&item.vis)),
        Item::Const(item) => (&item.ident, &none, Some(&item.vis)),
        Item::Static(item) => (&item.ident, &none, Some(&item.vis)),
        other => {
            let why = "`#[tracked]` stands on a function, struct, enum, union, constant or static; track the \
                       functions of an impl block by moving them out of it";
            return Err(Error::new(other.span(), why));
        }
    };
    let implementation = implementation(name, generics, digest, &uses);
    let twin = twin.map(|vis| twin_of(name, vis));
    Ok(quote!(#item #twin #implementation))
}

fn twin_of(name: &Ident, vis: &Visibility) -> TokenStream {
    let about = format!("Stands for the code of `{name}` in `uses(...)`.");
    quote! {
        #[doc = #about]
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Debug)]
        #vis struct #name {}
    }
}

fn implementation(name: &Ident, generics: &Generics, digest: [u8; 32], uses: &[Path]) -> TokenStream {
    let (bounds, arguments, clause) = generics.split_for_impl();
    let plain = name.to_string();
    quote! {
        impl #bounds ::heirloom::Tracked for #name #arguments #clause {
            fn collect(parts: &mut ::heirloom::__private::Parts) {
                let name = ::std::concat!(::std::module_path!(), "::", #plain);
                let place = ::std::concat!(::std::file!(), ":", ::std::line!());
                if ::heirloom::__private::tokens(parts, name, [#(#digest),*], place) {
                    #(<#uses as ::heirloom::Tracked>::collect(parts);)*
                }
            }
        }
    }
}

/// The digest of an item without the attributes that change nothing, and without its visibility.
fn digest(item: &Item) -> [u8; 32] {
    let mut item = item.clone();
    let (attributes, vis): (&mut Vec<Attribute>, &mut Visibility) = match &mut item {
        Item::Struct(item) => (&mut item.attrs, &mut item.vis),
        Item::Enum(item) => (&mut item.attrs, &mut item.vis),
        Item::Union(item) => (&mut item.attrs, &mut item.vis),
        Item::Fn(item) => (&mut item.attrs, &mut item.vis),
        Item::Const(item) => (&mut item.attrs, &mut item.vis),
        Item::Static(item) => (&mut item.attrs, &mut item.vis),
        _ => return tokens::digest(quote!(#item)),
    };
    attributes.retain(tokens::counts);
    *vis = Visibility::Inherited;
    if let Item::Fn(item) = &mut item {
        item.sig = tokens::laid_out_alike(&item.sig);
    }
    tokens::digest(quote!(#item))
}
