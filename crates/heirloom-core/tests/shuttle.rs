//! Every interleaving that a random scheduler can think of: models of single flight, of the memory tier and of the lease.
//!
//! Run by `cargo test -p heirloom-core --features shuttle --test shuttle`; the feature makes the locks of both
//! tiers shuttle's own, so a model that deadlocks or breaks a promise names the schedule that did it.
#![cfg(feature = "shuttle")]

#[path = "shuttle/lease.rs"]
mod lease;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use heirloom_core::flight::{Flight, Flights, Flown, Joined, Landing, Seat};
use heirloom_core::identity::{Key, Traits};
use heirloom_core::memory::{Entry, Facts, Found, Memory, SlotId, Tally};
use heirloom_core::object::Object;
use heirloom_core::{Digest, Timestamp};
use shuttle::thread;

const RANDOM: usize = 2_000;
const BY_PRIORITY: usize = 1_000;

/// Runs a model under random schedules, and under those that are known to find rare orders of few steps.
fn explore(model: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_random(model.clone(), RANDOM);
    shuttle::check_pct(model, BY_PRIORITY, 3);
}

fn id(name: &str) -> SlotId {
    (Digest::of(name.as_bytes()), Digest::of(b"fingerprint"))
}

fn join(flights: &Arc<Flights>, name: &str, above: &[&Seat]) -> Joined {
    let above: Vec<Arc<Flight>> = above.iter().map(|seat| Arc::clone(seat.flight())).collect();
    flights.join(&Key::of(&name.into(), &()).unwrap(), Digest::of(b"fingerprint"), &above)
}

fn landing(number: u64) -> Landing {
    let object = Object::new(Arc::new(number), 8);
    Landing::Object(Flown { object, content: None, traits: Traits::new() })
}

/// What the engine does with one key, with a stand-in for memory: join, look again, build, land.
struct Model {
    flights: Arc<Flights>,
    kept: AtomicU64,
    inside: AtomicU64,
    builds: AtomicU64,
    /// So many builders are cancelled before the first that finishes.
    cancelled: u64,
}

impl Model {
    fn new(cancelled: u64) -> Arc<Self> {
        let (flights, zero) = (Arc::default(), || AtomicU64::new(0));
        Arc::new(Self { flights, kept: zero(), inside: zero(), builds: zero(), cancelled })
    }

    /// The number that was built, or `None` for a builder that was cancelled.
    fn get(&self) -> Option<u64> {
        loop {
            match join(&self.flights, "k", &[]) {
                Joined::Lead(seat) => return self.build(seat),
                Joined::Follow(waiter) => match waiter.wait() {
                    Landing::Object(flown) => return flown.object.open::<u64>().map(|number| *number),
                    Landing::Abandoned => {}
                    Landing::Failed(error) => panic!("{error}"),
                },
                Joined::Cycle(names) => panic!("{names:?}"),
            }
        }
    }

    fn build(&self, seat: Seat) -> Option<u64> {
        let kept = self.kept.load(Ordering::SeqCst);
        if kept != 0 {
            seat.land(landing(kept));
            return Some(kept);
        }
        assert_eq!(self.inside.fetch_add(1, Ordering::SeqCst), 0, "two lead at once");
        thread::yield_now();
        let build = self.builds.fetch_add(1, Ordering::SeqCst);
        self.inside.fetch_sub(1, Ordering::SeqCst);
        if build < self.cancelled {
            drop(seat);
            return None;
        }
        self.kept.store(build + 1, Ordering::SeqCst);
        seat.land(landing(build + 1));
        Some(build + 1)
    }
}

/// Threads that all want one thing, whose first builders are cancelled.
fn herd(threads: u64, cancelled: u64) {
    let model = Model::new(cancelled);
    let asking: Vec<_> = (0..threads)
        .map(|_| {
            let model = Arc::clone(&model);
            thread::spawn(move || model.get())
        })
        .collect();
    let got: Vec<_> = asking.into_iter().map(|thread| thread.join().unwrap()).collect();
    let built = model.kept.load(Ordering::SeqCst);
    assert_eq!(model.builds.load(Ordering::SeqCst), cancelled + 1, "built twice");
    let nothing = got.iter().filter(|got| got.is_none()).count() as u64;
    assert_eq!(nothing, cancelled);
    assert!(got.iter().flatten().all(|got| *got == built));
    assert!(model.flights.is_quiet());
}

#[test]
fn one_leads_and_all_get_what_it_built() {
    explore(|| herd(4, 0));
}

#[test]
fn abandoned_seats_are_taken_one_at_a_time() {
    explore(|| herd(4, 2));
}

#[test]
fn a_waiter_that_gives_up_leaves_nothing_behind() {
    explore(|| {
        let flights = Arc::<Flights>::default();
        let threads: Vec<_> = (0..3)
            .map(|thread| {
                let flights = Arc::clone(&flights);
                thread::spawn(move || {
                    let outer = match join(&flights, &format!("outer {thread}"), &[]) {
                        Joined::Lead(seat) => seat,
                        other => panic!("{other:?}"),
                    };
                    match join(&flights, "k", &[&outer]) {
                        Joined::Lead(seat) if thread == 0 => drop(seat),
                        Joined::Lead(seat) => seat.land(landing(1)),
                        Joined::Follow(waiter) => drop(waiter),
                        Joined::Cycle(names) => panic!("{names:?}"),
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(flights.is_quiet());
    });
}

/// Builds `own`, within it `inner` when there is one, and asks for `wanted` from there; whether a circle was found.
fn build_within(flights: &Arc<Flights>, own: &str, inner: Option<&str>, wanted: &str) -> bool {
    let Joined::Lead(outer) = join(flights, own, &[]) else { return false };
    let inner = inner.map(|name| match join(flights, name, &[&outer]) {
        Joined::Lead(seat) => seat,
        other => panic!("{other:?}"),
    });
    let above: Vec<&Seat> = inner.iter().chain([&outer]).collect();
    match join(flights, wanted, &above) {
        Joined::Cycle(_) => true,
        Joined::Follow(waiter) => {
            waiter.wait();
            false
        }
        Joined::Lead(_) => false,
    }
}

#[test]
fn a_race_for_a_circle_ends() {
    explore(|| {
        let flights = Arc::<Flights>::default();
        // Shuttle itself finds the deadlock when nobody finds the circle.
        let circle = [("a", Some("a inside"), "b"), ("b", Some("b inside"), "c"), ("c", None, "a")];
        let threads: Vec<_> = circle
            .into_iter()
            .map(|(own, inner, wanted)| {
                let flights = Arc::clone(&flights);
                thread::spawn(move || build_within(&flights, own, inner, wanted))
            })
            .collect();
        let found = threads.into_iter().map(|thread| thread.join().unwrap()).filter(|found| *found);
        assert!(found.count() <= 1);
        assert!(flights.is_quiet());
    });
}

#[test]
fn a_race_through_a_diamond_finds_no_circle() {
    explore(|| {
        let flights = Arc::<Flights>::default();
        let sides: Vec<_> = [("left", Some("left inside")), ("right", None), ("third", None)]
            .into_iter()
            .map(|(own, inner)| {
                let flights = Arc::clone(&flights);
                thread::spawn(move || build_within(&flights, own, inner, "bottom"))
            })
            .collect();
        for side in sides {
            assert!(!side.join().unwrap());
        }
        assert!(flights.is_quiet());
    });
}

fn entry(name: &str, object: Object, tally: &Arc<Tally>) -> Entry {
    let facts = Facts {
        created: Timestamp::from_nanos(0),
        build_nanos: 1_000_000_000,
        dependencies: Arc::new([]),
        traits: Traits::new(),
        content: None,
        ends: Timestamp::NEVER,
        built_here: true,
    };
    let (tally, checked) = (Arc::clone(tally), Timestamp::from_nanos(0));
    Entry { id: id(name), object, facts, tally, checked }
}

/// A value that counts the bytes that live.
struct Heavy {
    live: Arc<AtomicU64>,
    bytes: u64,
}

impl Heavy {
    fn object(live: &Arc<AtomicU64>, bytes: u64) -> Object {
        live.fetch_add(bytes, Ordering::SeqCst);
        Object::new(Arc::new(Self { live: Arc::clone(live), bytes }), bytes)
    }
}

impl Drop for Heavy {
    fn drop(&mut self) {
        // A switch in the middle of the drop: others see the bytes still counted.
        thread::yield_now();
        self.live.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

#[test]
fn the_budget_holds_at_every_instant() {
    const BUDGET: u64 = 100;
    const BYTES_MAX: u64 = 60;
    explore(|| {
        let (memory, live, tally) = (Arc::new(Memory::new(BUDGET)), Arc::default(), Arc::default());
        let writers: Vec<_> = (0..3_u64)
            .map(|writer| {
                let (memory, live, tally) = (Arc::clone(&memory), Arc::clone(&live), Arc::clone(&tally));
                thread::spawn(move || {
                    for round in 0..3 {
                        let bytes = [40, BYTES_MAX, 35][usize::try_from((writer + round) % 3).unwrap()];
                        let name = format!("{}", (writer * 2 + round) % 4);
                        memory.keep(entry(&name, Heavy::object(&live, bytes), &tally));
                        assert!(memory.stats().bytes <= BUDGET);
                        // Besides what the tier holds, each writer has at most one object in its hands.
                        assert!(live.load(Ordering::SeqCst) <= BUDGET + 2 * BYTES_MAX);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(memory.stats().bytes, live.load(Ordering::SeqCst));
        memory.remove_where(|_| true);
        assert_eq!((memory.stats().bytes, live.load(Ordering::SeqCst)), (0, 0));
    });
}

#[test]
fn an_object_that_a_client_holds_is_never_lost() {
    explore(|| {
        let memory = Arc::new(Memory::new(100));
        let (live, tally) = (Arc::default(), Arc::default());
        let client = Heavy::object(&live, 60);
        memory.keep(entry("k", client.clone(), &tally));
        let evict = {
            let (memory, live, tally) = (Arc::clone(&memory), Arc::clone(&live), Arc::clone(&tally));
            thread::spawn(move || {
                for name in ["a", "b"] {
                    memory.keep(entry(name, Heavy::object(&live, 60), &tally));
                }
            })
        };
        let ask: Vec<_> = (0..2)
            .map(|_| {
                let (memory, client) = (Arc::clone(&memory), client.clone());
                thread::spawn(move || {
                    let slot = memory.find(&id("k")).expect("the slot is in the table");
                    match slot.find() {
                        Found::Resident(object) => assert!(object.same(&client)),
                        Found::Echo(object) => {
                            assert!(object.same(&client));
                            memory.revive(&slot, &object);
                        }
                        Found::Gone => panic!("a client holds it"),
                    }
                })
            })
            .collect();
        evict.join().unwrap();
        for asking in ask {
            asking.join().unwrap();
        }
        assert!(memory.stats().bytes <= 100);
        drop(client);
        memory.remove_where(|_| true);
        assert_eq!((memory.stats().bytes, live.load(Ordering::SeqCst)), (0, 0));
    });
}

#[test]
fn hits_evictions_and_removals_race() {
    explore(|| {
        let memory = Arc::new(Memory::new(100));
        let (live, tally) = (Arc::default(), Arc::<Tally>::default());
        let (slot, _) = memory.keep(entry("k", Heavy::object(&live, 60), &tally));
        let hit = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || (0..3).filter(|_| slot.hit().is_some()).count() as u64)
        };
        let evict = {
            let (memory, live, tally) = (Arc::clone(&memory), Arc::clone(&live), Arc::clone(&tally));
            thread::spawn(move || memory.keep(entry("other", Heavy::object(&live, 60), &tally)).1)
        };
        let remove = {
            let memory = Arc::clone(&memory);
            thread::spawn(move || memory.remove(&id("k")))
        };
        let hits = hit.join().unwrap();
        // Nobody waits for an object that is on its way out: then the newcomer is not held.
        let held = if evict.join().unwrap() { 60 } else { 0 };
        remove.join().unwrap();
        assert!(slot.is_gone() && memory.find(&id("k")).is_none());
        assert_eq!((memory.stats().bytes, live.load(Ordering::SeqCst)), (held, held));
        assert_eq!(memory.hits(&tally), hits);
    });
}
