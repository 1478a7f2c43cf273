//! Builds in the air: one builder per key, everybody else waits for it.
//!
//! Promises: 1. looking and taking the seat happen under one lock, the owner's; 2. a seat dropped without landing
//! (error, panic, cancellation) frees all waiters, and the first to look again takes the seat; 3. a request that
//! would wait for itself builds alone, as if there were no cache. Refuses: sharing errors; each caller has its own
//! kind of error, so those who waited try in turn.

use std::convert::Infallible;
use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;

use super::delivery::Delivery;
use super::reentry::{InsideTask, Leg, Wait, begin, enter};

/// The builds in the air of one owner, who keeps them behind its own lock.
pub(crate) struct Flights<K, V> {
    in_the_air: HashMap<K, Arc<Flight<V>>, foldhash::fast::RandomState>,
}

/// One build in the air.
pub(crate) struct Flight<V> {
    leg: Leg,
    landing: Arc<Delivery<Landing<V>>>,
}

#[derive(Clone)]
enum Landing<V> {
    Value(V),
    Abandoned,
}

/// What a look at the owner's table came to.
pub(crate) enum Looked<V> {
    /// It is there.
    Found(V),
    /// Nobody builds it: the seat is yours.
    Lead(Arc<Flight<V>>),
    /// Somebody builds it: wait for them.
    Follow(Arc<Flight<V>>, Wait),
    /// Waiting would never end: build alone.
    Alone,
}

/// An owner of flights: a table that hands out what it has and keeps what is built.
pub(crate) trait Home<K> {
    /// What builders make.
    type Built;
    /// What clients get.
    type Value: Clone;
    /// What a look leaves to be done outside the lock.
    type Left;

    /// Under one lock: finds the value, or joins its flight. Only the `first` look of a request is counted.
    fn look(&self, key: &K, first: bool) -> (Looked<Self::Value>, Self::Left);
    /// Does what a look left, which may run code of anybody's and panic; whoever leads has taken the seat by then.
    fn let_go(&self, left: Self::Left);
    /// Keeps what a leader built, unless its flight was struck off meanwhile.
    fn land(&self, key: &K, flight: &Flight<Self::Value>, built: Self::Built) -> Self::Value;
    /// Makes a value that is not kept.
    fn alone(&self, key: K, built: Self::Built) -> Self::Value;
    /// Forgets a flight that did not land.
    fn abandon(&self, key: &K, flight: &Flight<Self::Value>);
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self { in_the_air: HashMap::default() }
    }
}

impl<K: Hash + Eq, V: Clone> Flights<K, V> {
    pub(crate) fn join(&mut self, key: &K) -> Looked<V>
    where
        K: Clone,
    {
        if let Some(flight) = self.in_the_air.get(key) {
            return match begin(flight.leg) {
                Some(wait) => Looked::Follow(Arc::clone(flight), wait),
                None => Looked::Alone,
            };
        }
        let flight = Arc::new(Flight { leg: Leg::new(), landing: Arc::new(Delivery::new()) });
        self.in_the_air.insert(key.clone(), Arc::clone(&flight));
        Looked::Lead(flight)
    }

    /// Strikes off whatever is in the air for `key`: it will land, but must not be kept.
    pub(crate) fn strike_off<Q>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if !self.in_the_air.is_empty() {
            self.in_the_air.remove(key);
        }
    }

    /// Strikes off everything in the air.
    pub(crate) fn strike_off_all(&mut self) {
        self.in_the_air.clear();
    }

    /// Takes `flight` off the list; `false` when it was struck off before.
    pub(crate) fn finish(&mut self, key: &K, flight: &Flight<V>) -> bool {
        let listed = self.in_the_air.get(key).is_some_and(|listed| listed.leg == flight.leg);
        if listed {
            self.in_the_air.remove(key);
        }
        listed
    }
}

impl<V: Clone> Flight<V> {
    /// Hands the value to everybody who waits.
    pub(crate) fn deliver(&self, value: V) {
        self.landing.deliver(Landing::Value(value));
    }

    fn wait(&self) -> Landing<V> {
        self.landing.wait(None, |parcel| parcel.clone()).unwrap_or(Landing::Abandoned)
    }
}

/// The leader's seat.
struct Seat<'call, H: Home<K>, K> {
    home: &'call H,
    key: &'call K,
    flight: Arc<Flight<H::Value>>,
    landed: bool,
}

impl<'call, H: Home<K>, K> Seat<'call, H, K> {
    fn new(home: &'call H, key: &'call K, flight: Arc<Flight<H::Value>>) -> Self {
        Self { home, key, flight, landed: false }
    }

    fn land(mut self, built: H::Built) -> H::Value {
        let value = self.home.land(self.key, &self.flight, built);
        self.landed = true;
        value
    }
}

impl<H: Home<K>, K> Drop for Seat<'_, H, K> {
    fn drop(&mut self) {
        if !self.landed {
            self.home.abandon(self.key, &self.flight);
            self.flight.landing.deliver(Landing::Abandoned);
        }
    }
}

/// Gets the value of `key` from `home`, building it when nobody else does.
pub(crate) fn fetch<H, K, E>(
    home: &H,
    key: K,
    build: impl FnOnce(&K) -> Result<H::Built, E>,
) -> Result<H::Value, E>
where
    H: Home<K>,
{
    let mut first = true;
    loop {
        let (looked, left) = home.look(&key, std::mem::take(&mut first));
        match looked {
            Looked::Found(value) => {
                home.let_go(left);
                return Ok(value);
            }
            Looked::Lead(flight) => {
                let leg = flight.leg;
                let seat = Seat::new(home, &key, flight);
                home.let_go(left);
                let inside = enter(leg);
                let built = build(&key)?;
                drop(inside);
                return Ok(seat.land(built));
            }
            Looked::Follow(flight, wait) => {
                home.let_go(left);
                let landing = flight.wait();
                drop(wait);
                if let Landing::Value(value) = landing {
                    return Ok(value);
                }
            }
            Looked::Alone => {
                home.let_go(left);
                let built = build(&key)?;
                return Ok(home.alone(key, built));
            }
        }
    }
}

/// The same for a task: it blocks no thread, and dropping it hands its seat on.
pub(crate) async fn fetch_async<H, K, E, F>(
    home: &H,
    key: K,
    build: impl FnOnce() -> F,
) -> Result<H::Value, E>
where
    H: Home<K>,
    F: Future<Output = Result<H::Built, E>>,
{
    let mut first = true;
    loop {
        let (looked, left) = home.look(&key, std::mem::take(&mut first));
        match looked {
            Looked::Found(value) => {
                home.let_go(left);
                return Ok(value);
            }
            Looked::Lead(flight) => {
                let leg = flight.leg;
                let seat = Seat::new(home, &key, flight);
                home.let_go(left);
                let built = InsideTask { leg, task: Box::pin(async { build().await }) }.await?;
                return Ok(seat.land(built));
            }
            Looked::Follow(flight, wait) => {
                home.let_go(left);
                let landing = flight.landing.arrival(|parcel: &mut Option<Landing<H::Value>>| parcel.clone());
                let landing = landing.await;
                drop(wait);
                if let Landing::Value(value) = landing {
                    return Ok(value);
                }
            }
            Looked::Alone => {
                home.let_go(left);
                let built = build().await?;
                return Ok(home.alone(key, built));
            }
        }
    }
}

/// The value of a result that cannot be an error.
pub(crate) fn never<V>(result: Result<V, Infallible>) -> V {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
