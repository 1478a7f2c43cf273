//! An unknown option names the nearest.

#[heirloom::cached(epcoh = "7d")]
fn one(n: u32) -> u32 {
    n
}

#[heirloom::cached(colour = "red")]
fn two(n: u32) -> u32 {
    n
}

fn main() {}
