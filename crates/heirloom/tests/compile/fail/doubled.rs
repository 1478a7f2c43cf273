//! What is given twice.

#[heirloom::cached(ttl = "1h", ttl = "2h")]
fn one(n: u32) -> u32 {
    n
}

#[heirloom::cached(counters(ann = 1, bob = 1, ann = 2))]
fn two(n: u32) -> u32 {
    n
}

#[heirloom::cached(memory_only, disk_only)]
fn three(n: u32) -> u32 {
    n
}

fn main() {}
