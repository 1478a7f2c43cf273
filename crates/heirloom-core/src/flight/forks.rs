//! Tells a forked child from its parent, for the price of reading a number.
//!
//! A child inherits the table of flights, and not the threads that land them: whoever waited there would wait for
//! ever. Promises: a flight knows whether it took off in this very process, without a call into the kernel. Refuses:
//! what forks around the C library; there, nobody is told.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many forks this process descends from since the first flight.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// A number that is another one in each forked child.
pub(super) fn generation() -> u64 {
    static COUNTED: OnceLock<bool> = OnceLock::new();
    if *COUNTED.get_or_init(count_forks) {
        return FORKS.load(Ordering::Relaxed);
    }
    u64::from(std::process::id())
}

extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Has each child count itself; `false` when the C library has no room for that.
#[expect(unsafe_code, reason = "a function of the C library; the argument stands at the block")]
fn count_forks() -> bool {
    // SAFETY: the handler is a function of this library, which stays loaded, and all it does is to add to an atomic
    // number, which is allowed in the child of a process with threads.
    unsafe { libc::pthread_atfork(None, None, Some(forked)) == 0 }
}
