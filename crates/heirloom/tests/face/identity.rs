//! The same arguments and version give the same object: the rows F1 to F5.

use std::sync::{Arc, Barrier};

use heirloom::{Factory, State, Store};
use serde::Serialize;

use crate::ground::{Builds, Ground};

fn squares(store: &Store, builds: &Builds) -> Factory<u64, Vec<u64>> {
    let builds = builds.clone();
    store.factory("squares").build(move |n: &u64| {
        builds.count();
        Ok::<_, std::io::Error>((0..*n).map(|x| x * x).collect())
    })
}

#[test]
fn f1_every_thread_gets_the_very_same_object() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let factory = squares(&ground.open(), &builds);
    let start = Barrier::new(8);
    let objects: Vec<_> = std::thread::scope(|scope| {
        let ask = || {
            start.wait();
            factory.get(&100).unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(objects.iter().all(|object| Arc::ptr_eq(object, &objects[0])));
    assert_eq!(builds.so_far(), 1);
    assert!(Arc::ptr_eq(&objects[0], &factory.clone().get(&100).unwrap()), "a clone shares");
    assert_eq!(objects[0].len(), 100);
}

#[test]
fn f1_an_evicted_object_that_is_held_is_still_the_one() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let store = ground.builder().memory(2000).open().unwrap();
    let factory = squares(&store, &builds);
    let held = factory.get(&500).unwrap();
    for n in 501..520 {
        factory.get(&n).unwrap();
    }
    assert!(store.memory().evictions > 0);
    assert!(Arc::ptr_eq(&held, &factory.get(&500).unwrap()));
}

#[test]
fn f2_bypass_neither_reads_nor_writes() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let factory = squares(&ground.open(), &builds);
    let around = factory.bypass(&10).unwrap();
    assert_eq!(factory.state(&10).unwrap(), State::Absent);
    let kept = factory.get(&10).unwrap();
    assert!(!Arc::ptr_eq(&around, &kept));
    let again = factory.bypass(&10).unwrap();
    assert!(!Arc::ptr_eq(&again, &kept));
    assert!(Arc::ptr_eq(&kept, &factory.get(&10).unwrap()), "what was kept stays");
    assert_eq!(builds.so_far(), 3);
}

#[test]
fn f2_refresh_builds_again_and_replaces_everywhere() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let (factory, other) = (squares(&ground.open(), &builds), squares(&ground.open(), &builds));
    let old = factory.get(&10).unwrap();
    let fresh = factory.refresh(&10).unwrap();
    assert!(!Arc::ptr_eq(&old, &fresh));
    assert!(Arc::ptr_eq(&fresh, &factory.get(&10).unwrap()), "the front table must not keep the old one");
    assert_eq!(builds.so_far(), 2);
    other.get(&10).unwrap();
    assert_eq!(builds.so_far(), 2, "another process finds it on disk");
}

/// As `serde_json::Value` is written: no variant's name in the bytes, only the value.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
enum Json {
    Null,
    Bool(bool),
    Integer(i64),
    /// The bits of a float, because a key must be `Eq`.
    Float(Bits),
    Text(String),
    List(Vec<Json>),
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Bits(u64);

impl Serialize for Bits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from_bits(self.0))
    }
}

#[test]
fn f3_keys_that_look_alike_are_different_keys() {
    let alike = [
        Json::Null,
        Json::Integer(1),
        Json::Float(Bits(1_f64.to_bits())),
        Json::Bool(true),
        Json::Text("1".into()),
        Json::Text(String::new()),
        Json::List(vec![]),
        Json::List(vec![Json::Integer(1)]),
        Json::List(vec![Json::List(vec![Json::Integer(1)])]),
        Json::Integer(0),
        Json::Bool(false),
    ];
    let (ground, builds) = (Ground::new(), Builds::default());
    let factory = |store: &Store| {
        let builds = builds.clone();
        store.factory("json").build(move |key: &Json| {
            builds.count();
            Ok::<_, std::io::Error>(serde_debug(key))
        })
    };
    let first = factory(&ground.open());
    for key in &alike {
        assert_eq!(*first.get(key).unwrap(), serde_debug(key));
    }
    assert_eq!(builds.so_far(), alike.len());
    let second = factory(&ground.open());
    for key in &alike {
        assert_eq!(*second.get(key).unwrap(), serde_debug(key), "each finds its own on disk");
    }
    assert_eq!(builds.so_far(), alike.len());
}

fn serde_debug(key: &Json) -> String {
    match key {
        Json::Null => "null".into(),
        Json::Bool(truth) => format!("bool {truth}"),
        Json::Integer(number) => format!("integer {number}"),
        Json::Float(bits) => format!("float {:?}", f64::from_bits(bits.0)),
        Json::Text(text) => format!("text {text:?}"),
        Json::List(items) => format!("list {:?}", items.iter().map(serde_debug).collect::<Vec<_>>()),
    }
}

#[test]
fn f4_an_object_moves_only_to_the_right() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let factory = squares(&ground.open(), &builds);
    assert_eq!(factory.state(&3).unwrap(), State::Absent);
    factory.get(&3).unwrap();
    assert_eq!(factory.state(&3).unwrap(), State::InMemory);
    let factory = squares(&ground.open(), &builds);
    assert_eq!(factory.state(&3).unwrap(), State::OnDisk);
    factory.get(&3).unwrap();
    assert_eq!(factory.state(&3).unwrap(), State::InMemory);
    assert_eq!(factory.forget(&3).unwrap(), 1);
    assert_eq!(factory.state(&3).unwrap(), State::Absent);
    assert_eq!(builds.so_far(), 1);
}

#[test]
fn f5_opening_a_store_loads_nothing_before_it_is_asked_for() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let factory = squares(&ground.open(), &builds);
    for n in 0..20 {
        factory.get(&n).unwrap();
    }
    let store = ground.open();
    let factory = squares(&store, &builds);
    assert_eq!(store.memory().bytes, 0);
    assert_eq!(store.engine().entries(None).unwrap().len(), 20, "the registry knows them all");
    assert_eq!(factory.state(&7).unwrap(), State::OnDisk);
    assert_eq!(store.memory().bytes, 0, "asking for the state loads nothing");
    factory.get(&7).unwrap();
    assert!(store.memory().bytes > 0);
    assert_eq!((factory.stats().disk_hits, factory.stats().builds), (1, 0));
}
