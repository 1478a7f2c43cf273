//! Weak after eviction: the very object while a client holds it, nothing afterwards.

use std::sync::Arc;

use heirloom_core::memory::{Found, Memory};
use heirloom_core::object::Object;

use crate::sample::{entry, id, lone};

fn echo_of(memory: &Memory, name: u64) -> Option<Object> {
    match memory.find(&id(name))?.find() {
        Found::Echo(object) => Some(object),
        Found::Resident(_) | Found::Gone => None,
    }
}

#[test]
fn the_very_object_is_found_while_a_client_holds_it() {
    let memory = Memory::new(100);
    let table = Arc::new(String::from("flights"));
    memory.keep(entry(1, Object::new(Arc::clone(&table), 80)));
    memory.keep(entry(2, lone(80)));
    let slot = memory.find(&id(1)).unwrap();
    assert!(!slot.is_resident() && !slot.is_gone() && slot.hit().is_none());
    let echo = echo_of(&memory, 1).unwrap().open::<String>().unwrap();
    assert!(Arc::ptr_eq(&echo, &table));
    drop((echo, table));
    assert!(slot.is_gone());
    assert!(matches!(slot.find(), Found::Gone));
}

#[test]
fn an_object_larger_than_the_budget_is_shared_by_its_clients() {
    let memory = Memory::new(10);
    let table = Arc::new(7_u64);
    memory.keep(entry(1, Object::new(Arc::clone(&table), 11)));
    let echo = echo_of(&memory, 1).unwrap().open::<u64>().unwrap();
    assert!(Arc::ptr_eq(&echo, &table));
}

#[test]
fn an_echo_is_taken_in_again_with_its_hits() {
    let memory = Memory::new(100);
    let table = Arc::new(7_u64);
    let (slot, _) = memory.keep(entry(1, Object::new(Arc::clone(&table), 80)));
    slot.count_hit();
    memory.keep(entry(2, lone(80)));
    let echo = echo_of(&memory, 1).unwrap();
    memory.revive(&slot, &echo);
    memory.revive(&slot, &echo);
    assert!(slot.hit().unwrap().same(&echo));
    assert_eq!((slot.hits(), memory.stats().bytes), (2, 80));
    memory.remove(&id(1));
    assert_eq!(memory.stats().bytes, 0);
}

#[test]
fn what_was_removed_or_replaced_does_not_come_back() {
    let memory = Memory::new(100);
    let table = Arc::new(7_u64);
    let old = Object::new(Arc::clone(&table), 80);
    let (removed, _) = memory.keep(entry(1, old.clone()));
    memory.remove(&id(1));
    memory.revive(&removed, &old);
    assert!(memory.find(&id(1)).is_none() && removed.is_gone());
    let (replaced, _) = memory.keep(entry(1, old.clone()));
    memory.keep(entry(1, lone(1)));
    memory.revive(&replaced, &old);
    assert!(matches!(replaced.find(), Found::Gone));
    assert_eq!(memory.stats().bytes, 1);
}

#[test]
fn dead_slots_are_swept_and_living_ones_stay() {
    let memory = Memory::new(8);
    let client = lone(8);
    memory.keep(entry(0, client.clone()));
    for name in 1..20_000 {
        memory.keep(entry(name, lone(8)));
    }
    assert!(memory.slots() < 10_000);
    assert!(echo_of(&memory, 0).unwrap().same(&client));
}
