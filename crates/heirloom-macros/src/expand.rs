//! What `#[cached]` expands to: the function with its old name, and a type of the same name for questions about it.
//!
//! A function lives among the values and a braced struct among the types, so `f(x)` and `f::explain(x)` are both
//! there, also inside another function's body. Promises: the body stands unchanged in `__build`. Refuses: logic;
//! every line here is a call.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{AttrStyle, Attribute, Expr, Ident, ItemFn, Meta};

use crate::cached::{Code, Options};
use crate::signature::{Parameter, Role, Signature};

pub(crate) fn expand(
    function: &ItemFn,
    signature: &Signature,
    options: &Options,
    code: &Code,
) -> TokenStream {
    let (vis, name) = (&function.vis, &function.sig.ident);
    let (outer, cfg) = (outer(&function.attrs), conditions(&function.attrs));
    let (builder, shelf) = (builder(function), shelf(name, signature, options, code));
    let questions = questions(function, signature, options);
    let given = given(signature);
    let call = call(function, signature, options, &quote!(Get), &quote!(::std::option::Option::None));
    let returned = returned(function, signature);
    let names = signature.given().map(|parameter| &parameter.name);
    let about = format!("Questions about the cached function `{name}`.");
    quote! {
        #(#outer)*
        #vis fn #name(#given) -> #returned {
            #name::__get(#(#names),*)
        }

        #(#cfg)*
        #[doc = #about]
        #[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic)]
        #[derive(::std::fmt::Debug)]
        #vis struct #name {}

        #(#cfg)*
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #name {
            #builder
            #shelf
            fn __get(#given) -> #returned { #call }
            #questions
        }

        #(#cfg)*
        const _: () = {
            ::heirloom::__private::inventory::submit! {
                ::heirloom::__private::CachedFunction { name: #name::__NAME, register: #name::__register }
            }
        };
    }
}

/// The attributes of the function that is called: what the builder fulfils of an `expect`, this one need not.
fn outer(attributes: &[Attribute]) -> Vec<Attribute> {
    let mut outer = attributes.to_vec();
    for attribute in &mut outer {
        attribute.style = AttrStyle::Outer;
        if attribute.path().is_ident("expect")
            && let Meta::List(list) = &mut attribute.meta
        {
            list.path = Ident::new("allow", list.path.span()).into();
        }
    }
    outer
}

/// The conditions under which the function exists, which everything beside it shares.
fn conditions(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect()
}

/// The function as it was written, under another name.
fn builder(function: &ItemFn) -> TokenStream {
    const OUTER_ONLY: [&str; 4] = ["doc", "deprecated", "must_use", "cfg"];
    let mut inner = function.clone();
    inner.sig.ident = Ident::new("__build", function.sig.ident.span());
    inner.vis = syn::Visibility::Inherited;
    inner.attrs.retain(|attribute| !OUTER_ONLY.iter().any(|name| attribute.path().is_ident(name)));
    quote!(#inner)
}

/// What a call gives back. An `async` function becomes one that returns a future, so that it finds its store where
/// it is called and not where it is awaited.
fn returned(function: &ItemFn, signature: &Signature) -> TokenStream {
    let value = &signature.value;
    let result = quote!(::heirloom::Result<::std::sync::Arc<#value>>);
    match function.sig.asyncness {
        Some(_) => quote!(impl ::std::future::Future<Output = #result> + ::std::marker::Send),
        None => result,
    }
}

/// The shelf in the store that is used here.
fn shelf(name: &Ident, signature: &Signature, options: &Options, code: &Code) -> TokenStream {
    let Code { digest, text } = code;
    let (key, value, calls) = (key_type(signature, options), &signature.value, &options.calls);
    let plain = name.to_string();
    let factory = options.name.as_ref().map_or_else(
        || quote!(::std::concat!(::std::module_path!(), "::", #plain)),
        ToTokens::to_token_stream,
    );
    // With the type said, a `&LazyLock<Store>` is one too.
    let store = options.store.as_ref().map_or_else(
        || quote!(let __store = &::heirloom::__private::current_store();),
        |store| quote!(let __store: &::heirloom::Store = #store;),
    );
    quote! {
        const __NAME: &'static ::std::primitive::str = #factory;

        fn __make(store: &::heirloom::Store) -> ::heirloom::__private::Shelf<#key, #value> {
            store
                .factory::<#value>(Self::__NAME)
                .part(#plain, [#(#digest),*], ::std::concat!(::std::file!(), ":", ::std::line!()))
                .source(#plain, #text)
                #(#calls)*
                .shelf()
        }

        fn __shelf() -> ::std::sync::Arc<::heirloom::__private::Shelf<#key, #value>> {
            #store
            __store.shelf::<Self, #key, #value>(Self::__NAME, Self::__make)
        }

        fn __register(store: &::heirloom::Store) {
            store.shelf::<Self, #key, #value>(Self::__NAME, Self::__make);
        }
    }
}

/// `explain`, `state`, `bypass` and so on.
fn questions(function: &ItemFn, signature: &Signature, options: &Options) -> TokenStream {
    let vis = &function.vis;
    let (asked, given) = (asked(signature, options), given(signature));
    let key = key(signature, options);
    let returned = returned(function, signature);
    let none = quote!(::std::option::Option::None);
    let bypass = call(function, signature, options, &quote!(Bypass), &none);
    let refresh = call(function, signature, options, &quote!(Refresh), &none);
    let traits = quote!(::std::option::Option::Some(::std::sync::Arc::new(__traits)));
    let expecting = call(function, signature, options, &quote!(Get), &traits);
    quote! {
        /// What a call with these arguments would come to now, and why; never builds.
        #vis fn explain(#asked) -> ::heirloom::Result<::heirloom::Explanation> {
            Self::__shelf().explain(&#key, ::std::option::Option::None)
        }
        /// Where the object of these arguments is now.
        #vis fn state(#asked) -> ::heirloom::Result<::heirloom::State> {
            Self::__shelf().state(&#key)
        }
        /// Forgets every kept version of the object of these arguments.
        #vis fn forget(#asked) -> ::heirloom::Result<::std::primitive::usize> {
            Self::__shelf().forget(&#key)
        }
        /// Keeps the object of these arguments from eviction and collection.
        #vis fn pin(#asked) -> ::heirloom::Result<::std::primitive::usize> {
            Self::__shelf().pin(&#key, true)
        }
        /// Takes `pin` back.
        #vis fn unpin(#asked) -> ::heirloom::Result<::std::primitive::usize> {
            Self::__shelf().pin(&#key, false)
        }
        /// Builds without reading or writing the cache.
        #vis fn bypass(#given) -> #returned { #bypass }
        /// Builds again and replaces what is kept.
        #vis fn refresh(#given) -> #returned { #refresh }
        /// Asks for an object with certain traits; one that lacks them is built again without being opened.
        #vis fn expecting(__traits: ::heirloom::Traits, #given) -> #returned { #expecting }
        /// What happened so far in this process.
        #vis fn stats() -> ::heirloom::Stats {
            Self::__shelf().stats()
        }
        /// Vouches that everything kept of this function is what its present code would build.
        #vis fn adopt() -> ::heirloom::Result<::std::primitive::usize> {
            Self::__shelf().adopt()
        }
        /// Removes everything kept of this function.
        #vis fn clear() -> ::heirloom::Result<::std::primitive::usize> {
            Self::__shelf().clear()
        }
    }
}

/// The request itself, with its builder.
fn call(
    function: &ItemFn,
    signature: &Signature,
    options: &Options,
    mode: &TokenStream,
    expect: &TokenStream,
) -> TokenStream {
    let lookup = lookup(signature, options);
    let handed: Vec<TokenStream> = signature
        .parameters
        .iter()
        .map(|parameter| match parameter.role {
            Role::Recorder => quote!(__recorder),
            _ => parameter.handed(),
        })
        .collect();
    if function.sig.asyncness.is_some() {
        return async_call(signature, &lookup, mode, expect);
    }
    let built = if signature.fallible {
        quote!(Self::__build(#(#handed),*).map_err(::heirloom::Error::build))
    } else {
        quote!(::std::result::Result::Ok(Self::__build(#(#handed),*)))
    };
    quote! {
        let __lookup = #lookup;
        Self::__shelf().ask(&__lookup, ::heirloom::__private::Mode::#mode, #expect, |__recorder| #built)
    }
}

fn async_call(
    signature: &Signature,
    lookup: &TokenStream,
    mode: &TokenStream,
    expect: &TokenStream,
) -> TokenStream {
    let (names, handed): (Vec<_>, Vec<_>) = signature
        .parameters
        .iter()
        .filter(|parameter| parameter.role != Role::Recorder)
        .map(|parameter| (&parameter.name, parameter.handed()))
        .unzip();
    let passed = signature.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        if parameter.role == Role::Recorder { quote!(&__recorder) } else { quote!(#name) }
    });
    let outcome =
        if signature.fallible { quote!(.await.map_err(::heirloom::Error::build)) } else { quote!(.await) };
    let built = if signature.fallible {
        quote!(Self::__build(#(#passed),*)#outcome)
    } else {
        quote!(::std::result::Result::Ok(Self::__build(#(#passed),*)#outcome))
    };
    quote! {
        let __shelf = Self::__shelf();
        let __here = ::heirloom::__private::Surroundings::here();
        async move {
            let __lookup = #lookup;
            let __future = __here.enter(|| {
                __shelf.get_async(&__lookup, ::heirloom::__private::Mode::#mode, #expect, |__recorder| {
                    #(let #names = #handed;)*
                    async move { #built }
                })
            });
            __future.await
        }
    }
}

/// What stands for the key on a hit.
fn lookup(signature: &Signature, options: &Options) -> TokenStream {
    if options.key.is_some() {
        return key(signature, options);
    }
    let lent = signature.key().map(Parameter::lent);
    quote!(::heirloom::__private::Arguments((#(#lent,)*)))
}

/// The owned key.
fn key(signature: &Signature, options: &Options) -> TokenStream {
    let ty = key_type(signature, options);
    if let Some(own) = &options.key {
        let names = &own.parameters;
        let body = match &own.body {
            // Without its braces, which a closure must have and a block in a block need not.
            Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
                let statements = &block.block.stmts;
                quote!(#(#statements)*)
            }
            other => other.to_token_stream(),
        };
        let lent = names.iter().map(|name| {
            let parameter = signature.given().find(|parameter| parameter.name == *name);
            parameter.map(Parameter::lent)
        });
        return quote!({ let __key: #ty = { #(let #names = #lent;)* #body }; __key });
    }
    let lent = signature.key().map(Parameter::lent);
    quote!(::heirloom::Lookup::<#ty>::to_key(&::heirloom::__private::Arguments((#(#lent,)*))))
}

fn key_type(signature: &Signature, options: &Options) -> TokenStream {
    if let Some(own) = &options.key {
        let ty = &own.ty;
        return quote!(#ty);
    }
    let owned = signature.key().map(Parameter::owned);
    quote!((#(#owned,)*))
}

/// The parameters that a call is given.
fn given(signature: &Signature) -> TokenStream {
    let (names, types): (Vec<_>, Vec<_>) =
        signature.given().map(|parameter| (&parameter.name, &parameter.ty)).unzip();
    quote!(#(#names: #types),*)
}

/// The parameters that a question is given: those that the key is made of.
fn asked(signature: &Signature, options: &Options) -> TokenStream {
    let wanted = signature.given().filter(|parameter| match &options.key {
        Some(own) => own.parameters.contains(&parameter.name),
        None => parameter.role == Role::Key,
    });
    let (names, types): (Vec<_>, Vec<_>) = wanted.map(|parameter| (&parameter.name, &parameter.ty)).unzip();
    quote!(#(#names: #types),*)
}
