//! A hundred thousand labels of ten categories: as strings, interned, and as symbols.
//!
//! Run: `cargo run -p heirloom-reuse --example interned_labels`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use heirloom_reuse::{Interned, Interner, InvalidSetting, Symbol, Symbols};

fn main() -> Result<(), InvalidSetting> {
    let labels: Vec<String> = (0..100_000).map(|n| format!("category number {}", n % 10)).collect();
    let text = |labels: &[String]| labels.iter().map(String::len).sum::<usize>();
    let plain = text(&labels) + labels.len() * size_of::<String>();

    let words = Interner::<Box<str>>::new();
    let interned: Vec<Interned<Box<str>>> =
        labels.iter().map(|label| words.intern_ref(label.as_str())).collect();
    let with_interner = text(&labels[..words.len()]) + interned.len() * size_of::<Interned<Box<str>>>();
    assert_eq!((words.len(), interned[3].holders()), (10, 10_000));
    assert!(interned[3] == interned[13] && interned[3] != interned[4], "compares two pointers");

    let vocabulary = Symbols::new(&labels)?;
    let symbols: Vec<Symbol> = labels.iter().filter_map(|label| vocabulary.symbol(label)).collect();
    let with_symbols = text(&labels[..vocabulary.len()]) + symbols.len() * size_of::<Symbol>();
    assert_eq!(vocabulary.name(symbols[13]), Some("category number 3"));

    println!("text and references, without what the allocator adds to each string:");
    println!("strings   {plain:>10} bytes");
    println!("interned  {with_interner:>10} bytes, {} saved", plain - with_interner);
    println!("symbols   {with_symbols:>10} bytes, {} saved", plain - with_symbols);
    drop(interned);
    assert!(words.is_empty(), "freed with the last holder");
    Ok(())
}
