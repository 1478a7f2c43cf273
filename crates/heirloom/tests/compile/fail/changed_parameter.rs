//! A parameter that the function changes is no key.

#[heirloom::cached]
fn fill(buffer: &mut Vec<u8>) -> usize {
    buffer.len()
}

fn main() {}
