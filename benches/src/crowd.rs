//! Several threads that begin at the same moment.
//!
//! Promises: neither their start nor their end is counted into the time, only the work between. Refuses: pinning.

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Runs `work` on so many threads at once; from the first's beginning to the last's end.
pub fn together(threads: usize, work: impl Fn(usize) + Sync) -> Duration {
    if threads == 1 {
        let begun = Instant::now();
        work(0);
        return begun.elapsed();
    }
    let barrier = Barrier::new(threads);
    let spans: Vec<(Instant, Instant)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    let begun = Instant::now();
                    work(number);
                    (begun, Instant::now())
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("a benched thread ends")).collect()
    });
    let begun = spans.iter().map(|span| span.0).min().expect("there is a thread");
    let ended = spans.iter().map(|span| span.1).max().expect("there is a thread");
    ended - begun
}
