//! A function behind a cache: the three ways of `functools.lru_cache`, with a bound, without one, and cleared.
//!
//! Run: `cargo run -p heirloom-reuse --example lru_function`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use heirloom_reuse::{Cache, InvalidSetting, Memo};

/// Fibonacci numbers, each from the two before, which stand in the same cache.
fn fibonacci(kept: &Cache<u64, u64>, n: u64) -> u64 {
    kept.get_or_insert_with(n, || if n < 2 { n } else { fibonacci(kept, n - 1) + fibonacci(kept, n - 2) })
}

fn main() -> Result<(), InvalidSetting> {
    let squares = Memo::new(Cache::new(2)?, |n: &u64| {
        println!("  working out {n}²");
        n * n
    });
    for n in [3, 4, 3, 5, 4] {
        println!("{n}² = {}", squares.call(n));
    }
    println!("{:?}", squares.cache().stats());
    assert_eq!(squares.cache().stats().builds, 4, "3, 4, 5, and 4 again, which had to go for 5");

    let kept = Cache::unbounded();
    println!("fibonacci(90) = {}", fibonacci(&kept, 90));
    assert_eq!(kept.stats().builds, 91);
    kept.clear();
    assert!(kept.is_empty());
    Ok(())
}
