//! Nothing returned, nothing kept.

#[heirloom::cached]
fn print(text: String) {
    drop(text);
}

#[heirloom::cached]
fn try_print(text: String) -> Result<(), std::fmt::Error> {
    drop(text);
    Ok(())
}

fn main() {}
