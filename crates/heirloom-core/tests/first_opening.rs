//! Many open a store that is not there yet, all at once: everyone gets it.

use std::sync::Barrier;
use std::thread;

use heirloom_core::disk::Disk;

#[test]
fn whoever_opens_a_new_store_at_the_same_instant_gets_it() {
    for _ in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        let start = Barrier::new(8);
        thread::scope(|scope| {
            let open = || {
                start.wait();
                Disk::open(folder.path()).map(drop)
            };
            let opened: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            for thread in opened {
                thread.join().unwrap().unwrap();
            }
        });
    }
}
