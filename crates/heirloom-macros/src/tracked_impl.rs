//! `#[tracked]` on an impl block: each of its functions and constants is a piece of code of its own.
//!
//! So `explain` names the method that changed. Promises: 1. whatever stands in the block counts, and its head
//! (generics, trait, bounds, associated types) is one more piece; 2. a block without a name of its own is found by its type, which
//! must be tracked. Refuses: seeing through a type alias with parameters, which has another name than its type.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{GenericParam, Ident, ImplItem, ItemImpl, Type, Visibility};

use crate::tracked::{Options, conditions, piece, twin_of};

pub(crate) fn expand(block: &ItemImpl, options: &Options) -> TokenStream {
    let cfg: Vec<_> = conditions(&block.attrs).collect();
    let (uses, pieces) = (&options.uses, pieces(block));
    // Every piece is added before what they use is looked at.
    let collect = quote! {
        let mut fresh = false;
        #(fresh |= parts.add(&#pieces);)*
        if fresh {
            #(<#uses as ::heirloom::Tracked>::collect(parts);)*
        }
    };
    let register =
        options.name.as_ref().map_or_else(|| found_by_type(block, &collect), |name| named(name, &collect));
    quote!(#block #(#cfg)* #register)
}

/// A twin that `uses(...)` takes.
fn named(name: &Ident, collect: &TokenStream) -> TokenStream {
    let twin = twin_of(name, &syn::parse_quote!(pub(crate)));
    quote! {
        #twin
        impl ::heirloom::Tracked for #name {
            fn collect(parts: &mut ::heirloom::__private::Parts) {
                #collect
            }
        }
    }
}

/// An entry that the type finds when it is used itself.
fn found_by_type(block: &ItemImpl, collect: &TokenStream) -> TokenStream {
    let (ty, (bounds, _, clause)) = (&block.self_ty, block.generics.split_for_impl());
    let name = last_word(ty);
    let concrete = block.generics.params.is_empty();
    let id = if concrete {
        quote!(::std::option::Option::Some(::std::any::TypeId::of::<#ty>()))
    } else {
        quote!(::std::option::Option::None)
    };
    let lifetimes_only =
        block.generics.params.iter().all(|parameter| matches!(parameter, GenericParam::Lifetime(_)));
    let allowed =
        if lifetimes_only { quote!(dead_code, clippy::extra_unused_lifetimes) } else { quote!(dead_code) };
    quote! {
        const _: () = {
            #[allow(#allowed)]
            fn __tracked #bounds () #clause {
                ::heirloom::__private::must_be_tracked::<#ty>();
            }
            ::heirloom::__private::inventory::submit! {
                ::heirloom::__private::TrackedImpl {
                    name: #name,
                    id: || #id,
                    collect: |parts| { #collect },
                }
            }
        };
    }
}

/// The pieces of a block: its functions and constants by name, and what is left under the name of the block itself.
fn pieces(block: &ItemImpl) -> Vec<TokenStream> {
    let mut head = block.clone();
    // Two blocks of one type differ in their conditions only, and one that is not compiled is not here.
    head.attrs.retain(|attribute| !attribute.path().is_ident("cfg"));
    head.items.retain(|item| !matches!(item, ImplItem::Fn(_) | ImplItem::Const(_)));
    let ty = words(&block.self_ty);
    let owner = match &block.trait_ {
        Some((path, _)) => format!("<{ty} as {}>", words(path)),
        None => ty,
    };
    let mut named = Vec::new();
    for item in &block.items {
        let mut item = item.clone();
        let name = match &mut item {
            ImplItem::Fn(function) => {
                function.vis = Visibility::Inherited;
                function.sig.ident.clone()
            }
            ImplItem::Const(constant) => {
                constant.vis = Visibility::Inherited;
                constant.ident.clone()
            }
            _ => continue,
        };
        named.push(piece(&format!("{owner}::{name}"), &item.to_token_stream(), name.span()));
    }
    // Inherent blocks of one type have one head each; only what is in it tells them apart.
    let alone = block.trait_.is_some() || !head.items.is_empty() || named.is_empty();
    let shown =
        if alone { format!("impl {owner}") } else { format!("impl {}{owner}", words(&block.generics)) };
    let head = piece(&shown, &head.to_token_stream(), block.impl_token.span());
    named.into_iter().chain([head]).collect()
}

fn last_word(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        Type::Group(group) => last_word(&group.elem),
        Type::Paren(paren) => last_word(&paren.elem),
        other => words(other),
    }
}

/// Tokens as a name: without spaces but between words.
fn words(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let mut words = String::new();
    for (at, letter) in text.char_indices() {
        let beside =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let between = beside(words.chars().last()) && beside(text[at + letter.len_utf8()..].chars().next());
        if letter != ' ' || between {
            words.push(letter);
        }
    }
    words
}
