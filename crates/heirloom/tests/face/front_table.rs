//! The front table holds objects by leave of the memory tier: it lets go when the tier does, and no hit is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use heirloom::{Factory, Store, Tiers};

const MEMORY: Tiers = Tiers { memory: true, disk: false };

/// A value of 10 bytes that counts the bytes that live, and the most that ever lived at one instant.
struct Heavy(&'static Weights);

#[derive(Default)]
struct Weights {
    live: AtomicU64,
    peak: AtomicU64,
}

impl Heavy {
    fn new(weights: &'static Weights) -> Self {
        let live = weights.live.fetch_add(10, Ordering::SeqCst) + 10;
        weights.peak.fetch_max(live, Ordering::SeqCst);
        Self(weights)
    }
}

impl Drop for Heavy {
    fn drop(&mut self) {
        self.0.live.fetch_sub(10, Ordering::SeqCst);
    }
}

fn codec() -> impl heirloom::Codec {
    /// Never asked: these objects live in memory only.
    struct None;
    impl heirloom::Codec for None {
        fn name(&self) -> &'static str {
            "none/1"
        }
        fn seal(&self, _: &heirloom::Object) -> Result<heirloom::Payload, heirloom::CodecFault> {
            Err("these objects live in memory only".into())
        }
        fn open(&self, _: &heirloom::Payload) -> Result<heirloom::Object, heirloom::CodecFault> {
            Err("these objects live in memory only".into())
        }
    }
    None
}

fn heavies(store: &Store, weights: &'static Weights) -> Factory<u64, Heavy> {
    let factory = store.factory("heavy").codec(codec()).tiers(MEMORY).size(|_: &Heavy| 10);
    factory.build(move |_: &u64| Ok::<_, std::io::Error>(Heavy::new(weights)))
}

fn roomy(bytes: u64) -> Store {
    Store::builder().in_memory().memory(bytes).open().unwrap()
}

#[test]
fn what_is_evicted_is_held_by_nobody() {
    let weights = Box::leak(Box::<Weights>::default());
    let store = roomy(40);
    let factory = heavies(&store, weights);
    for key in 0..1000 {
        factory.get(&key).unwrap();
        assert!(factory.get(&key).is_ok(), "by way of the front table");
        assert!(weights.live.load(Ordering::SeqCst) <= 40, "the budget holds for the front table too");
    }
    assert_eq!(factory.stats().memory_hits, 1000);
    let held = factory.get(&999).unwrap();
    drop(factory);
    assert_eq!(weights.live.load(Ordering::SeqCst), 40, "the tier still has them");
    drop(store);
    assert_eq!(weights.live.load(Ordering::SeqCst), 10);
    drop(held);
    assert_eq!(weights.live.load(Ordering::SeqCst), 0);
}

#[test]
fn an_evicted_object_that_is_held_comes_back_to_the_front_table() {
    let weights = Box::leak(Box::<Weights>::default());
    let factory = heavies(&roomy(20), weights);
    let held = factory.get(&0).unwrap();
    for key in 1..10 {
        factory.get(&key).unwrap();
    }
    for _ in 0..3 {
        assert!(Arc::ptr_eq(&held, &factory.get(&0).unwrap()));
    }
    assert_eq!(factory.stats().builds, 10);
    drop(held);
    factory.get(&0).unwrap();
    assert_eq!(factory.stats().builds, 10, "it was taken in again");
    for key in 20..30 {
        factory.get(&key).unwrap();
    }
    assert_eq!(weights.live.load(Ordering::SeqCst), 20);
}

#[test]
fn what_nobody_weighs_weighs_as_much_as_its_type() {
    let weights: &'static Weights = Box::leak(Box::default());
    let factory = roomy(10 * size_of::<Heavy>() as u64).factory("light").codec(codec()).tiers(MEMORY);
    let factory = factory.build(move |_: &u64| Ok::<_, std::io::Error>(Heavy::new(weights)));
    for key in 0..100 {
        factory.get(&key).unwrap();
    }
    assert_eq!(weights.live.load(Ordering::SeqCst), 100, "ten of them, each counted as 10");
}

#[test]
fn hits_of_the_front_table_keep_an_object_in_memory() {
    let weights = Box::leak(Box::<Weights>::default());
    let factory = heavies(&roomy(20), weights);
    factory.get(&1).unwrap();
    factory.get(&2).unwrap();
    // So many that it does not matter which of them took a little longer to build.
    for _ in 0..100_000 {
        factory.get(&1).unwrap();
    }
    for key in 3..6 {
        factory.get(&key).unwrap();
    }
    let builds = factory.stats().builds;
    factory.get(&1).unwrap();
    assert_eq!(factory.stats().builds, builds, "1 was hit, so the others went");
}

#[test]
fn two_handles_of_one_factory_share_objects_and_counts() {
    let weights = Box::leak(Box::<Weights>::default());
    let store = roomy(20);
    let (one, two) = (heavies(&store, weights), heavies(&store, weights));
    for key in 0..6 {
        let first = one.get(&key).unwrap();
        for _ in 0..2 {
            assert!(Arc::ptr_eq(&first, &two.get(&key).unwrap()));
            assert!(Arc::ptr_eq(&first, &one.get(&key).unwrap()));
        }
    }
    assert_eq!((one.stats().memory_hits, two.stats().memory_hits), (24, 24));
    assert_eq!(weights.live.load(Ordering::SeqCst), 20);
}

#[test]
fn hits_evictions_and_clears_race_and_every_hit_is_counted() {
    const THREADS: u64 = 4;
    let weights = Box::leak(Box::<Weights>::default());
    let factory = heavies(&roomy(80), weights);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let factory = &factory;
            scope.spawn(move || {
                for round in 0..20_000 {
                    factory.get(&((round * 7 + thread) % 13)).unwrap();
                    if round % 500 == 0 {
                        factory.clear().unwrap();
                    }
                }
            });
        }
    });
    let stats = factory.stats();
    assert_eq!(stats.memory_hits + stats.builds + stats.waits, THREADS * 20_000);
    assert!(stats.memory_hits > 0 && stats.builds > 0);
    // Each thread may have an object in its hands, and one that it has just built.
    let peak = weights.peak.load(Ordering::SeqCst);
    assert!(peak <= 80 + THREADS * 20, "{peak} bytes lived at one instant");
    factory.clear().unwrap();
    assert_eq!(weights.live.load(Ordering::SeqCst), 0);
}

#[test]
fn a_recorded_factory_writes_every_call_also_hits_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.csv");
    let squares = Store::in_memory()
        .factory("squares")
        .record_trace(&file)
        .build(|n: &u64| Ok::<u64, std::io::Error>(n * n));
    for n in [3, 3, 4, 3] {
        squares.get(&n).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let keys: Vec<&str> = written.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((keys.len(), keys[0] == keys[3], keys[0] == keys[2]), (4, true, false), "{written}");
}
