//! What each tool costs per use: the figures of `docs/guide/choosing.md`.
//!
//! Run: `cargo run --release -p heirloom-reuse --example costs`. Each figure is the fastest of twenty rounds, which is
//! what the machine can do when nobody disturbs it. Refuses: comparing with other crates; that is for the benches.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use heirloom_reuse::{BufferPool, Cache, Flyweight, Interner, Observers, Pool, Symbols, WeakValueCache};

const ROUNDS: u32 = 20;
const USES: u32 = 100_000;
const KEYS: u64 = 10_000;

/// Prints the fastest round of `work`, which is handed the number of each use.
fn measure(what: &str, mut work: impl FnMut(u64)) {
    let round = || {
        let start = Instant::now();
        (0..u64::from(USES)).for_each(&mut work);
        start.elapsed()
    };
    let fastest = std::iter::repeat_with(round).take(ROUNDS as usize).min().unwrap_or_default();
    println!("{what:<58} {:>7.1} ns", fastest.as_secs_f64() * 1e9 / f64::from(USES));
}

/// Keys in an order that no prefetcher guesses.
fn key(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % KEYS
}

fn caches() -> Result<(), heirloom_reuse::InvalidSetting> {
    let map: Mutex<HashMap<u64, u64>> = Mutex::new((0..KEYS).map(|n| (n, n)).collect());
    measure("for comparison: Mutex<HashMap>, get", |n| {
        black_box(map.lock().map(|map| map.get(&key(n)).copied()).ok());
    });
    let builders = [
        ("Cache", Cache::builder()),
        ("Cache, ttl", Cache::builder().ttl(Duration::from_hours(1))),
        ("Cache, ttl and idle", {
            Cache::builder().ttl(Duration::from_hours(1)).idle(Duration::from_mins(1))
        }),
        ("Cache, cost-aware", Cache::builder().cost_aware()),
    ];
    for (name, builder) in builders {
        let cache: Cache<u64, u64> =
            builder.max_entries(usize::try_from(KEYS).unwrap_or(usize::MAX)).build()?;
        (0..KEYS).for_each(|n| _ = black_box(cache.insert(n, n)));
        measure(&format!("{name}: hit"), |n| {
            black_box(cache.get(&key(n)));
        });
        let mut next = KEYS;
        measure(&format!("{name}: insert, evicting another"), |_| {
            next += 1;
            black_box(cache.insert(next, next));
        });
        measure(&format!("{name}: miss, build and evict"), |_| {
            next += 1;
            black_box(cache.get_or_insert_with(next, || next));
        });
    }
    Ok(())
}

fn weak() -> Result<(), heirloom_reuse::InvalidSetting> {
    let cache = WeakValueCache::new();
    let held: Vec<_> = (0..KEYS).map(|n| cache.get_or_insert_with(n, || n)).collect();
    measure("WeakValueCache: hit, and letting go", |n| drop(black_box(cache.get(&key(n)))));
    measure("WeakValueCache: build, and vanish", |n| {
        drop(black_box(cache.get_or_insert_with(KEYS + n, || n)));
    });
    drop(held);
    let parts = Flyweight::new(|n: &u64| *n);
    let held: Vec<_> = (0..KEYS).map(|n| parts.get(n)).collect();
    measure("Flyweight: part that is held", |n| drop(black_box(parts.get(key(n)))));
    drop(held);

    let labels: Vec<String> = (0..10).map(|n| format!("category number {n}")).collect();
    let label = |n: u64| labels[usize::try_from(n % 10).unwrap_or(0)].as_str();
    let words = Interner::<Box<str>>::new();
    let held: Vec<_> = (0..10).map(|n| words.intern_ref(label(n))).collect();
    measure("Interner: text that is held", |n| drop(black_box(words.intern_ref(label(n)))));
    measure("Interner: comparing two", |n| {
        black_box(held[usize::try_from(n % 10).unwrap_or(0)] == held[0]);
    });
    let symbols = Symbols::new(&labels)?;
    measure("Symbols: symbol of a text", |n| _ = black_box(symbols.symbol(label(n))));
    Ok(())
}

fn pools() -> Result<(), heirloom_reuse::InvalidSetting> {
    let pool = Pool::builder(|| 0_u64).max_size(4).build()?;
    measure("Pool: acquire and return", |_| drop(black_box(pool.acquire())));
    let watched = Pool::builder(|| 0_u64).lost_after(Duration::from_mins(1), |_| {}).build()?;
    measure("Pool, lost_after: acquire and return", |_| drop(black_box(watched.acquire())));
    for size in [4 << 10, 1 << 20] {
        let uses = if size > 4096 { 100 } else { 1 };
        let buffers = BufferPool::new([size], 4)?;
        measure(&format!("BufferPool: {size} bytes, 1 use in {uses}"), |n| {
            if n % uses == 0 {
                drop(black_box(buffers.get(size)));
            }
        });
        measure(&format!("for comparison: vec![0; {size}], 1 use in {uses}"), |n| {
            if n % uses == 0 {
                drop(black_box(vec![0_u8; size]));
            }
        });
    }
    Ok(())
}

fn observers() {
    let set = Observers::<u64>::new();
    let sum = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let watches: Vec<_> = std::iter::repeat_with(|| {
        let sum = Arc::clone(&sum);
        set.watch(move |n| _ = sum.fetch_add(*n, std::sync::atomic::Ordering::Relaxed))
    })
    .take(10)
    .collect();
    measure("Observers: notify ten", |n| drop(black_box(set.notify(&n))));
    drop(watches);
}

fn main() -> Result<(), heirloom_reuse::InvalidSetting> {
    caches()?;
    weak()?;
    pools()?;
    observers();
    Ok(())
}
