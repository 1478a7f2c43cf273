//! A shelf: the typed side of one factory, without its builder. Both [`Factory`](crate::Factory) and `#[cached]`
//! stand on it.
//!
//! On the road: the front table, then the engine's [`resolve`](heirloom_core::engine::resolve). Promises: 1. a hit
//! never leaves this file and the front table; 2. sync and async walk the same road. Refuses: any decision.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use blocking::unblock;
use heirloom_core::engine::{
    Approach, Context, Engine, Explanation, Factory as Registered, Mode, Recipe, Request, Served, State,
    Stats, approach, arrive, resolve,
};
use heirloom_core::identity::{Key, Traits};
use heirloom_core::memory::Pulse;
use heirloom_core::object::Object;
use heirloom_core::settings::Revalidate;
use heirloom_core::{Error, Recorder, Result};
use serde::Serialize;

use crate::front::Front;
use crate::in_context::{Boxed, Surroundings};
use crate::lookup::Lookup;
use crate::scope;

/// The typed side of one factory.
pub struct Shelf<K, V> {
    engine: Arc<Engine>,
    registered: Result<Arc<Registered>>,
    front: Front<K, V>,
    pulse: Arc<Pulse>,
    weigh: Option<fn(&V) -> u64>,
    /// Whether a live object is served without looking at its inputs again.
    trusting: bool,
}

/// The builder of a request that is made by a task.
#[expect(clippy::type_complexity, reason = "plain functions behind a pointer")]
pub(crate) enum Work<'a, V> {
    /// A future.
    Task(Box<dyn FnOnce(Recorder) -> Boxed<'a, Result<V>> + Send + 'a>),
    /// A slow function: it runs on a thread of its own, and to its end also when the task is cancelled.
    Thread(Box<dyn FnOnce(&Recorder) -> Result<V> + Send>),
}

impl<K, V> Shelf<K, V>
where
    K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(crate) fn new(engine: Arc<Engine>, recipe: Result<Recipe>, weigh: Option<fn(&V) -> u64>) -> Self {
        let trusting = recipe.as_ref().is_ok_and(|recipe| recipe.revalidate == Revalidate::Process);
        let registered = recipe.and_then(|recipe| engine.register(recipe));
        Self::of(engine, registered, weigh, trusting)
    }

    /// A shelf that answers every request with this error.
    pub(crate) fn refused(engine: Arc<Engine>, error: Error) -> Self {
        Self::of(engine, Err(error), None, false)
    }

    fn of(
        engine: Arc<Engine>,
        registered: Result<Arc<Registered>>,
        weigh: Option<fn(&V) -> u64>,
        trusting: bool,
    ) -> Self {
        let pulse = Arc::clone(engine.pulse());
        Self { engine, registered, front: Front::new(), pulse, weigh, trusting }
    }

    /// The object of a key: live, opened or built by `build`.
    ///
    /// # Errors
    /// Those of [`Factory::get`](crate::Factory::get).
    pub fn get<Q: Lookup<K>>(
        &self,
        lookup: &Q,
        expect: Option<&Arc<Traits>>,
        build: impl FnOnce(&Recorder) -> Result<V>,
    ) -> Result<Arc<V>> {
        if expect.is_none()
            && let Some(value) = self.hit(lookup)
        {
            return Ok(value);
        }
        self.walk(lookup.to_key(), Mode::Get, expect.cloned(), build)
    }

    /// Asks by any mode; what a `#[cached]` function's expansion calls.
    ///
    /// # Errors
    /// Those of [`Factory::get`](crate::Factory::get).
    pub fn ask<Q: Lookup<K>>(
        &self,
        lookup: &Q,
        mode: Mode,
        expect: Option<Arc<Traits>>,
        build: impl FnOnce(&Recorder) -> Result<V>,
    ) -> Result<Arc<V>> {
        match mode {
            Mode::Get => self.get(lookup, expect.as_ref(), build),
            other => self.walk(lookup.to_key(), other, expect, build),
        }
    }

    /// Walks the engine's road.
    pub(crate) fn walk(
        &self,
        key: K,
        mode: Mode,
        expect: Option<Arc<Traits>>,
        build: impl FnOnce(&Recorder) -> Result<V>,
    ) -> Result<Arc<V>> {
        let request = self.request(&key, mode, expect)?;
        let mut build = Some(build);
        let mut once = |recorder: &Recorder| match build.take() {
            Some(build) => Ok(seal(build(recorder)?, self.weigh)),
            None => Err(ran_twice()),
        };
        let served = resolve(&self.engine, &request, &mut once)?;
        self.open(key, served)
    }

    /// The object of a key, for a task: `build` makes the future that builds it.
    ///
    /// Nothing here blocks the executor: disk and other processes are waited for on a thread of their own. The
    /// surroundings are those of the call, not those of the first poll.
    pub fn get_async<'a, Q, Fut>(
        &'a self,
        lookup: &'a Q,
        mode: Mode,
        expect: Option<Arc<Traits>>,
        build: impl FnOnce(Recorder) -> Fut + Send + 'a,
    ) -> impl Future<Output = Result<Arc<V>>> + Send
    where
        Q: Lookup<K> + Sync,
        Fut: Future<Output = Result<V>> + Send + 'a,
    {
        self.in_a_task(lookup, mode, expect, || {
            Work::Task(Box::new(move |recorder| Box::pin(build(recorder))))
        })
    }

    /// The object of a key, for a task; `work` is made on a miss only.
    pub(crate) fn in_a_task<'a, Q: Lookup<K> + Sync>(
        &'a self,
        lookup: &'a Q,
        mode: Mode,
        expect: Option<Arc<Traits>>,
        work: impl FnOnce() -> Work<'a, V> + Send,
    ) -> impl Future<Output = Result<Arc<V>>> + Send {
        let here = Surroundings::here();
        async move {
            let plain = mode == Mode::Get && expect.is_none();
            if plain && let Some(value) = here.enter(|| self.hit(lookup)) {
                return Ok(value);
            }
            let road = Box::pin(self.walk_in_a_task(lookup.to_key(), mode, expect, work()));
            here.carry(road).await
        }
    }

    async fn walk_in_a_task(
        &self,
        key: K,
        mode: Mode,
        expect: Option<Arc<Traits>>,
        work: Work<'_, V>,
    ) -> Result<Arc<V>> {
        let request = self.request(&key, mode, expect)?;
        let lead = loop {
            let (engine, asked) = (Arc::clone(&self.engine), request.clone());
            match on_a_thread(move || approach(&engine, &asked)).await? {
                Approach::Served(served) => return self.open(key, served),
                Approach::Build(lead) => break lead,
                Approach::Wait(wait) => {
                    if let Some(served) = arrive(&self.engine, &request, wait.await)? {
                        return self.open(key, served);
                    }
                }
            }
        };
        let weigh = self.weigh;
        let served = match work {
            Work::Thread(build) => {
                let mut build = Some(build);
                let mut once = move |recorder: &Recorder| match build.take() {
                    Some(build) => Ok(seal(build(recorder)?, weigh)),
                    None => Err(ran_twice()),
                };
                on_a_thread(move || lead.build(&mut once)).await?
            }
            Work::Task(build) => {
                let begun = Instant::now();
                // The declared inputs are read here.
                let (lead, context) = on_a_thread(move || {
                    let context = lead.begin();
                    (lead, context)
                })
                .await;
                let inside = Surroundings::here().inside(context);
                let future = inside.enter(|| build(lead.recorder().clone()));
                let built = inside.carry(future).await.map(|value| seal(value, weigh));
                let took = begun.elapsed();
                on_a_thread(move || lead.land(built, took)).await?
            }
        };
        self.open(key, served)
    }

    /// Where the object of a key is now.
    ///
    /// # Errors
    /// Those of [`Factory::state`](crate::Factory::state).
    pub fn state(&self, key: &K) -> Result<State> {
        Ok(self.engine.state(&self.request(key, scope::mode(Mode::Get), None)?))
    }

    /// What a request would come to now, and why.
    ///
    /// # Errors
    /// Those of [`Factory::explain`](crate::Factory::explain).
    pub fn explain(&self, key: &K, expect: Option<Arc<Traits>>) -> Result<Explanation> {
        Ok(self.engine.explain(&self.request(key, scope::mode(Mode::Get), expect)?))
    }

    /// Forgets every kept version of the object of a key.
    ///
    /// # Errors
    /// Those of [`Factory::forget`](crate::Factory::forget).
    pub fn forget(&self, key: &K) -> Result<usize> {
        self.engine.forget(&self.request(key, Mode::Get, None)?)
    }

    /// Pins or unpins every kept version of the object of a key.
    ///
    /// # Errors
    /// Those of [`Factory::pin`](crate::Factory::pin).
    pub fn pin(&self, key: &K, pinned: bool) -> Result<usize> {
        self.engine.pin_object(&self.request(key, Mode::Get, None)?, pinned)
    }

    /// Vouches for everything that is kept of this factory: it is as good as what the present code would build.
    ///
    /// # Errors
    /// Those of [`Factory::adopt`](crate::Factory::adopt).
    pub fn adopt(&self) -> Result<usize> {
        let registered = self.registered()?;
        self.engine.adopt(registered.name(), Some(registered))
    }

    /// Removes everything of this factory from memory and folder.
    ///
    /// # Errors
    /// Those of [`Factory::clear`](crate::Factory::clear).
    pub fn clear(&self) -> Result<usize> {
        self.engine.clear(Some(self.registered()?.name()))
    }

    /// The counters of this factory in this process.
    pub fn stats(&self) -> Stats {
        self.registered.as_ref().map(|registered| self.engine.stats(registered)).unwrap_or_default()
    }

    /// A live object that needs no second look.
    #[inline]
    fn hit(&self, lookup: &impl Lookup<K>) -> Option<Arc<V>> {
        // Inside a build the hit must be recorded, and where the cache is off it must not be one.
        if Context::is_active() || scope::off_here() {
            return None;
        }
        self.front.hit(lookup, &self.pulse, || self.engine.now())
    }

    fn open(&self, key: K, served: Served) -> Result<Arc<V>> {
        let value: Arc<V> = served.object.into_open().ok_or_else(|| {
            let wanted = std::any::type_name::<V>();
            Error::invalid(format!(
                "the codec opened another type than `{wanted}`; give the factory its own codec"
            ))
        })?;
        if let Some(slot) = served.slot
            && (self.trusting || slot.facts().dependencies.is_empty())
            && !self.registered.as_ref().is_ok_and(|registered| registered.is_recorded())
        {
            self.front.insert(key, &slot, Arc::clone(&value));
        }
        Ok(value)
    }

    fn request(&self, key: &K, mode: Mode, expect: Option<Arc<Traits>>) -> Result<Request> {
        let registered = self.registered()?;
        let key = Key::of(registered.name(), key)?;
        Ok(Request { factory: Arc::clone(registered), key, expect, mode: scope::mode(mode), call: None })
    }

    fn registered(&self) -> Result<&Arc<Registered>> {
        self.registered.as_ref().map_err(Clone::clone)
    }
}

/// Runs what may block on a thread of its own, in the surroundings of this place.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let here = Surroundings::here();
    unblock(move || here.enter(work)).await
}

fn seal<V: Send + Sync + 'static>(value: V, weigh: Option<fn(&V) -> u64>) -> Object {
    let bytes = weigh.map_or(0, |weigh| weigh(&value));
    Object::new(Arc::new(value), bytes)
}

fn ran_twice() -> Error {
    Error::invalid("a builder that is handed to one request runs once")
}

impl<K, V> std::fmt::Debug for Shelf<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shelf({:?})", self.registered)
    }
}
