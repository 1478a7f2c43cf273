//! Buffers for reading: aligned, reused, and never with a byte of their last client.
//!
//! Run: `cargo run -p heirloom-reuse --example buffer_pool`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use std::io::Read;

use heirloom_reuse::BufferPool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let buffers = BufferPool::new([4 << 10, 64 << 10, 1 << 20], 4)?;
    let secret = b"the password is swordfish".repeat(100);
    let mut read = 0;
    for _ in 0..1000 {
        let mut buffer = buffers.get(3000);
        assert!(buffer.iter().all(|byte| *byte == 0), "nothing of the last client");
        assert_eq!(buffer.as_ptr().addr() % 64, 0);
        read += secret.as_slice().read(&mut buffer)?;
    }
    println!("{read} bytes read");
    for (size, stats) in buffers.stats() {
        println!("{size:>8} bytes: {} made, {} reused", stats.made, stats.reused);
    }
    assert_eq!(buffers.stats().next().map(|(_, stats)| stats.made), Some(1));
    Ok(())
}
