//! Objects made from objects of the same factory, as a function makes them that calls itself: wide and deep.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use heirloom_core::engine::Engine;
use heirloom_core::settings::Revalidate;
use heirloom_core::testing::FakeClock;
use heirloom_core::trail::Tier;
use heirloom_core::{Clock, Timestamp};

use crate::house::{House, Maker, hit};

/// Objects named by a number; each is made from those of the numbers before it that `from` names, and 0 from a variable.
fn numbers(house: &House, engine: &Arc<Engine>, from: &'static [usize]) -> Maker {
    let own: Arc<OnceLock<Maker>> = Arc::default();
    let itself = Arc::clone(&own);
    let mut recipe = house.recipe("numbers");
    recipe.revalidate = Revalidate::Always;
    let maker = Maker::new(engine, recipe, move |recorder, key| {
        let number: usize = key.parse().unwrap();
        if number == 0 {
            return Ok(recorder.variable("ZERO").unwrap_or_default().into_encoded_bytes());
        }
        let inner = from.iter().filter(|back| **back <= number);
        Ok(inner
            .flat_map(|back| itself.get().unwrap().get(&(number - back).to_string()).bytes())
            .take(2)
            .collect())
    });
    own.set(maker.clone()).ok().unwrap();
    maker
}

#[test]
fn an_inner_object_is_looked_at_once_however_many_others_were_made_from_it() {
    let house = House::new();
    assert!(numbers(&house, &house.open(), &[1, 2]).get("20").built);
    let asked: Arc<AtomicUsize> = Arc::default();
    let mut options = house.options();
    let count = Arc::clone(&asked);
    options.hooks.variables = Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        None
    });
    let later = numbers(&house, &Engine::open(options).unwrap(), &[1, 2]);
    assert!(!later.get("20").built);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn objects_made_from_objects_are_served_however_deep_they_lie() {
    let house = House::new();
    assert_eq!(numbers(&house, &house.open(), &[1]).get("150").text(), "");
    let later = numbers(&house, &house.open(), &[1]);
    assert!(!later.get("150").built);
    house.variables.lock().unwrap().insert("ZERO".into(), "7".into());
    let changed = numbers(&house, &house.open(), &[1]);
    let got = changed.get("150");
    assert_eq!((got.text().as_str(), changed.runs()), ("7", 151));
}

/// A clock that may be asked so often; an object is looked at with one look at the clock.
struct Patient {
    clock: FakeClock,
    looks_left: AtomicUsize,
}

impl Clock for Patient {
    fn now(&self) -> Timestamp {
        let left = self.looks_left.fetch_sub(1, Ordering::SeqCst);
        assert!(left > 1, "many more objects were looked at than there are");
        self.clock.now()
    }
}

#[test]
fn a_deep_chain_is_checked_on_a_memory_hit_without_trying_each_way_up_again() {
    const DEEP: usize = 150;
    let house = House::new();
    let clock = Arc::new(Patient { clock: house.clock.clone(), looks_left: AtomicUsize::new(usize::MAX) });
    let mut options = house.options();
    options.hooks.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    let numbers = numbers(&house, &Engine::open(options).unwrap(), &[1]);
    assert!(numbers.get(&DEEP.to_string()).built);
    // Each is in memory and on disk, so that whatever was met too deep down could be tried twice on every level above it.
    clock.looks_left.store(10 * DEEP, Ordering::SeqCst);
    hit!(numbers.get(&DEEP.to_string()); Memory);
    clock.looks_left.store(usize::MAX, Ordering::SeqCst);
    house.variables.lock().unwrap().insert("ZERO".into(), "7".into());
    let got = numbers.get(&DEEP.to_string());
    assert_eq!((got.served.tier, got.text().as_str(), numbers.runs()), (Tier::Build, "7", 2 * (DEEP + 1)));
}
