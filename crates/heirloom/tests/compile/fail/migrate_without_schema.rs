//! A migration must say where it leads.

fn from_one(old: u32) -> u32 {
    old
}

#[heirloom::cached(migrate(1 => from_one))]
fn made(n: u32) -> u32 {
    n
}

fn main() {}
