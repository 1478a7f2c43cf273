//! Takes a function's signature apart: which parameters are the key, which is the recorder, what is returned.
//!
//! Promises: what cannot be cached is refused at its place, with the way out. Refuses: types; it reads names only,
//! as every attribute must.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Error, FnArg, GenericArgument, Ident, ItemFn, Pat, PathArguments, Result, ReturnType, Type};

/// A function's parameters and result, by their part in caching.
pub(crate) struct Signature {
    /// All parameters in order, the recorder too.
    pub(crate) parameters: Vec<Parameter>,
    /// The type of the object.
    pub(crate) value: TokenStream,
    /// Whether the function returns a `Result`.
    pub(crate) fallible: bool,
}

/// One parameter.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

/// What a parameter is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Key,
    Ignored,
    Recorder,
}

impl Signature {
    pub(crate) fn of(function: &ItemFn, ignored: &[Ident]) -> Result<Self> {
        let signature = &function.sig;
        let refuse = |at: &dyn ToTokens, why: &str| Err(Error::new(at.span(), why));
        if !signature.generics.params.is_empty() {
            let why = "a generic function cannot be cached: one factory has one type of key and one of object; wrap \
                       it in a function for the types you need";
            return refuse(&signature.generics, why);
        }
        if let Some(unsafety) = &signature.constness {
            return refuse(unsafety, "a `const fn` is evaluated at compile time; it needs no cache");
        }
        let parameters =
            signature.inputs.iter().map(|input| Parameter::of(input, ignored)).collect::<Result<Vec<_>>>()?;
        for name in ignored {
            if !parameters.iter().any(|parameter| parameter.name == *name) {
                return refuse(name, "`ignore` names a parameter, and this function has none of that name");
            }
        }
        let (value, fallible) = returned(&signature.output)?;
        Ok(Self { parameters, value, fallible })
    }

    /// The parameters that a caller gives.
    pub(crate) fn given(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.role != Role::Recorder)
    }

    /// The parameters that make the key.
    pub(crate) fn key(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.role == Role::Key)
    }
}

impl Parameter {
    fn of(input: &FnArg, ignored: &[Ident]) -> Result<Self> {
        let FnArg::Typed(typed) = input else {
            let why = "a method cannot be cached by the attribute, because what `self` is made of cannot be seen; put \
                       the slow part in a function of its own, or use `store.factory(…)`";
            return Err(Error::new(input.span(), why));
        };
        let Pat::Ident(pattern) = &*typed.pat else {
            return Err(Error::new(
                typed.pat.span(),
                "give this parameter a plain name, so that the key can have it",
            ));
        };
        let (name, ty) = (pattern.ident.clone(), (*typed.ty).clone());
        let role = if is_recorder(&ty) {
            Role::Recorder
        } else if ignored.contains(&name) {
            Role::Ignored
        } else {
            Role::Key
        };
        if role == Role::Key {
            refuse_type(&name, &ty)?;
        }
        Ok(Self { name, ty, role })
    }

    /// The type that the key holds: owned, also where the parameter is a reference.
    pub(crate) fn owned(&self) -> TokenStream {
        let ty = match &self.ty {
            Type::Reference(reference) => reference.elem.to_token_stream(),
            other => other.to_token_stream(),
        };
        quote!(<#ty as ::std::borrow::ToOwned>::Owned)
    }

    /// A reference to the argument.
    pub(crate) fn lent(&self) -> TokenStream {
        let name = &self.name;
        match &self.ty {
            Type::Reference(_) => quote!(#name),
            _ => quote!(&#name),
        }
    }

    /// The argument for the builder: what the key borrows is cloned, the rest is moved.
    pub(crate) fn handed(&self) -> TokenStream {
        let name = &self.name;
        match (&self.ty, self.role) {
            (Type::Reference(_), _) | (_, Role::Ignored | Role::Recorder) => quote!(#name),
            (_, Role::Key) => quote!(::std::clone::Clone::clone(&#name)),
        }
    }
}

fn refuse_type(name: &Ident, ty: &Type) -> Result<()> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => Err(Error::new(
            ty.span(),
            format!(
                "`{name}` is changed by the function, so it cannot be part of the key; add `ignore({name})`"
            ),
        )),
        Type::ImplTrait(_) => Err(Error::new(
            ty.span(),
            format!("`{name}` has no type of its own; give it one, or add `ignore({name})`"),
        )),
        _ => Ok(()),
    }
}

fn is_recorder(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Recorder")
}

/// The object's type, and whether it comes in a `Result`.
fn returned(output: &ReturnType) -> Result<(TokenStream, bool)> {
    let ReturnType::Type(_, ty) = output else {
        return Err(Error::new(output.span(), "a function that returns nothing leaves nothing to keep"));
    };
    if let Type::Path(path) = &**ty
        && let Some(last) = path.path.segments.last()
        && last.ident == "Result"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(value)) = arguments.args.first()
    {
        return Ok((value.to_token_stream(), true));
    }
    if let Type::ImplTrait(_) | Type::Reference(_) = &**ty {
        let why = "what is kept must be an owned type with a name: it outlives the call";
        return Err(Error::new(ty.span(), why));
    }
    Ok((ty.to_token_stream(), false))
}
