//! A factory: a shelf with its builder. What most programs hold on to.
//!
//! Promises: `get` hands down or builds; everything else is a question about it. Refuses: a key that is not
//! `Serialize + Hash + Eq + Clone`, at compile time.

use std::hash::Hash;
use std::sync::Arc;

use heirloom_core::engine::{Explanation, Mode, State, Stats};
use heirloom_core::identity::Traits;
use heirloom_core::{Error, Recorder, Result};
use serde::Serialize;

use crate::in_context::Boxed;
use crate::lookup::Lookup;
use crate::shelf::Shelf;

/// Makes, keeps and hands down the objects of one kind. Cloning shares.
pub struct Factory<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    shelf: Shelf<K, V>,
    build: Build<K, V>,
}

/// A builder, sync or async.
#[expect(clippy::type_complexity, reason = "plain functions behind a pointer")]
pub(crate) enum Build<K, V> {
    Sync(Arc<dyn Fn(&K, &Recorder) -> Result<V> + Send + Sync>),
    Async(Arc<dyn Fn(K, Recorder) -> Boxed<'static, Result<V>> + Send + Sync>),
}

/// A factory seen by a client that expects certain traits; see [`Factory::expect`].
pub struct Expecting<'a, K, V> {
    factory: &'a Factory<K, V>,
    traits: Arc<Traits>,
}

impl<K, V> Factory<K, V>
where
    K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(crate) fn new(shelf: Shelf<K, V>, build: Build<K, V>) -> Self {
        Self(Arc::new(Inner { shelf, build }))
    }

    /// The object of a key: handed down when it is there and still true, else built and kept.
    ///
    /// # Errors
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) with the builder's own error, never kept;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a key that cannot be serialised, a circle of builders,
    /// an async builder, or a factory that could not be registered.
    pub fn get<Q: Lookup<K>>(&self, key: &Q) -> Result<Arc<V>> {
        self.0.shelf.get(key, None, |recorder| self.build_here(&key.to_key(), recorder))
    }

    /// The object of a key, for a task: waiting blocks no executor thread, and a cancelled build hands its seat on.
    ///
    /// # Errors
    /// Those of [`Factory::get`].
    pub async fn get_async<Q: Lookup<K> + Sync>(&self, key: &Q) -> Result<Arc<V>> {
        self.walk_async(key, Mode::Get, None).await
    }

    /// Builds without reading or writing the cache.
    ///
    /// # Errors
    /// Those of [`Factory::get`].
    pub fn bypass(&self, key: &K) -> Result<Arc<V>> {
        self.walk(key, Mode::Bypass)
    }

    /// Builds again and replaces what is kept.
    ///
    /// # Errors
    /// Those of [`Factory::get`].
    pub fn refresh(&self, key: &K) -> Result<Arc<V>> {
        self.walk(key, Mode::Refresh)
    }

    /// This factory for a client that expects these traits: what lacks one is built again, without being opened.
    ///
    /// ```
    /// use heirloom::Traits;
    /// # let store = heirloom::Store::in_memory();
    /// let tables = store
    ///     .factory("tables")
    ///     .traits(|columns: &Vec<String>| Traits::new().with("columns", columns.clone()))
    ///     .build(|_: &u16| Ok::<_, std::io::Error>(vec!["carrier".to_owned(), "price".to_owned()]));
    /// assert!(tables.expect(Traits::new().with("columns", ["price"])).get(&2013).is_ok());
    /// let error = tables.expect(Traits::new().with("columns", ["delay"])).get(&2013).unwrap_err();
    /// assert!(error.to_string().contains("`delay` missing from columns"));
    /// ```
    pub fn expect(&self, traits: Traits) -> Expecting<'_, K, V> {
        Expecting { factory: self, traits: Arc::new(traits) }
    }

    /// Where the object of a key is now: absent, on disk or in memory.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a key that cannot be serialised; so below.
    pub fn state(&self, key: &K) -> Result<State> {
        self.0.shelf.state(key)
    }

    /// What `get` would come to now, and why; never builds.
    ///
    /// # Errors
    /// Those of [`Factory::state`].
    pub fn explain(&self, key: &K) -> Result<Explanation> {
        self.0.shelf.explain(key, None)
    }

    /// Forgets every kept version of the object of a key; returns how many there were.
    ///
    /// # Errors
    /// Those of [`Factory::state`], and [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the folder
    /// does not answer; so below.
    pub fn forget(&self, key: &K) -> Result<usize> {
        self.0.shelf.forget(key)
    }

    /// Keeps every version of the object of a key from eviction and collection; returns how many there are.
    ///
    /// # Errors
    /// Those of [`Factory::forget`].
    pub fn pin(&self, key: &K) -> Result<usize> {
        self.0.shelf.pin(key, true)
    }

    /// Takes [`Factory::pin`] back.
    ///
    /// # Errors
    /// Those of [`Factory::forget`].
    pub fn unpin(&self, key: &K) -> Result<usize> {
        self.0.shelf.pin(key, false)
    }

    /// Vouches that what is kept is what the present code would build; returns how many entries are bound.
    ///
    /// # Errors
    /// Those of [`Factory::forget`], and an empty factory.
    pub fn adopt(&self) -> Result<usize> {
        self.0.shelf.adopt()
    }

    /// Removes everything of this factory; returns how many entries were kept.
    ///
    /// # Errors
    /// Those of [`Factory::forget`].
    pub fn clear(&self) -> Result<usize> {
        self.0.shelf.clear()
    }

    /// What happened so far in this process, in numbers.
    pub fn stats(&self) -> Stats {
        self.0.shelf.stats()
    }

    fn walk(&self, key: &K, mode: Mode) -> Result<Arc<V>> {
        self.0.shelf.walk(key.clone(), mode, None, |recorder| self.build_here(key, recorder))
    }

    fn build_here(&self, key: &K, recorder: &Recorder) -> Result<V> {
        match &self.0.build {
            Build::Sync(build) => build(key, recorder),
            Build::Async(_) => {
                Err(Error::invalid("this factory's builder is async; ask it with `get_async`"))
            }
        }
    }

    async fn walk_async<Q: Lookup<K> + Sync>(
        &self,
        key: &Q,
        mode: Mode,
        expect: Option<Arc<Traits>>,
    ) -> Result<Arc<V>> {
        let build = |recorder: Recorder| -> Boxed<'static, Result<V>> {
            let key = key.to_key();
            match &self.0.build {
                Build::Async(build) => build(key, recorder),
                Build::Sync(build) => {
                    let (build, context) = (Arc::clone(build), heirloom_core::engine::Context::current());
                    Box::pin(blocking::unblock(move || match context {
                        Some(context) => context.enter(|| build(&key, &recorder)),
                        None => build(&key, &recorder),
                    }))
                }
            }
        };
        self.0.shelf.get_async(key, mode, expect, build).await
    }
}

impl<K, V> Expecting<'_, K, V>
where
    K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// The object of a key, with the expected traits.
    ///
    /// # Errors
    /// Those of [`Factory::get`], and an expectation that a fresh object does not meet.
    pub fn get<Q: Lookup<K>>(&self, key: &Q) -> Result<Arc<V>> {
        let build = |recorder: &Recorder| self.factory.build_here(&key.to_key(), recorder);
        self.factory.0.shelf.get(key, Some(&self.traits), build)
    }

    /// The object of a key, with the expected traits, for a task.
    ///
    /// # Errors
    /// Those of [`Expecting::get`].
    pub async fn get_async<Q: Lookup<K> + Sync>(&self, key: &Q) -> Result<Arc<V>> {
        self.factory.walk_async(key, Mode::Get, Some(Arc::clone(&self.traits))).await
    }

    /// What `get` would come to now, and why.
    ///
    /// # Errors
    /// Those of [`Factory::state`].
    pub fn explain(&self, key: &K) -> Result<Explanation> {
        self.factory.0.shelf.explain(key, Some(Arc::clone(&self.traits)))
    }
}

impl<K, V> Clone for Factory<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> std::fmt::Debug for Factory<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Factory({:?})", self.0.shelf)
    }
}
