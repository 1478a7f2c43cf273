//! A method has a `self` that cannot be seen into.

struct Shop;

impl Shop {
    #[heirloom::cached]
    fn price(&self, item: u32) -> u32 {
        item
    }
}

fn main() {}
