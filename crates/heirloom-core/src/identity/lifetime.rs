//! Lifetime: until when an object is good, by an epoch, by a plain time to live, by both or by neither.
//!
//! Part of what decides whether a candidate is still true. An epoch is a counter that advances by itself every
//! period; each key has its own offset within the period (jitter), so that not everything expires at once.
//! Promises: 1. pure: the same moments and key give the same answer; 2. an entry from the future (a clock went
//! back) is never good for longer than one epoch or twice its time to live. Refuses: the clock itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{Timestamp, nanos};
use crate::digest::Digest;

/// The time-based invalidation of a factory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// The length of an epoch; entries of an earlier epoch are not served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Duration>,
    /// The time to live of an entry, from the moment it was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Duration>,
}

/// Why an entry has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Its epoch is over; the period is given.
    Epoch(Duration),
    /// It is older than this.
    Ttl(Duration),
}

impl Lifetime {
    /// Good for ever.
    pub const FOREVER: Self = Self { epoch: None, ttl: None };

    /// Why an entry built at `created` under `key` is no longer good at `now`; `None` while it is good.
    ///
    /// ```
    /// use std::time::Duration;
    /// use heirloom_core::{Digest, Timestamp, identity::{Expiry, Lifetime}};
    /// let hour = Duration::from_secs(3600);
    /// let lifetime = Lifetime { ttl: Some(hour), ..Lifetime::FOREVER };
    /// let (key, built) = (Digest::of(b"key"), Timestamp::from_nanos(0));
    /// assert_eq!(lifetime.expired(&key, built, built.plus(hour / 2)), None);
    /// assert_eq!(lifetime.expired(&key, built, built.plus(hour)), Some(Expiry::Ttl(hour)));
    /// ```
    pub fn expired(&self, key: &Digest, created: Timestamp, now: Timestamp) -> Option<Expiry> {
        if let Some(period) = self.epoch
            && epoch_number(key, period, created) != epoch_number(key, period, now)
        {
            return Some(Expiry::Epoch(period));
        }
        let ttl = self.ttl?;
        let from_the_future = created > now.plus(ttl);
        (from_the_future || now.since(created) >= ttl).then_some(Expiry::Ttl(ttl))
    }

    /// The moment at which an entry built at `created` stops being good; [`Timestamp::NEVER`] for most.
    pub fn ends(&self, key: &Digest, created: Timestamp) -> Timestamp {
        let ttl = self.ttl.map_or(Timestamp::NEVER, |ttl| created.plus(ttl));
        let epoch = self.epoch.map_or(Timestamp::NEVER, |period| epoch_end(key, period, created));
        ttl.min(epoch)
    }
}

/// The number of the epoch that `moment` lies in, for one key. Wide numbers: a period may be longer than time.
fn epoch_number(key: &Digest, period: Duration, moment: Timestamp) -> u128 {
    let period = nanos(period).max(1);
    (u128::from(moment.as_nanos()) + u128::from(jitter(key, period))) / u128::from(period)
}

fn epoch_end(key: &Digest, period: Duration, moment: Timestamp) -> Timestamp {
    let next = epoch_number(key, period, moment) + 1;
    let period = nanos(period).max(1);
    let end = next * u128::from(period) - u128::from(jitter(key, period));
    u64::try_from(end).map_or(Timestamp::NEVER, Timestamp::from_nanos)
}

/// A key's own offset within the period, spread evenly.
fn jitter(key: &Digest, period: u64) -> u64 {
    let mut low = [0; 8];
    low.copy_from_slice(&key.as_bytes()[..8]);
    u64::from_le_bytes(low) % period
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_hours(7 * 24);

    #[test]
    fn an_epoch_ends_when_it_says() {
        let lifetime = Lifetime { epoch: Some(WEEK), ttl: None };
        let created = Timestamp::from_nanos(1_700_000_000_000_000_000);
        for name in ["a", "b", "c"] {
            let key = Digest::of(name.as_bytes());
            let end = lifetime.ends(&key, created);
            assert!(end.since(created) <= WEEK);
            let last = Timestamp::from_nanos(end.as_nanos() - 1);
            assert_eq!(lifetime.expired(&key, created, last), None, "{name}");
            assert_eq!(lifetime.expired(&key, created, end), Some(Expiry::Epoch(WEEK)), "{name}");
        }
    }

    #[test]
    fn keys_expire_at_different_moments() {
        let lifetime = Lifetime { epoch: Some(WEEK), ttl: None };
        let end = |name: &str| lifetime.ends(&Digest::of(name.as_bytes()), Timestamp::from_nanos(0));
        assert_ne!(end("a"), end("b"));
    }

    #[test]
    fn an_entry_from_the_future_does_not_live_for_ever() {
        let lifetime = Lifetime { epoch: None, ttl: Some(WEEK) };
        let key = Digest::of(b"key");
        let now = Timestamp::from_nanos(1_700_000_000_000_000_000);
        assert_eq!(lifetime.expired(&key, now.plus(WEEK / 2), now), None);
        assert_eq!(lifetime.expired(&key, now.plus(WEEK * 2), now), Some(Expiry::Ttl(WEEK)));
    }
}
