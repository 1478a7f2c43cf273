//! The level `crate` needs a build script.

#[heirloom::cached(code = "crate")]
fn made(n: u32) -> u32 {
    n
}

fn main() {}
