//! The attributes of Heirloom: `#[cached]` puts a function on the road, `#[tracked]` makes an item's code count.
//!
//! On the road: only at compile time; the expansion calls the Rust face and decides nothing. Promises: 1. the
//! function's body is left as it is; 2. a mistake in the attribute is a compile error at its place, with the way
//! out. Refuses: looking into other items; `uses(...)` names them.

mod arguments;
mod cached;
mod expand;
mod signature;
mod source;
mod tracked;
mod tracked_impl;

use proc_macro::TokenStream;

/// Hands down what the function returns: built once, on any run.
///
/// The function then returns `heirloom::Result<Arc<T>>`, where `T` is what it returned (or what its `Result` held).
/// Questions about it stand under its name: `f::explain(args)`, `f::state(args)`, `f::bypass(args)`,
/// `f::refresh(args)`, `f::forget(args)`, `f::pin(args)`, `f::unpin(args)`, `f::expecting(traits, args)`,
/// `f::stats()`, `f::adopt()`, `f::clear()`.
///
/// A parameter of type `&Recorder` is not an argument: it is handed to the body, which opens its inputs through it.
///
/// | option | meaning |
/// |---|---|
/// | `name = "tables"` | the factory's name; the function's path where nobody says |
/// | `counters(ann = 3, bob = 1)` | version counters, one per developer |
/// | `epoch = "7d"`, `ttl = "1h"` | lifetimes |
/// | `traits = Table::traits` | reads `Traits` off a fresh object |
/// | `code = "function"` | how much code counts: `manual`, `function` (default), `files`, `crate`, `binary` |
/// | `uses(helper, Type)` | items marked `#[heirloom::tracked]` whose code counts too |
/// | `files("data/*.csv")` | files that every build depends on |
/// | `ignore(progress)` | parameters that are not part of the key |
/// | `key = \|path, year\| -> (String, u16) { … }` | a key of one's own |
/// | `schema = 3`, `migrate(2 => from_v2)` | the format's number, and how older ones are converted |
/// | `codec = Raw::new()`, `size = fn` | how objects become bytes, and what they weigh |
/// | `revalidate = "process"`, `verify = "always"` | when inputs and blobs are checked again |
/// | `memory_only`, `disk_only`, `pin` | where objects are kept, and that they stay |
/// | `store = &STORE` | a store of one's own, in place of the scope's or the default one |
#[proc_macro_attribute]
pub fn cached(options: TokenStream, item: TokenStream) -> TokenStream {
    cached::cached(options.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an item's code count for every cached function that names it in `uses(...)`.
///
/// On functions, structs, enums, unions, constants, statics, traits and impl blocks. Comments, layout and
/// documentation do not count. `#[tracked(uses(inner))]` adds what the item uses itself. It stands above `#[derive]`,
/// so that the derives count.
///
/// An impl block counts with its type, which must be tracked too. A trait, and the impl block of a type that is not
/// yours, get a name of their own: `#[tracked(name = its_code)]`, and then `uses(its_code)`.
#[proc_macro_attribute]
pub fn tracked(options: TokenStream, item: TokenStream) -> TokenStream {
    tracked::tracked(options.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
