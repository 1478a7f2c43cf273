//! A key function names parameters and its type.

#[heirloom::cached(key = |nmae| -> String { nmae.to_owned() })]
fn one(name: String) -> String {
    name
}

#[heirloom::cached(key = |name| name.len())]
fn two(name: String) -> String {
    name
}

#[heirloom::cached(ignore(loud))]
fn three(name: String) -> String {
    name
}

fn main() {}
