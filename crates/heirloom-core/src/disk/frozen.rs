//! Whether the holder of a lease is frozen: stopped by a signal (Ctrl-Z) or by a debugger, alive and doing nothing.
//!
//! Promises: a holder counts as frozen only when every look within [`FROZEN`] found it so. Refuses: to judge a
//! process on another machine, or one that merely takes long; where there is no `/proc` nobody is frozen.

use std::fs;
use std::time::{Duration, Instant};

use super::lease::Holder;

/// How long a holder must have been stopped.
const FROZEN: Duration = Duration::from_secs(5);

/// The looks of one waiter.
#[derive(Default)]
pub(super) struct Frozen {
    /// The process that was found stopped, and since when.
    since: Option<(u32, Instant)>,
}

impl Frozen {
    /// Looks at the holder, seen from `host`.
    pub(super) fn is(&mut self, holder: &Holder, host: &str) -> bool {
        let stopped = holder.host == host && is_stopped(holder.pid);
        self.since = stopped.then(|| match self.since {
            Some((pid, since)) if pid == holder.pid => (pid, since),
            _ => (holder.pid, Instant::now()),
        });
        self.since.is_some_and(|(_, since)| since.elapsed() >= FROZEN)
    }
}

/// Whether the kernel says that a process is stopped (`T`) or traced (`t`): proc_pid_stat(5), the field after the name.
fn is_stopped(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    matches!(state, Some('T' | 't'))
}
