//! The levels of a Rust function.

#[heirloom::cached(code = "closure")]
fn made(n: u32) -> u32 {
    n
}

fn main() {}
