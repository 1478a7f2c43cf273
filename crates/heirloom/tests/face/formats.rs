//! Older formats are converted, not built again: the row F14.

use heirloom::{Reason, State, Store, cached, with_store};
use serde::{Deserialize, Serialize};

use crate::ground::{Builds, Ground};

#[derive(Clone, Serialize, Deserialize)]
struct First {
    name: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Second {
    names: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Third {
    names: Vec<String>,
    count: usize,
}

fn to_second(old: First) -> Second {
    Second { names: vec![old.name] }
}

fn to_third(old: Second) -> Third {
    Third { count: old.names.len(), names: old.names }
}

mod of_schema_one {
    use super::First;

    #[heirloom::cached(name = "formats", schema = 1)]
    pub(super) fn made(n: u32) -> First {
        First { name: format!("n{n}") }
    }
}

#[cached(name = "formats", schema = 3, migrate(1 => to_second, 2 => to_third))]
fn made(n: u32) -> Third {
    Third { names: vec![format!("built {n}")], count: 0 }
}

#[test]
fn f14_an_entry_of_schema_one_is_converted_along_the_chain_by_the_attribute() {
    let ground = Ground::new();
    with_store(&ground.open(), || drop(of_schema_one::made(4).unwrap()));
    with_store(&ground.open(), || {
        let why = made::explain(4).unwrap();
        assert_eq!(why.state, State::OnDisk, "{why}");
        let converted = |reason: &Reason| matches!(reason, Reason::Migrated { from: 1, to: 3, .. });
        assert!(why.trail.reasons().any(converted), "{why}");
        assert_eq!(*made(4).unwrap(), Third { names: vec!["n4".into()], count: 1 });
        assert_eq!(made::stats().builds, 0);
    });
    with_store(&ground.open(), || {
        let why = made::explain(4).unwrap();
        assert_eq!(why.trail.reasons().filter(|reason| matches!(reason, Reason::Migrated { .. })).count(), 0);
        assert_eq!(made(4).unwrap().count, 1, "it was kept as schema 3");
    });
}

fn third(store: &Store, builds: &Builds, from: &[u32]) -> heirloom::Factory<u32, Third> {
    let mut builder = store.factory("formats").schema(3);
    if from.contains(&1) {
        builder = builder.migrate(1, to_second);
    }
    if from.contains(&2) {
        builder = builder.migrate(2, to_third);
    }
    let builds = builds.clone();
    builder.build(move |n: &u32| {
        builds.count();
        Ok::<_, std::io::Error>(Third { names: vec![], count: *n as usize })
    })
}

#[test]
fn f14_the_same_by_the_builder_and_a_gap_in_the_chain_builds_again() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let store = ground.open();
    let second = store
        .factory("formats")
        .schema(2)
        .build(|n: &u32| Ok::<_, std::io::Error>(Second { names: vec![String::new(); *n as usize] }));
    second.get(&5).unwrap();
    assert_eq!(third(&ground.open(), &builds, &[2]).get(&5).unwrap().names.len(), 5);
    second.refresh(&6).unwrap();
    assert_eq!(builds.so_far(), 0);
    let gap = third(&ground.open(), &builds, &[1]);
    let why = gap.explain(&6).unwrap().to_string();
    assert!(why.contains("schema 2 → 3"), "{why}");
    assert!(gap.get(&6).unwrap().names.is_empty());
    assert_eq!(builds.so_far(), 1);
}
