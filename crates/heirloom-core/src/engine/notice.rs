//! What the engine tells its face while it works: faults (once each) and waits.
//!
//! Promises: a fault of one kind in one factory is told once, however often it happens; one that is the object's own
//! (it cannot be sealed) once for each object; both faces say it in the same words. Refuses: printing.

use std::collections::{HashMap, HashSet};
use std::mem::Discriminant;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::disk::LeaseWait;
use crate::settings::shown_duration;
use crate::trail::Reason;

/// Something a face may want to show.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Something is broken; the request goes on without it.
    Fault {
        /// The object, for people.
        name: String,
        /// What is broken.
        reason: Reason,
    },
    /// Another process builds the object; told at each poll.
    Waiting {
        /// The object, for people.
        name: String,
        /// Who builds it, since when, and for how long this process has waited.
        wait: LeaseWait,
    },
    /// The wait is over.
    WaitOver {
        /// The object, for people.
        name: String,
    },
    /// A call could not be recorded; from now on this factory's are not.
    Unrecorded {
        /// The file that calls are written to.
        file: PathBuf,
        /// What the file system said.
        what: String,
    },
    /// Others can write to the store, so what stands in it is theirs to destroy.
    Exposed {
        /// The folder that others can write to.
        folder: PathBuf,
    },
    /// The store lies on a network file system, so its registry works without a write-ahead log.
    Network {
        /// The kind of file system.
        kind: &'static str,
    },
}

impl Notice {
    /// What a face tells its user; `None` when there is nothing to say any more.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        Some(match self {
            Self::Fault { name, reason } => format!("{name}: {reason}"),
            Self::Waiting { name, wait } => waiting(name, wait),
            Self::WaitOver { .. } => return None,
            Self::Unrecorded { file, what } => format!(
                "calls are no longer recorded: {} cannot be written ({what}); see `record_trace`",
                file.display()
            ),
            Self::Exposed { folder } => format!(
                "others can write to the store at {}; run `chmod go-w` on it, or share a key, see `heirloom keys`",
                folder.display()
            ),
            Self::Network { kind } => format!(
                "the store lies on a network file system ({kind}): it works without a write-ahead log, more \
                 slowly, and single flight among machines is not certain"
            ),
        })
    }
}

/// Who builds, since when, and how long that usually takes; in whole seconds, so that a line changes once in each.
fn waiting(name: &str, wait: &LeaseWait) -> String {
    let waited = shown_duration(Duration::from_secs(wait.waited.as_secs()));
    let Some(holder) = &wait.holder else {
        return format!("waiting {waited} for {name}, which another process builds");
    };
    let usual = holder.usual_nanos.map(|nanos| shown_duration(Duration::from_nanos(nanos)));
    let usual = usual.map(|usual| format!(", usually in {usual}")).unwrap_or_default();
    format!(
        "waiting {waited} for {name}, which process {} on {} builds since {}{usual}",
        holder.pid, holder.host, holder.since
    )
}

/// No more objects of one factory are told apart.
const OBJECTS_MAX: usize = 32;

/// Which faults were told already: for each factory and kind, the objects that were named.
#[derive(Default)]
pub(super) struct Told(Mutex<HashMap<FaultKind, HashSet<String>>>);

/// A factory and the kind of its fault.
type FaultKind = (String, Discriminant<Reason>);

impl Told {
    /// Whether this is the first fault of its kind in a factory, or, when the object itself is to blame, of the object.
    pub(super) fn is_first(&self, factory: &str, object: &str, reason: &Reason) -> bool {
        let own = matches!(reason, Reason::SealFailed { .. });
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = told.entry((factory.to_owned(), std::mem::discriminant(reason))).or_default();
        let room = objects.is_empty() || (own && objects.len() < OBJECTS_MAX);
        room && objects.insert(object.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::disk::Holder;

    fn check(holder: Option<Holder>, expected: &str) {
        let wait = LeaseWait { holder, waited: Duration::from_millis(3_900) };
        assert_eq!(
            Notice::Waiting { name: "tables(1)".to_owned(), wait }.sentence().as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn a_waiter_learns_who_builds_since_when_and_for_how_long() {
        let holder = Holder {
            name: "tables(1)".to_owned(),
            host: "ann".to_owned(),
            pid: 7,
            since: Timestamp::from_nanos(1_000_000_000),
            usual_nanos: Some(12_340_000_000),
            waits_for: Vec::new(),
        };
        check(None, "waiting 3 s for tables(1), which another process builds");
        let unknown = Holder { usual_nanos: None, ..holder.clone() };
        let told = "waiting 3 s for tables(1), which process 7 on ann builds since 1970-01-01T00:00:01Z";
        check(Some(unknown), told);
        check(Some(holder), &format!("{told}, usually in 12.3 s"));
        assert_eq!(Notice::WaitOver { name: String::new() }.sentence(), None);
    }

    #[test]
    fn a_store_on_a_network_file_system_is_told_in_one_sentence() {
        assert_eq!(
            Notice::Network { kind: "NFS" }.sentence().as_deref(),
            Some(
                "the store lies on a network file system (NFS): it works without a write-ahead log, more slowly, and single \
                 flight among machines is not certain"
            )
        );
    }
}
