//! F10: epochs and times to live, by a clock that the test turns.

use std::time::Duration;

use heirloom_core::identity::Lifetime;
use heirloom_core::trail::Reason;
use heirloom_core::{Clock, Timestamp};

use crate::house::{House, Maker, hit, miss};

const DAY: Duration = Duration::from_hours(24);

fn maker(house: &House, lifetime: Lifetime) -> Maker {
    let mut recipe = house.recipe("tables");
    recipe.lifetime = lifetime;
    house.maker(&house.open(), recipe)
}

#[test]
fn f10_epoch_and_ttl() {
    let house = House::new();
    let lifetime = Lifetime { ttl: Some(DAY), epoch: None };
    let tables = maker(&house, lifetime);
    tables.get("a");
    house.clock.advance(Duration::from_nanos(24 * 3_600_000_000_000 - 1));
    hit!(tables.get("a"); Memory);
    hit!(maker(&house, lifetime).get("a"); Disk);
    house.clock.advance(Duration::from_nanos(1));
    let got = miss!(maker(&house, lifetime).get("a"); Reason::TtlPassed { .. });
    assert_eq!(got.why(), "older than its time to live of 1 day (built 2033-05-18T03:33:20Z)");
    hit!(tables.get("a"); Disk);
}

#[test]
fn f10_an_epoch_ends_for_the_live_and_the_kept() {
    let house = House::new();
    let lifetime = Lifetime { ttl: None, epoch: Some(7 * DAY) };
    let tables = maker(&house, lifetime);
    tables.get("a");
    let end = lifetime.ends(&tables.request("a").key.digest(), house.clock.now());
    house.clock.set(Timestamp::from_nanos(end.as_nanos() - 1));
    hit!(tables.get("a"); Memory);
    house.clock.set(end);
    assert_eq!(tables.state("a"), heirloom_core::engine::State::Absent);
    miss!(tables.get("a"); Reason::EpochPassed { .. });
    hit!(tables.get("a"); Memory);
    assert_eq!(tables.entries().len(), 1, "the entry of the last epoch is replaced");
}

#[test]
fn f10_keys_do_not_expire_together() {
    let house = House::new();
    let tables = maker(&house, Lifetime { ttl: None, epoch: Some(DAY) });
    let keys: Vec<String> = (0..20).map(|at| at.to_string()).collect();
    for key in &keys {
        tables.get(key);
    }
    house.clock.advance(DAY / 2);
    let built = keys.iter().filter(|key| tables.get(key).built).count();
    assert!((3..=17).contains(&built), "{built} of 20 expired within half an epoch");
}

#[test]
fn f10_a_clock_that_goes_back_serves_nothing_for_ever() {
    let house = House::new();
    let lifetime = Lifetime { ttl: Some(DAY), epoch: None };
    let start = house.clock.now();
    maker(&house, lifetime).get("a");
    house.clock.set(Timestamp::from_nanos(start.as_nanos() - 1000));
    hit!(maker(&house, lifetime).get("a"); Disk);
    house.clock.set(Timestamp::from_nanos(1_000_000_000_000_000_000));
    miss!(maker(&house, lifetime).get("a"); Reason::TtlPassed { .. });
}
