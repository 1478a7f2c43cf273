//! A forked child has the parent's table of flights, and none of the threads that land them.

#![expect(unsafe_code, reason = "a fork is unsafe by nature; the argument stands at the block")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use heirloom_core::flight::{Flights, Joined, Landing};

use crate::sample::{PATIENCE, follow, join, lead};

/// What `work` returns in a forked child.
fn in_a_child(work: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child runs only `work`, which takes no lock that another thread of this process may hold, and ends
    // without any clean-up.
    let child = unsafe {
        match libc::fork() {
            0 => libc::_exit(work()),
            child => child,
        }
    };
    let begun = Instant::now();
    let mut status = 0;
    // SAFETY: the child is ours, and `status` lives.
    while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == 0 {
        if begun.elapsed() > PATIENCE {
            // SAFETY: the child is ours and was not waited for yet.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { -1 }
}

#[test]
fn a_child_leads_what_its_parent_builds_and_has_single_flight_of_its_own() {
    let flights = Arc::<Flights>::default();
    let seat = lead(&flights, "k", &[]);
    let child = in_a_child(|| {
        let Joined::Lead(own) = join(&flights, "k", &[]) else { return 1 };
        if !matches!(join(&flights, "k", &[]), Joined::Follow(_)) {
            return 2;
        }
        own.land(Landing::Abandoned);
        i32::from(!flights.is_quiet()) * 3
    });
    assert_eq!(child, 0);
    drop(follow(&flights, "k", &[]));
    drop(seat);
    assert!(flights.is_quiet());
}

#[test]
fn a_child_inside_a_build_of_its_parent_leads_others_and_a_grandchild_leads_again() {
    let flights = Arc::<Flights>::default();
    let (outer, _other) = (lead(&flights, "outer", &[]), lead(&flights, "other", &[]));
    let child = in_a_child(|| {
        let Joined::Lead(_own) = join(&flights, "other", &[&outer]) else { return 1 };
        in_a_child(|| match join(&flights, "other", &[&outer]) {
            Joined::Lead(_) => 0,
            Joined::Follow(_) => 2,
            Joined::Cycle(_) => 3,
        })
    });
    assert_eq!(child, 0);
}
