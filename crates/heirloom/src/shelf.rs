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
use heirloom_core::object::Object;
use heirloom_core::settings::Revalidate;
use heirloom_core::{Error, Recorder, Result};
use serde::Serialize;

use crate::front::Front;
use crate::in_context::InContext;
use crate::lookup::Lookup;
use crate::scope;

/// The typed side of one factory.
pub struct Shelf<K, V> {
    engine: Arc<Engine>,
    registered: Result<Arc<Registered>>,
    front: Front<K>,
    weigh: Option<fn(&V) -> u64>,
    /// Whether a live object is served without looking at its inputs again.
    trusting: bool,
}

/// A builder that is handed to one request.
type Once<'a, V> = &'a mut dyn FnMut(&Recorder) -> Result<V>;

impl<K, V> Shelf<K, V>
where
    K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(crate) fn new(engine: Arc<Engine>, recipe: Result<Recipe>, weigh: Option<fn(&V) -> u64>) -> Self {
        let trusting = recipe.as_ref().is_ok_and(|recipe| recipe.revalidate == Revalidate::Process);
        let registered = recipe.and_then(|recipe| engine.register(recipe));
        Self { engine, registered, front: Front::new(), weigh, trusting }
    }

    /// The object of a key: live, opened or built by `build`.
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
            Some(build) => build(recorder),
            None => Err(Error::invalid("a builder that is handed to one request runs once")),
        };
        let once: Once<'_, V> = &mut once;
        let served = resolve(&self.engine, &request, &mut |recorder| Ok(self.seal(once(recorder)?)))?;
        self.open(key, served)
    }

    /// The object of a key, for a task: `build` makes the future that builds it.
    ///
    /// Nothing here blocks the executor: disk and other processes are waited for on a thread of their own.
    pub async fn get_async<Q, Fut>(
        &self,
        lookup: &Q,
        mode: Mode,
        expect: Option<Arc<Traits>>,
        build: impl FnOnce(Recorder) -> Fut + Send,
    ) -> Result<Arc<V>>
    where
        Q: Lookup<K> + Sync,
        Fut: Future<Output = Result<V>> + Send,
    {
        if mode == Mode::Get
            && expect.is_none()
            && let Some(value) = self.hit(lookup)
        {
            return Ok(value);
        }
        let key = lookup.to_key();
        let request = self.request(&key, mode, expect)?;
        loop {
            let (engine, asked, context) = (Arc::clone(&self.engine), request.clone(), Context::current());
            let walked = unblock(move || match context {
                Some(context) => context.enter(|| approach(&engine, &asked)),
                None => approach(&engine, &asked),
            });
            match walked.await? {
                Approach::Served(served) => return self.open(key, served),
                Approach::Wait(waiter) => {
                    if let Some(served) = arrive(&self.engine, &request, waiter.await)? {
                        return self.open(key, served);
                    }
                }
                Approach::Build(lead) => {
                    let begun = Instant::now();
                    let context = lead.begin();
                    let future = Box::pin(build(lead.recorder().clone()));
                    let built = InContext::new(context, future).await;
                    let built = built.map(|value| self.seal(value));
                    let took = begun.elapsed();
                    let served = unblock(move || lead.land(built, took)).await?;
                    return self.open(key, served);
                }
            }
        }
    }

    /// Where the object of a key is now.
    pub fn state(&self, key: &K) -> Result<State> {
        Ok(self.engine.state(&self.request(key, scope::mode(Mode::Get), None)?))
    }

    /// What a request would come to now, and why.
    pub fn explain(&self, key: &K, expect: Option<Arc<Traits>>) -> Result<Explanation> {
        Ok(self.engine.explain(&self.request(key, scope::mode(Mode::Get), expect)?))
    }

    /// Forgets every kept version of the object of a key.
    pub fn forget(&self, key: &K) -> Result<usize> {
        self.engine.forget(&self.request(key, Mode::Get, None)?)
    }

    /// Pins or unpins every kept version of the object of a key.
    pub fn pin(&self, key: &K, pinned: bool) -> Result<usize> {
        self.engine.pin_object(&self.request(key, Mode::Get, None)?, pinned)
    }

    /// Vouches for everything that is kept of this factory: it is as good as what the present code would build.
    pub fn adopt(&self) -> Result<usize> {
        let registered = self.registered()?;
        self.engine.adopt(registered.name(), Some(registered))
    }

    /// Removes everything of this factory from memory and folder.
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
        self.front.hit(lookup, || self.engine.now())?.into_open()
    }

    fn open(&self, key: K, served: Served) -> Result<Arc<V>> {
        if let Some(slot) = served.slot
            && (self.trusting || slot.facts().dependencies.is_empty())
        {
            self.front.insert(key, slot);
        }
        served.object.into_open().ok_or_else(|| {
            let wanted = std::any::type_name::<V>();
            Error::invalid(format!(
                "the codec opened another type than `{wanted}`; give the factory its own codec"
            ))
        })
    }

    fn seal(&self, value: V) -> Object {
        let bytes = self.weigh.map_or(0, |weigh| weigh(&value));
        Object::new(Arc::new(value), bytes)
    }

    fn request(&self, key: &K, mode: Mode, expect: Option<Arc<Traits>>) -> Result<Request> {
        let registered = self.registered()?;
        let key = Key::of(registered.name(), key)?;
        Ok(Request { factory: Arc::clone(registered), key, expect, mode: scope::mode(mode) })
    }

    fn registered(&self) -> Result<&Arc<Registered>> {
        self.registered.as_ref().map_err(Clone::clone)
    }
}

impl<K, V> std::fmt::Debug for Shelf<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shelf({:?})", self.registered)
    }
}
