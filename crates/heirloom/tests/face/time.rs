//! Lifetimes: the row F10.

use std::sync::Arc;
use std::time::Duration;

use heirloom::{Factory, FactoryBuilder, Reason, State, Store};

use crate::ground::{Ground, Hands};

const HOUR: Duration = Duration::from_hours(1);

fn store(ground: &Ground, hands: &Hands) -> Store {
    ground.builder().clock(Arc::new(hands.clone())).open().unwrap()
}

fn factory(
    store: &Store,
    lifetime: impl FnOnce(FactoryBuilder<u32>) -> FactoryBuilder<u32>,
) -> Factory<u32, u32> {
    lifetime(store.factory("aging")).build(|n: &u32| Ok::<_, std::io::Error>(*n))
}

#[test]
fn f10_a_time_to_live_ends_in_memory_and_on_disk() {
    let (ground, hands) = (Ground::new(), Hands::new());
    let live = factory(&store(&ground, &hands), |builder| builder.ttl("1h"));
    let first = live.get(&1).unwrap();
    hands.turn(Duration::from_secs(3599));
    assert!(Arc::ptr_eq(&first, &live.get(&1).unwrap()));
    let kept = factory(&store(&ground, &hands), |builder| builder.ttl("1h"));
    assert_eq!(kept.state(&1).unwrap(), State::OnDisk);
    hands.turn(Duration::from_secs(1));
    assert_eq!(kept.state(&1).unwrap(), State::Absent);
    let why = live.explain(&1).unwrap();
    assert!(why.trail.reasons().any(|reason| matches!(reason, Reason::TtlPassed { .. })), "{why}");
    assert!(!Arc::ptr_eq(&first, &live.get(&1).unwrap()), "the front table must not serve the old one");
}

#[test]
fn f10_an_epoch_advances_by_itself_at_a_moment_of_each_keys_own() {
    let (ground, hands) = (Ground::new(), Hands::new());
    let aging = factory(&store(&ground, &hands), |builder| builder.epoch("7d"));
    for key in 0..50 {
        aging.get(&key).unwrap();
    }
    hands.turn(HOUR * 84);
    let over = (0..50).filter(|key| aging.state(key).unwrap() == State::Absent).count();
    assert!((5..45).contains(&over), "about half of the keys are over after half a period, not {over}");
    hands.turn(HOUR * 84);
    assert!((0..50).all(|key| aging.state(&key).unwrap() == State::Absent), "and all after a whole one");
    let why = aging.explain(&1).unwrap().to_string();
    assert!(why.contains("its epoch of 7 days is over"), "{why}");
}

#[test]
fn f10_the_file_sets_an_epoch_without_touching_code() {
    let (ground, hands) = (Ground::new(), Hands::new());
    ground.write("heirloom.toml", "[cache.aging]\nttl = \"1h\"\n");
    let aging = factory(&store(&ground, &hands), |builder| builder.ttl("100d"));
    aging.get(&1).unwrap();
    hands.turn(HOUR);
    assert_eq!(aging.state(&1).unwrap(), State::Absent);
}
