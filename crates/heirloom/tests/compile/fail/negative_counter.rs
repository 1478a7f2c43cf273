//! Counters are whole numbers.

#[heirloom::cached(counters(ann = -1))]
fn one(n: u32) -> u32 {
    n
}

#[heirloom::cached(counters(bob = 1.5))]
fn two(n: u32) -> u32 {
    n
}

fn main() {}
