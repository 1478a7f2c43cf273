//! What `#[tracked]` cannot stand on, and how it is named.

#[heirloom::tracked]
mod inner {}

#[heirloom::tracked]
trait Shown {}

#[heirloom::tracked(name = its_code)]
fn one() {}

#[heirloom::tracked(name = "its code")]
impl Shown for Vec<u8> {}

#[heirloom::tracked(nmae = its_code)]
impl Shown for String {}

fn main() {}
