//! A function without the attribute has no twin among the types.

fn plain(n: u32) -> u32 {
    n
}

#[heirloom::cached(uses(plain))]
fn made(n: u32) -> u32 {
    plain(n)
}

fn main() {}
