//! A hundred thousand products that share what is equal among them.
//!
//! Run: `cargo run -p heirloom-reuse --example flyweight_products`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use heirloom_reuse::{Flyweight, Held};

/// What all products of a kind have in common.
struct Kind {
    description: String,
    cents: u32,
}

struct Product {
    serial: u32,
    kind: Held<&'static str, Kind>,
}

fn main() {
    let names = ["chair", "table", "lamp", "shelf"];
    let kinds = Flyweight::new(|name: &&'static str| Kind {
        description: format!("A {name}, made by hand. ").repeat(40),
        cents: 100 * u32::try_from(name.len()).unwrap_or(0),
    });
    let products: Vec<Product> = (0..100_000)
        .zip(names.iter().cycle())
        .map(|(serial, name)| Product { serial, kind: kinds.get(*name) })
        .collect();

    let each: usize = products.iter().map(|product| product.kind.description.len()).sum();
    let shared: usize = products[..4].iter().map(|product| product.kind.description.len()).sum();
    println!("{} products of {} kinds", products.len(), kinds.len());
    println!("descriptions: {shared} bytes instead of {each}");
    assert!(products[0].kind.is_same(&products[4].kind));
    assert_eq!((products[7].serial, products[7].kind.cents), (7, 500));
    drop(products);
    assert!(kinds.is_empty());
}
