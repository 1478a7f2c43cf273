//! An impl block has no name to be used by.

struct Plain;

#[heirloom::tracked]
impl Plain {
    fn one() -> u32 {
        1
    }
}

fn main() {}
