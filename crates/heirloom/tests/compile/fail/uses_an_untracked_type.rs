//! What is used must be tracked.

struct Plain;

#[heirloom::cached(uses(Plain))]
fn made(n: u32) -> u32 {
    let _plain = Plain;
    n
}

fn main() {}
