//! An impl block counts with its type, so the type must be tracked.

struct Plain;

#[heirloom::tracked]
impl Plain {
    fn one() -> u32 {
        1
    }
}

fn main() {}
