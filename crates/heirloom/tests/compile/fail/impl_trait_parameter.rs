//! A parameter without a type of its own is no key.

#[heirloom::cached]
fn sum(numbers: impl Iterator<Item = u32>) -> u32 {
    numbers.sum()
}

fn main() {}
