//! A generic function has no one type of key.

#[heirloom::cached]
fn first<T>(items: Vec<T>) -> usize {
    items.len()
}

fn main() {}
