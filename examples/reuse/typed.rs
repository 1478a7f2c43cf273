//! Typed keys: what another language calls equal is told apart by its type.
//!
//! In Rust a cache has one type of key, so `1_u32` and `1_f64` cannot meet; where they shall, an enum says which is
//! meant. Run: `cargo run -p heirloom-reuse --example typed`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use heirloom_reuse::{Cache, InvalidSetting, Memo};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Value {
    Whole(i64),
    /// By its bits, so that it can be a key.
    Real(u64),
    Text(String),
    Truth(bool),
}

fn main() -> Result<(), InvalidSetting> {
    let described = Memo::new(Cache::new(100)?, |value: &Value| match value {
        Value::Whole(number) => format!("the whole number {number}"),
        Value::Real(bits) => format!("the real number {:?}", f64::from_bits(*bits)),
        Value::Text(text) => format!("the text {text:?}"),
        Value::Truth(truth) => format!("the truth {truth}"),
    });
    let one = [Value::Whole(1), Value::Real(1.0_f64.to_bits()), Value::Text("1".into()), Value::Truth(true)];
    for value in one.iter().chain(&one) {
        println!("{}", described.call(value.clone()));
    }
    let stats = described.cache().stats();
    assert_eq!((stats.builds, stats.hits), (4, 4), "four keys, each built once");
    Ok(())
}
