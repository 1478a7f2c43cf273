//! The byte budget: held at every instant, given back to the last byte, and never waited for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Weak};
use std::thread;

use heirloom_core::memory::Memory;
use heirloom_core::object::Object;

use crate::sample::{entry, id, lone};

/// Bytes that live now, and the most that ever lived at one instant.
#[derive(Default)]
struct Weights {
    live: AtomicU64,
    peak: AtomicU64,
}

struct Heavy {
    weights: Arc<Weights>,
    bytes: u64,
}

impl Heavy {
    fn object(weights: &Arc<Weights>, bytes: u64) -> Object {
        let live = weights.live.fetch_add(bytes, Ordering::SeqCst) + bytes;
        weights.peak.fetch_max(live, Ordering::SeqCst);
        Object::new(Arc::new(Self { weights: Arc::clone(weights), bytes }), bytes)
    }
}

impl Drop for Heavy {
    fn drop(&mut self) {
        self.weights.live.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

#[test]
fn racing_writers_never_overshoot() {
    const WRITERS: u64 = 4;
    const BYTES_MAX: u64 = 40;
    const BUDGET: u64 = 400;
    let (memory, weights) = (Memory::new(BUDGET), Arc::new(Weights::default()));
    let start = Barrier::new(usize::try_from(WRITERS).unwrap());
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (memory, weights, start) = (&memory, &weights, &start);
            scope.spawn(move || {
                start.wait();
                for round in 0..20_000 {
                    let name = (writer * 7919 + round * 31) % 97;
                    memory.keep(entry(name, Heavy::object(weights, 1 + (round * 13) % BYTES_MAX)));
                    assert!(memory.stats().bytes <= BUDGET);
                    if round % 11 == 0 {
                        memory.remove(&id(name / 2));
                    }
                }
            });
        }
    });
    // What lives is what the tier holds, and what each writer has in its hands just before it hands it over.
    let peak = weights.peak.load(Ordering::SeqCst);
    assert!(peak <= BUDGET + WRITERS * BYTES_MAX, "{peak} bytes lived at one instant");
    assert_eq!(weights.live.load(Ordering::SeqCst), memory.stats().bytes);
    memory.remove_where(|_| true);
    assert_eq!(memory.stats().bytes, 0);
    assert_eq!(weights.live.load(Ordering::SeqCst), 0);
}

/// Sees what the tier counts at the moment it is dropped.
struct Witness {
    memory: Weak<Memory>,
    seen: Arc<AtomicU64>,
}

impl Drop for Witness {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.upgrade() {
            self.seen.store(memory.stats().bytes, Ordering::SeqCst);
        }
    }
}

#[test]
fn bytes_are_given_back_after_the_drop_and_not_before() {
    let memory = Arc::new(Memory::new(100));
    let seen = Arc::new(AtomicU64::new(0));
    let witness = Witness { memory: Arc::downgrade(&memory), seen: Arc::clone(&seen) };
    memory.keep(entry(1, Object::new(Arc::new(witness), 70)));
    memory.keep(entry(2, lone(60)));
    assert_eq!(seen.load(Ordering::SeqCst), 70);
    assert_eq!(memory.stats().bytes, 60);
}

#[test]
fn replaced_and_removed_objects_give_everything_back() {
    let memory = Memory::new(1000);
    for round in 0..10 {
        memory.keep(entry(1, lone(100 + round)));
        assert_eq!(memory.stats().bytes, 100 + round);
    }
    assert_eq!(memory.stats().evictions, 0);
    memory.keep(entry(2, lone(5)));
    memory.remove(&id(1));
    assert_eq!(memory.stats().bytes, 5);
    memory.remove(&id(1));
    memory.remove(&id(2));
    assert_eq!(memory.stats().bytes, 0);
}

/// A value that keeps another one into the same tier while it is dropped.
struct Successor {
    memory: Weak<Memory>,
    generations: u64,
}

impl Drop for Successor {
    fn drop(&mut self) {
        let Some(memory) = self.memory.upgrade() else { return };
        if self.generations > 0 {
            let next = Self { memory: Weak::clone(&self.memory), generations: self.generations - 1 };
            memory.keep(entry(self.generations, Object::new(Arc::new(next), 60)));
        }
        memory.remove(&id(self.generations + 100));
        assert!(memory.find(&id(u64::MAX)).is_none());
    }
}

#[test]
fn a_value_may_call_back_while_it_is_dropped() {
    // Room for one: each newcomer's room is taken by the very object that is being dropped for it.
    let memory = Arc::new(Memory::new(100));
    let first = Successor { memory: Arc::downgrade(&memory), generations: 8 };
    memory.keep(entry(50, Object::new(Arc::new(first), 60)));
    memory.keep(entry(51, lone(90)));
    assert!(memory.stats().bytes <= 100);
    memory.keep(entry(51, Object::new(Arc::new(Successor { memory: Weak::new(), generations: 0 }), 10)));
    memory.remove_where(|_| true);
    assert_eq!(memory.stats().bytes, 0);
}

#[test]
fn an_object_larger_than_the_budget_is_not_held() {
    let memory = Memory::new(100);
    memory.keep(entry(1, lone(60)));
    let (slot, held) = memory.keep(entry(2, lone(101)));
    assert!(!held && !slot.is_resident() && slot.is_gone());
    assert_eq!((memory.stats().bytes, memory.stats().evictions), (60, 0));
    let (_, held) = memory.keep(entry(3, lone(100)));
    assert!(held);
    assert_eq!((memory.stats().bytes, memory.stats().evictions), (100, 1));
}

#[test]
fn a_tier_that_goes_lets_go_of_everything() {
    let (memory, weights) = (Memory::new(100), Arc::new(Weights::default()));
    let (slot, _) = memory.keep(entry(1, Heavy::object(&weights, 10)));
    drop(memory);
    assert_eq!(weights.live.load(Ordering::SeqCst), 0);
    assert!(slot.hit().is_none());
}

#[test]
fn nothing_grows_over_many_rounds() {
    let memory = Memory::new(1 << 20);
    for round in 0..100_000 {
        memory.keep(entry(round, lone(8)));
        memory.remove(&id(round));
    }
    assert_eq!((memory.slots(), memory.stats().bytes), (0, 0));
    assert!(memory.ranked() <= 128, "{} slots are still ranked", memory.ranked());
    let memory = Memory::new(80);
    for round in 0..100_000 {
        memory.keep(entry(round, lone(8)));
    }
    assert_eq!((memory.slots(), memory.ranked()), (10, 10));
    let memory = Memory::new(80);
    for round in 0..100_000 {
        // Held by a client until the next round, so no eviction finds it gone.
        let client = lone(80);
        memory.keep(entry(round, client.clone()));
        memory.keep(entry(round + 1_000_000, lone(80)));
    }
    // One is held; of the dead, each of the 64 shards sweeps when more than half of it is new.
    assert!(memory.slots() <= 64 * 128, "{} slots stay in the table", memory.slots());
}
