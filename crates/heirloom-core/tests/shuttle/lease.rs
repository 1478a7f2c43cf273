//! The lease among processes: the steps of `disk::lock_name` on a kernel made of shuttle's parts.
//!
//! A process is a thread; each call to the kernel is one step, and any other process may come in between. Promises: whoever
//! takes, gives back, dies or sweeps meanwhile, one at a time holds the file that bears the name.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use heirloom_core::disk::lock_name::{self, LockName};
use shuttle::sync::Mutex;
use shuttle::thread;

use super::explore;

/// How often others may come in while one builds: long enough for a sweep and for the next that takes the lease.
const BUILD_STEPS: usize = 12;

/// What a kernel knows of one name.
#[derive(Default)]
struct Directory {
    /// The file that bears the name.
    named: Option<usize>,
    /// Of each file that there ever was: whether it is locked.
    locked: Vec<bool>,
}

#[derive(Clone, Default)]
struct Kernel(Arc<Mutex<Directory>>);

/// An open file; closing it releases its lock, as the end of a process does.
struct Open {
    kernel: Kernel,
    file: usize,
    holds: AtomicU64,
}

impl Drop for Open {
    fn drop(&mut self) {
        if *self.holds.get_mut() == 1 {
            self.kernel.step(|directory| directory.locked[self.file] = false);
        }
    }
}

impl Kernel {
    fn step<T>(&self, call: impl FnOnce(&mut Directory) -> T) -> T {
        thread::yield_now();
        call(&mut self.0.lock().unwrap())
    }

    fn open_file(&self, file: usize) -> Open {
        Open { kernel: self.clone(), file, holds: AtomicU64::new(0) }
    }
}

impl LockName for Kernel {
    type File = Open;
    type Fault = Infallible;

    fn open(&self) -> Result<Open, Infallible> {
        let file = self.step(|directory| {
            *directory.named.get_or_insert_with(|| {
                directory.locked.push(false);
                directory.locked.len() - 1
            })
        });
        Ok(self.open_file(file))
    }

    fn open_existing(&self) -> Option<Open> {
        self.step(|directory| directory.named).map(|file| self.open_file(file))
    }

    fn try_lock(&self, open: &Open) -> Result<bool, Infallible> {
        let taken = self.step(|directory| !std::mem::replace(&mut directory.locked[open.file], true));
        open.holds.store(u64::from(taken), Ordering::SeqCst);
        Ok(taken)
    }

    fn is_still(&self, open: &Open) -> bool {
        self.step(|directory| directory.named == Some(open.file))
    }

    fn unlink(&self) -> bool {
        self.step(|directory| directory.named.take().is_some())
    }
}

/// Builds under the lease, and dies before giving it back when it `dies`.
fn build(kernel: &Kernel, inside: &AtomicU64, dies: bool) {
    loop {
        let Ok(taken) = lock_name::take(kernel);
        let Some(file) = taken else {
            thread::yield_now();
            continue;
        };
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the lease at once");
        for _ in 0..BUILD_STEPS {
            thread::yield_now();
        }
        inside.fetch_sub(1, Ordering::SeqCst);
        if !dies {
            lock_name::give_back(kernel, &file);
        }
        return;
    }
}

#[test]
fn one_at_a_time_holds_the_lease() {
    explore(|| {
        let (kernel, inside) = (Kernel::default(), Arc::new(AtomicU64::new(0)));
        let builders: Vec<_> = [false, true, false]
            .into_iter()
            .map(|dies| {
                let (kernel, inside) = (kernel.clone(), Arc::clone(&inside));
                thread::spawn(move || build(&kernel, &inside, dies))
            })
            .collect();
        let sweeper = {
            let kernel = kernel.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    lock_name::sweep(&kernel);
                }
            })
        };
        for thread in builders.into_iter().chain([sweeper]) {
            thread.join().unwrap();
        }
        // Whoever died may have left the name behind; nobody holds it, and a sweep takes it away.
        let is_left = kernel.step(|directory| directory.named.is_some());
        assert_eq!(lock_name::sweep(&kernel), is_left);
        assert_eq!(kernel.step(|directory| directory.named), None);
    });
}
