//! An open lock file. Its lock ends with the process that took it, whatever was forked meanwhile.
//!
//! `flock` belongs to the open file, and a forked child has the same open files: while the child lives, the lock of a
//! parent that was killed would stay, and nobody would ever get the lease. So each lock file stands in a table, and a
//! handler of `fork` puts `/dev/null` in its place in the child. Promises: 1. no child holds a lock of its parent, or
//! gives one back; 2. a lock is given back when this is dropped, not when its last copy is closed. Refuses: what forks
//! around the C library; there the lock ends with the last of both.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// No file.
const FREE: RawFd = -1;
const SEATS: usize = 64;
/// How often a file is opened again because somebody forked meanwhile, until it is taken as it is.
const ATTEMPTS: usize = 100;

/// Every lock file that is open.
static TABLE: Table = Table::new();
/// What lies in the place of a lock file in a forked child.
static NULL: AtomicI32 = AtomicI32::new(FREE);
static FORKS_BEGUN: AtomicU64 = AtomicU64::new(0);
static FORKS_ENDED: AtomicU64 = AtomicU64::new(0);

/// An open lock file, and perhaps its lock.
#[derive(Debug)]
pub(super) struct LockFile {
    file: File,
    seat: &'static AtomicI32,
    process: u32,
}

impl LockFile {
    /// Opens a lock file by `open`.
    pub(super) fn open(open: impl Fn() -> io::Result<File>) -> io::Result<Self> {
        watch_forks();
        let mut attempts = 0;
        loop {
            let (begun, ended) = (forks(&FORKS_BEGUN), forks(&FORKS_ENDED));
            let file = open()?;
            let seat = TABLE.take(file.as_raw_fd());
            let lock = Self { file, seat, process: std::process::id() };
            attempts += 1;
            // A child that was forked before the file stood in the table has it too.
            if (begun == ended && begun == forks(&FORKS_BEGUN)) || attempts == ATTEMPTS {
                return Ok(lock);
            }
            drop(lock);
            std::thread::yield_now();
        }
    }
}

impl Deref for LockFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            // Closing does not do it while a child, of a fork that we were not told of, has the file too.
            self.file.unlock().ok();
        }
        // Before it is closed: afterwards its number may be that of another file.
        self.seat.store(FREE, Ordering::SeqCst);
    }
}

/// The numbers of open files, found without a lock: the child of a fork must not wait for one.
struct Table {
    seats: [AtomicI32; SEATS],
    more: OnceLock<Box<Table>>,
}

impl Table {
    const fn new() -> Self {
        Self { seats: [const { AtomicI32::new(FREE) }; SEATS], more: OnceLock::new() }
    }

    fn take(&'static self, file: RawFd) -> &'static AtomicI32 {
        let mut table = self;
        loop {
            let taken = |seat: &&AtomicI32| {
                seat.compare_exchange(FREE, file, Ordering::SeqCst, Ordering::Relaxed).is_ok()
            };
            if let Some(seat) = table.seats.iter().find(taken) {
                return seat;
            }
            table = table.more.get_or_init(|| Box::new(Self::new()));
        }
    }
}

fn forks(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

/// Has the C library call us around each fork; where it has no room for that, or there is no `/dev/null`, a child
/// keeps what it inherits.
fn watch_forks() {
    static NULL_FILE: OnceLock<Option<File>> = OnceLock::new();
    NULL_FILE.get_or_init(|| {
        let file = File::options().read(true).write(true).open("/dev/null").ok()?;
        NULL.store(file.as_raw_fd(), Ordering::SeqCst);
        register();
        Some(file)
    });
}

extern "C" fn before() {
    FORKS_BEGUN.fetch_add(1, Ordering::SeqCst);
}

extern "C" fn in_parent() {
    FORKS_ENDED.fetch_add(1, Ordering::SeqCst);
}

extern "C" fn in_child() {
    FORKS_ENDED.store(forks(&FORKS_BEGUN), Ordering::SeqCst);
    let mut table = Some(&TABLE);
    while let Some(present) = table {
        for seat in &present.seats {
            replace(seat.load(Ordering::SeqCst));
        }
        table = present.more.get().map(AsRef::as_ref);
    }
}

/// Puts `/dev/null` in the place of an inherited file, whose number stays: whoever has it may go on using it.
#[expect(unsafe_code, reason = "a function of the C library; the argument stands at the block")]
fn replace(file: RawFd) {
    if file != FREE {
        // SAFETY: both are numbers of open files of this process, and of nobody else: a seat is freed before its file
        // is closed. `dup2` may be called in the child of a process with threads.
        unsafe { libc::dup2(NULL.load(Ordering::SeqCst), file) };
    }
}

#[expect(unsafe_code, reason = "a function of the C library; the argument stands at the block")]
fn register() {
    // SAFETY: the handlers are functions of this library, which stays loaded; they touch atomic numbers, and in the
    // child call what may be called there.
    unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
}
