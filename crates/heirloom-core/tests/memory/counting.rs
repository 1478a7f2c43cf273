//! Counting: no hit is lost, whichever way its slot goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use heirloom_core::memory::{Memory, Tally};

use crate::sample::{counted, entry, id, lone};

#[test]
fn hits_are_exact_under_threads() {
    let (memory, tally, other) = (Memory::new(200), Arc::<Tally>::default(), Arc::<Tally>::default());
    let hits = AtomicU64::new(0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (memory, tally, other, hits) = (&memory, &tally, &other, &hits);
            scope.spawn(move || {
                // Names come in no order. In a circle, a thread that the machine runs alone would hit nothing: what
                // it asks for next is always what went first.
                let mut state: u64 = thread;
                for round in 0..30_000_u64 {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let name = (state >> 33) % 31;
                    match memory.find(&id(name)).and_then(|slot| slot.hit()) {
                        Some(_) => drop(hits.fetch_add(1, Ordering::Relaxed)),
                        None => drop(memory.keep(counted(entry(name, lone(10)), tally))),
                    }
                    if round % 50 == 0 {
                        memory.remove(&id(name + 1));
                        memory.keep(counted(entry(1000, lone(1)), other)).0.count_hit();
                    }
                }
            });
        }
    });
    let expected = hits.load(Ordering::Relaxed);
    assert!(expected > 1000);
    assert_eq!(memory.hits(&tally), expected);
    assert_eq!(memory.hits(&other), 4 * 600);
    memory.remove_where(|_| true);
    assert_eq!(memory.hits(&tally), expected);
}

#[test]
fn hits_in_place_are_exact_while_others_count_and_evict() {
    let (memory, tally, other) = (Memory::new(20), Arc::<Tally>::default(), Arc::<Tally>::default());
    let keep = || memory.keep(counted(entry(1, lone(10)), &tally)).0;
    let front = Mutex::new((keep(), 0_u64));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    let mut front = front.lock().unwrap();
                    if front.0.hit_in_place() {
                        front.1 += 1;
                    } else {
                        front.0 = keep();
                    }
                }
            });
        }
        scope.spawn(|| {
            for round in 0..2_000 {
                memory.keep(counted(entry(2 + round % 3, lone(10)), &other));
                assert!(memory.hits(&tally) <= 40_000);
                if round % 10 == 0 {
                    memory.remove(&id(1));
                }
            }
        });
    });
    let (slot, expected) = front.into_inner().unwrap();
    assert!(expected > 1000);
    assert_eq!(memory.hits(&tally), expected);
    memory.remove_where(|_| true);
    assert_eq!(memory.hits(&tally), expected);
    drop(slot);
    assert_eq!((memory.hits(&tally), memory.hits(&other)), (expected, 0));
}

#[test]
fn a_slot_that_a_front_table_still_points_to_loses_no_hit() {
    let (memory, tally) = (Memory::new(100), Arc::<Tally>::default());
    let (slot, _) = memory.keep(counted(entry(1, lone(10)), &tally));
    assert!(slot.hit().is_some() && slot.hit().is_some());
    memory.remove(&id(1));
    assert_eq!(memory.hits(&tally), 2);
    slot.count_hit();
    assert_eq!(memory.hits(&tally), 3);
    drop(slot);
    assert_eq!(memory.hits(&tally), 3);
}

#[test]
fn evictions_are_counted_and_removals_are_not() {
    let memory = Memory::new(100);
    for name in 0..15 {
        memory.keep(entry(name, lone(10)));
    }
    assert_eq!(memory.stats().evictions, 5);
    assert_eq!(memory.slots(), 10, "what nobody holds leaves the table with its eviction");
    memory.remove_where(heirloom_core::memory::Slot::is_resident);
    assert_eq!((memory.stats().evictions, memory.slots()), (5, 0));
}
