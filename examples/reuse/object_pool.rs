//! Objects that take 10 ms to make, used a hundred times by four threads.
//!
//! Run: `cargo run -p heirloom-reuse --example object_pool`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use std::time::{Duration, Instant};

use heirloom_reuse::Pool;

struct Connection {
    queries: u32,
}

impl Connection {
    fn open() -> Self {
        std::thread::sleep(Duration::from_millis(10));
        Self { queries: 0 }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let queries: u32 = (0..100).map(|_| Connection::open().queries + 1).sum();
    println!("without a pool: {:?} for {queries} queries", start.elapsed());

    let start = Instant::now();
    let pool = Pool::builder(Connection::open)
        .max_size(4)
        .is_valid(|connection| connection.queries < 50)
        .lost_after(Duration::from_mins(1), |lost| println!("never returned: {lost:?}"))
        .build()?;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    match pool.acquire_timeout(Duration::from_secs(5)) {
                        Ok(mut connection) => connection.queries += 1,
                        Err(error) => println!("{error}"),
                    }
                }
            });
        }
    });
    println!("with a pool:    {:?}", start.elapsed());
    let stats = pool.stats();
    println!("{stats:?}");
    assert_eq!((stats.made + stats.reused, stats.size <= 4), (100, true));
    Ok(())
}
