//! What is kept outlives the call.

#[heirloom::cached]
fn trimmed(text: &str) -> &str {
    text.trim()
}

#[heirloom::cached]
fn parts(text: String) -> Result<impl Iterator<Item = u8>, std::fmt::Error> {
    Ok(text.into_bytes().into_iter())
}

fn main() {}
