//! A cache whose entries expire: after a time, when nobody uses them, or as each says itself.
//!
//! The clock is turned by hand, so the example takes no time. Run: `cargo run -p heirloom-reuse --example ttl`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use std::sync::Arc;
use std::time::Duration;

use heirloom_reuse::{Cache, InvalidSetting, ManualClock};

struct Token {
    user: &'static str,
    valid_for: Duration,
}

fn main() -> Result<(), InvalidSetting> {
    let minute = Duration::from_mins(1);
    let clock = ManualClock::default();
    let sessions = Cache::builder()
        .ttl(60 * minute)
        .idle(10 * minute)
        .expire_after(|_: &u32, token: &Arc<Token>| Some(token.valid_for))
        .on_leave(|number, token, cause| println!("  session {number} of {} left: {cause:?}", token.user))
        .clock(clock.clone())
        .build()?;
    let (ann, bob) =
        (Token { user: "Ann", valid_for: 30 * minute }, Token { user: "Bob", valid_for: 120 * minute });
    sessions.insert(1, Arc::new(ann));
    sessions.insert(2, Arc::new(bob));
    for passed in (9..=63).step_by(9) {
        clock.advance(9 * minute);
        // Whoever comes, the sessions that are over are freed; none must be asked for again.
        let alive: Vec<&str> =
            [1, 2].iter().filter_map(|number| sessions.get(number)).map(|t| t.user).collect();
        println!("after {passed} minutes: {alive:?}");
    }
    assert!(sessions.is_empty());
    Ok(())
}
