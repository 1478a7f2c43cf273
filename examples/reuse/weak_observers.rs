//! Observers that vanish by themselves, come and go while they are told, and may panic.
//!
//! Run: `cargo run -p heirloom-reuse --example weak_observers`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use heirloom_reuse::{Observer, Observers};

/// A window that shows the last price.
#[derive(Default)]
struct Window {
    shown: AtomicU32,
}

impl Observer<u32> for Window {
    fn observe(&self, price: &u32) {
        self.shown.store(*price, Ordering::Relaxed);
    }
}

fn main() {
    let prices = Observers::<u32>::new();
    let window = Arc::new(Window::default());
    prices.add(&window);
    let alarm = prices.watch(|price| assert!(*price < 100, "{price} is too much"));
    let log = prices.watch(|price| println!("  price {price}"));

    println!("told: {:?}", prices.notify(&42));
    println!("told: {:?}", prices.notify(&142));
    assert_eq!(window.shown.load(Ordering::Relaxed), 142);

    drop((window, alarm));
    let told = prices.notify(&7);
    println!("told: {told:?}");
    assert_eq!((told.called, told.panics.len()), (1, 0));
    drop(log);
    assert!(prices.is_empty());
}
