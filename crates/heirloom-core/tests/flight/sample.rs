//! Flights for the tests of this folder, in one line.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use heirloom_core::Digest;
use heirloom_core::flight::{Flight, Flights, Flown, Joined, Landing, Seat, Waiter};
use heirloom_core::identity::{Key, Traits};
use heirloom_core::object::Object;

/// Long enough for any machine; only a test that fails waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn join(flights: &Arc<Flights>, name: &str, above: &[&Seat]) -> Joined {
    let above: Vec<Arc<Flight>> = above.iter().map(|seat| Arc::clone(seat.flight())).collect();
    flights.join(&Key::of(&name.into(), &()).unwrap(), Digest::of(b"fingerprint"), &above)
}

pub(crate) fn lead(flights: &Arc<Flights>, name: &str, above: &[&Seat]) -> Seat {
    match join(flights, name, above) {
        Joined::Lead(seat) => seat,
        other => panic!("no seat for {name}: {other:?}"),
    }
}

pub(crate) fn follow(flights: &Arc<Flights>, name: &str, above: &[&Seat]) -> Waiter {
    match join(flights, name, above) {
        Joined::Follow(waiter) => waiter,
        other => panic!("nobody to wait for: {other:?}"),
    }
}

pub(crate) fn circle(flights: &Arc<Flights>, name: &str, above: &[&Seat]) -> String {
    match join(flights, name, above) {
        Joined::Cycle(names) => names.join(" → ").replace("()", ""),
        other => panic!("no circle: {other:?}"),
    }
}

pub(crate) fn landing(object: &Object) -> Landing {
    Landing::Object(Flown { object: object.clone(), content: None, traits: Traits::new() })
}

pub(crate) fn object(number: u64) -> Object {
    Object::new(Arc::new(number), 8)
}

/// The number that landed.
pub(crate) fn number(landing: &Landing) -> u64 {
    match landing {
        Landing::Object(flown) => *flown.object.open::<u64>().unwrap(),
        other => panic!("no object landed: {other:?}"),
    }
}

/// Waits until `what` is true.
pub(crate) fn until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < PATIENCE, "it never came true");
        std::thread::yield_now();
    }
}

/// A waker that counts how often it was woken.
#[derive(Default)]
pub(crate) struct Bell(AtomicUsize);

impl Bell {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let bell = Arc::new(Self::default());
        (Arc::clone(&bell), Waker::from(bell))
    }

    pub(crate) fn rings(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
