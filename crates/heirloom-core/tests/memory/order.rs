//! Who goes first: the cheapest per byte, then the one unused for longest; without hits and costs, plain LRU.

use heirloom_core::memory::Memory;
use proptest::prelude::*;

use crate::sample::{costing, entry, id, lone};

fn resident(memory: &Memory, names: std::ops::Range<u64>) -> Vec<u64> {
    names.filter(|name| memory.find(&id(*name)).is_some_and(|slot| slot.is_resident())).collect()
}

#[test]
fn what_saves_least_build_time_per_byte_goes_first() {
    let memory = Memory::new(100);
    memory.keep(costing(1, lone(25), 3_000_000_000));
    memory.keep(costing(2, lone(25), 1_000_000_000));
    memory.keep(costing(3, lone(50), 4_000_000_000));
    memory.keep(entry(4, lone(25)));
    assert_eq!(resident(&memory, 1..5), [1, 3, 4]);
    // 3 costs more than 1, but not per byte.
    let memory = Memory::new(100);
    memory.keep(costing(1, lone(25), 3_000_000_000));
    memory.keep(costing(3, lone(50), 4_000_000_000));
    memory.keep(costing(5, lone(50), 60_000_000_000));
    assert_eq!(resident(&memory, 1..6), [1, 5]);
}

#[test]
fn hits_keep_an_object() {
    let memory = Memory::new(100);
    let (first, _) = memory.keep(entry(1, lone(50)));
    memory.keep(entry(2, lone(50)));
    assert!(first.hit().is_some());
    memory.keep(entry(3, lone(50)));
    assert_eq!(resident(&memory, 1..4), [1, 3]);
}

#[test]
fn ageing_makes_the_most_expensive_go_in_the_end() {
    let memory = Memory::new(100);
    memory.keep(costing(0, lone(50), 10_000_000_000));
    for name in 1..200 {
        memory.keep(costing(name, lone(50), 1_000_000_000));
    }
    assert_eq!(resident(&memory, 0..200), [198, 199]);
}

#[test]
fn a_scan_passes_by_what_is_used() {
    let memory = Memory::new(100);
    let used: Vec<_> = (0..5).map(|name| memory.keep(entry(name, lone(10))).0).collect();
    assert!(used.iter().all(|slot| slot.hit().is_some()));
    for name in 100..140 {
        memory.keep(entry(name, lone(10)));
    }
    assert_eq!(resident(&memory, 0..5), [0, 1, 2, 3, 4]);
}

#[test]
fn what_comes_back_is_no_newcomer() {
    let memory = Memory::new(20);
    let (often, _) = memory.keep(entry(1, lone(10)));
    (0..3).for_each(|_| assert!(often.hit().is_some()));
    // So many strangers that age makes it go.
    let gone = (100..200).find(|name| {
        memory.keep(entry(*name, lone(10)));
        memory.find(&id(1)).is_none_or(|slot| !slot.is_resident())
    });
    assert!(gone.is_some(), "age makes it go");
    memory.keep(entry(1, lone(10)));
    for name in 200..210 {
        memory.keep(entry(name, lone(10)));
    }
    assert_eq!(resident(&memory, 1..2), [1], "its earlier uses count");
}

/// Least recently used first, as plainly as it can be written.
struct Reference {
    room: usize,
    names: Vec<u64>,
}

impl Reference {
    /// Whether it was there.
    fn ask(&mut self, name: u64) -> bool {
        let at = self.names.iter().position(|known| *known == name);
        if let Some(at) = at {
            self.names.remove(at);
        } else if self.names.len() == self.room {
            self.names.remove(0);
        }
        self.names.push(name);
        at.is_some()
    }
}

proptest! {
    #[test]
    fn with_equal_costs_and_sizes_and_ageing_only_it_is_lru(
        room in 1_usize..12,
        trace in proptest::collection::vec((0_u64..24, 0_u8..10), 0..400),
    ) {
        let memory = Memory::new(room as u64 * 10).ageing_only();
        let mut reference = Reference { room, names: Vec::new() };
        for (at, (name, action)) in trace.into_iter().enumerate() {
            if action == 0 {
                memory.remove(&id(name));
                reference.names.retain(|known| *known != name);
                continue;
            }
            let hit = memory.find(&id(name)).and_then(|slot| slot.hit()).is_some();
            prop_assert_eq!(hit, reference.ask(name), "step {} asks for {}", at, name);
            if !hit {
                memory.keep(entry(name, lone(10)));
            }
            let mut expected = reference.names.clone();
            expected.sort_unstable();
            prop_assert_eq!(resident(&memory, 0..24), expected, "after step {}", at);
        }
    }
}
