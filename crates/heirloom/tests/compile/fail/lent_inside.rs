//! A reference inside a parameter's type is no key.

#[heirloom::cached]
fn greet(name: Option<&str>) -> String {
    name.unwrap_or_default().to_owned()
}

fn main() {}
