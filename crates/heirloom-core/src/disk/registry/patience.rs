//! How long a statement waits for others that hold the registry's file.
//!
//! Promises: who finds it held waits once as long as others may need; when that was in vain, every later statement
//! of this process asks only briefly, until one gets through. So another program that shuts the registry for a minute
//! costs one wait, not one for each statement. Refuses: giving up; each statement asks anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::disk::fault::Fault;

/// How long a statement waits for others that hold the file.
const BUSY: Duration = Duration::from_secs(5);
/// How long it waits when somebody has held it for that long already.
const HELD: Duration = Duration::from_millis(50);

/// What a statement does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It reads, which only somebody who shuts everybody out prevents.
    Read,
    /// It writes, which every other writer prevents.
    Write,
}

/// Who has waited in vain.
#[derive(Default)]
pub(super) struct Patience {
    readers: AtomicBool,
    writers: AtomicBool,
}

impl Patience {
    /// How long a statement of this kind waits.
    pub(super) fn of(&self, kind: Kind) -> Duration {
        let held = match kind {
            Kind::Read => &self.readers,
            Kind::Write => &self.writers,
        };
        if held.load(Ordering::Relaxed) { HELD } else { BUSY }
    }

    /// Learns from what a statement came to: one who could write has read, and one who cannot read cannot write.
    pub(super) fn note<T>(&self, kind: Kind, answer: &Result<T, Fault>) {
        let held = match answer {
            Ok(_) => false,
            Err(fault) if fault.is_busy() => true,
            Err(_) => return,
        };
        if kind == Kind::Read || !held {
            set(&self.readers, held);
        }
        if kind == Kind::Write || held {
            set(&self.writers, held);
        }
    }
}

/// Nearly always it is so already, and a store to what all threads read is not free.
fn set(flag: &AtomicBool, held: bool) {
    if flag.load(Ordering::Relaxed) != held {
        flag.store(held, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn busy() -> Result<(), Fault> {
        let busy = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None);
        Err(Fault::registry("be read")(busy))
    }

    #[test]
    fn who_waited_in_vain_asks_briefly_until_one_gets_through() {
        let patience = Patience::default();
        let waits = |patience: &Patience| (patience.of(Kind::Read), patience.of(Kind::Write));
        assert_eq!(waits(&patience), (BUSY, BUSY));
        patience.note(Kind::Write, &busy());
        assert_eq!(waits(&patience), (BUSY, HELD), "a writer keeps nobody from reading");
        patience.note(Kind::Read, &Ok(()));
        assert_eq!(waits(&patience), (BUSY, HELD), "that somebody reads says nothing of writers");
        patience.note(Kind::Read, &busy());
        assert_eq!(waits(&patience), (HELD, HELD));
        patience.note(Kind::Read, &Err::<(), _>(Fault::Lost(String::new())));
        assert_eq!(waits(&patience), (HELD, HELD), "another fault says nothing of locks");
        patience.note(Kind::Write, &Ok(()));
        assert_eq!(waits(&patience), (BUSY, BUSY), "who could write has read");
        patience.note(Kind::Read, &busy());
        patience.note(Kind::Read, &Ok(()));
        assert_eq!(waits(&patience), (BUSY, HELD));
    }
}
