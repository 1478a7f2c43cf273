//! Takes a function's signature apart: which parameters are the key, which is the recorder, what is returned.
//!
//! Promises: what cannot be cached is refused at its place, with the way out. Refuses: types; it reads names only,
//! as every attribute must.

use proc_macro2::{Span, TokenStream};
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
    /// Its name, or one that was made for a pattern.
    pub(crate) name: Ident,
    /// The names that its pattern binds.
    bound: Vec<Ident>,
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
        let inputs = signature.inputs.iter().enumerate();
        let parameters =
            inputs.map(|(at, input)| Parameter::of(at, input, ignored)).collect::<Result<Vec<_>>>()?;
        for name in ignored {
            if !parameters.iter().any(|parameter| parameter.bound.contains(name)) {
                return refuse(name, "`ignore` names a parameter, and this function has none of that name");
            }
        }
        let (value, fallible) = returned(&signature.output, signature.ident.span())?;
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
    fn of(at: usize, input: &FnArg, ignored: &[Ident]) -> Result<Self> {
        let FnArg::Typed(typed) = input else {
            let why = "a method cannot be cached by the attribute, because what `self` is made of cannot be seen; put \
                       the slow part in a function of its own, or use `store.factory(…)`";
            return Err(Error::new(input.span(), why));
        };
        let (mut bound, ty) = (Vec::new(), (*typed.ty).clone());
        bindings(&typed.pat, &mut bound);
        let name = match &*typed.pat {
            Pat::Ident(pattern) => pattern.ident.clone(),
            other => Ident::new(&format!("__argument{at}"), other.span()),
        };
        let role = if is_recorder(&ty) {
            Role::Recorder
        } else if bound.iter().any(|name| ignored.contains(name)) {
            Role::Ignored
        } else {
            Role::Key
        };
        if role == Role::Key {
            refuse_type(&typed.pat, &ty)?;
        }
        Ok(Self { name, bound, ty, role })
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
        if matches!(self.ty, Type::Reference(_)) { quote!(#name) } else { quote!(&#name) }
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

/// The names that a pattern binds.
fn bindings(pattern: &Pat, bound: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(pattern) => bound.push(pattern.ident.clone()),
        Pat::Tuple(pattern) => pattern.elems.iter().for_each(|inner| bindings(inner, bound)),
        Pat::TupleStruct(pattern) => pattern.elems.iter().for_each(|inner| bindings(inner, bound)),
        Pat::Slice(pattern) => pattern.elems.iter().for_each(|inner| bindings(inner, bound)),
        Pat::Struct(pattern) => pattern.fields.iter().for_each(|field| bindings(&field.pat, bound)),
        Pat::Reference(pattern) => bindings(&pattern.pat, bound),
        Pat::Paren(pattern) => bindings(&pattern.pat, bound),
        _ => {}
    }
}

fn refuse_type(pattern: &Pat, ty: &Type) -> Result<()> {
    let name = pattern.to_token_stream().to_string();
    let refuse = |why: String| Err(Error::new(ty.span(), why));
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => refuse(format!(
            "`{name}` is changed by the function, so it cannot be part of the key; add `ignore({name})`"
        )),
        Type::Reference(reference) if lends(&reference.elem) => refuse(inner_reference(&name)),
        Type::Reference(_) => Ok(()),
        Type::ImplTrait(_) => {
            refuse(format!("`{name}` has no type of its own; give it one, or add `ignore({name})`"))
        }
        other if lends(other) => refuse(inner_reference(&name)),
        _ => Ok(()),
    }
}

fn inner_reference(name: &str) -> String {
    format!(
        "`{name}` holds a reference inside, and the key must own all it is made of: take `Option<String>` in place \
         of `Option<&str>`, or add `ignore({name})`"
    )
}

/// Whether a reference that does not live for ever stands anywhere in a type.
fn lends(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => {
            let forever = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
            !forever || lends(&reference.elem)
        }
        Type::Tuple(tuple) => tuple.elems.iter().any(lends),
        Type::Array(array) => lends(&array.elem),
        Type::Slice(slice) => lends(&slice.elem),
        Type::Paren(paren) => lends(&paren.elem),
        Type::Group(group) => lends(&group.elem),
        Type::Path(path) => path.path.segments.iter().any(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().any(|argument| match argument {
                    GenericArgument::Type(ty) => lends(ty),
                    GenericArgument::Lifetime(lifetime) => lifetime.ident != "static",
                    _ => false,
                })
            }
            _ => false,
        }),
        _ => false,
    }
}

fn is_recorder(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Recorder")
}

/// The object's type, and whether it comes in a `Result`.
fn returned(output: &ReturnType, function: Span) -> Result<(TokenStream, bool)> {
    let ReturnType::Type(_, ty) = output else {
        return Err(Error::new(function, NOTHING));
    };
    if let Type::Path(path) = &**ty
        && let Some(last) = path.path.segments.last()
        && last.ident == "Result"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(value)) = arguments.args.first()
    {
        refuse_value(value)?;
        return Ok((value.to_token_stream(), true));
    }
    refuse_value(ty)?;
    Ok((ty.to_token_stream(), false))
}

const NOTHING: &str = "a function that returns nothing leaves nothing to keep";

fn refuse_value(ty: &Type) -> Result<()> {
    match ty {
        Type::Never(_) => Err(Error::new(ty.span(), NOTHING)),
        Type::Tuple(tuple) if tuple.elems.is_empty() => Err(Error::new(ty.span(), NOTHING)),
        Type::ImplTrait(_) | Type::Reference(_) => {
            let why = "what is kept must be an owned type with a name: it outlives the call";
            Err(Error::new(ty.span(), why))
        }
        _ => Ok(()),
    }
}
