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
use crate::shelf::{Shelf, Work};

/// Makes, keeps and hands down the objects of one kind. Cloning shares.
pub struct Factory<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    shelf: Shelf<K, V>,
    build: Build<K, V>,
}

/// A builder for a thread.
pub(crate) type SyncBuild<K, V> = Arc<dyn Fn(&K, &Recorder) -> Result<V> + Send + Sync>;

/// A builder for a task.
pub(crate) type AsyncBuild<K, V> = Arc<dyn Fn(K, Recorder) -> Boxed<'static, Result<V>> + Send + Sync>;

/// A builder, sync or async.
pub(crate) enum Build<K, V> {
    Sync(SyncBuild<K, V>),
    Async(AsyncBuild<K, V>),
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
        let build = self.sync()?;
        self.0.shelf.get(key, None, |recorder| build(&key.to_key(), recorder))
    }

    /// The object of a key, for a task: waiting blocks no executor thread, and a cancelled build hands its seat on.
    /// A builder that is a slow function runs on a thread of its own.
    ///
    /// ```
    /// # let store = heirloom::Store::in_memory();
    /// let doubles = store.factory("doubles").build_async(|n: u64, _| async move { Ok::<_, std::io::Error>(n * 2) });
    /// assert_eq!(*smol::block_on(doubles.get_async(&21))?, 42);
    /// # Ok::<(), heirloom::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Factory::get`].
    pub fn get_async<'a, Q: Lookup<K> + Sync>(
        &'a self,
        key: &'a Q,
    ) -> impl Future<Output = Result<Arc<V>>> + Send {
        self.walk_in_a_task(key, None)
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
        let build = self.sync()?;
        self.0.shelf.walk(key.clone(), mode, None, |recorder| build(key, recorder))
    }

    /// The builder, when a thread may run it. Refused before the road, so that nobody who waits gets this error.
    fn sync(&self) -> Result<&SyncBuild<K, V>> {
        match &self.0.build {
            Build::Sync(build) => Ok(build),
            Build::Async(_) => {
                Err(Error::invalid("this factory's builder is async; ask it with `get_async`"))
            }
        }
    }

    fn walk_in_a_task<'a, Q: Lookup<K> + Sync>(
        &'a self,
        key: &'a Q,
        expect: Option<Arc<Traits>>,
    ) -> impl Future<Output = Result<Arc<V>>> + Send {
        self.0.shelf.in_a_task(key, Mode::Get, expect, || match &self.0.build {
            Build::Async(build) => Work::Task(Box::new(|recorder| build(key.to_key(), recorder))),
            Build::Sync(build) => {
                let (build, key) = (Arc::clone(build), key.to_key());
                Work::Thread(Box::new(move |recorder| build(&key, recorder)))
            }
        })
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
        let build = self.factory.sync()?;
        self.factory.0.shelf.get(key, Some(&self.traits), |recorder| build(&key.to_key(), recorder))
    }

    /// The object of a key, with the expected traits, for a task.
    ///
    /// # Errors
    /// Those of [`Expecting::get`].
    pub fn get_async<'a, Q: Lookup<K> + Sync>(
        &'a self,
        key: &'a Q,
    ) -> impl Future<Output = Result<Arc<V>>> + Send {
        self.factory.walk_in_a_task(key, Some(Arc::clone(&self.traits)))
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

// As for the store.
impl<K, V> std::panic::UnwindSafe for Factory<K, V> {}
impl<K, V> std::panic::RefUnwindSafe for Factory<K, V> {}

impl<K, V> std::fmt::Debug for Factory<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Factory({:?})", self.0.shelf)
    }
}
