//! A store: an engine with its settings, shared by every factory that was made from it.
//!
//! Promises: 1. cloning shares; 2. what `heirloom.toml` says about a factory goes before what its code says.
//! Refuses: being the default by itself; see [`set_default_store`](crate::set_default_store).

use std::any::{Any, TypeId};
use std::hash::Hash;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use hashbrown::HashMap;
use heirloom_core::engine::{Engine, EngineOptions};
use heirloom_core::memory::MemoryStats;
use heirloom_core::settings::Settings;
use heirloom_core::{Error, Result};

use crate::builder::FactoryBuilder;
use crate::shelf::Shelf;
use crate::store_builder::StoreBuilder;

/// Where objects are kept: in this process's memory, and in a folder.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

pub(crate) struct Inner {
    engine: Arc<Engine>,
    settings: Settings,
    functions: Mutex<Functions>,
}

/// The `#[cached]` functions that this store has met.
#[derive(Default)]
struct Functions {
    /// Their shelves, by the type that stands for each function.
    shelves: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    /// Who has which name.
    names: HashMap<&'static str, TypeId>,
}

/// A `#[cached]` function as the linker lists it, so that an entry made from its objects can be checked before
/// the function is called.
pub struct CachedFunction {
    /// The default name of its factory.
    pub name: &'static str,
    /// Registers its factory with a store.
    pub register: fn(&Store),
}

inventory::collect!(CachedFunction);

impl Store {
    /// Opens the store in `folder`, making it where there is none. The nearest `heirloom.toml` above it counts.
    ///
    /// # Errors
    /// Those of [`StoreBuilder::open`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::builder().folder(folder.as_ref()).open()
    }

    /// A store without a folder: objects are shared within this process and gone with it.
    pub fn in_memory() -> Self {
        let options = EngineOptions::default();
        match Self::with(options, Settings::default()) {
            Ok(store) => store,
            Err(fault) => unreachable!("an engine without a disk always opens: {fault}"),
        }
    }

    /// A store with chosen budgets, folder and components.
    pub fn builder() -> StoreBuilder {
        StoreBuilder::default()
    }

    pub(crate) fn with(mut options: EngineOptions, settings: Settings) -> Result<Self> {
        let this: Arc<OnceLock<Weak<Inner>>> = Arc::default();
        let known = Arc::clone(&this);
        options.hooks.make_known = Arc::new(move |_, name, is_known| {
            if !is_known && let Some(inner) = known.get().and_then(Weak::upgrade) {
                Self(inner).register_function(name);
            }
        });
        let engine = Engine::open(options)?;
        let inner = Arc::new(Inner { engine, settings, functions: Mutex::default() });
        this.get_or_init(|| Arc::downgrade(&inner));
        Ok(Self(inner))
    }

    /// Begins a factory: everything but its builder.
    pub fn factory<V>(&self, name: impl Into<Arc<str>>) -> FactoryBuilder<V> {
        FactoryBuilder::new(self.clone(), name.into())
    }

    /// The folder of the store.
    pub fn folder(&self) -> Option<&Path> {
        self.0.engine.folder()
    }

    /// The settings that this store was opened with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The memory tier in numbers.
    pub fn memory(&self) -> MemoryStats {
        self.0.engine.memory_stats()
    }

    /// Removes everything from memory and folder, pinned entries too. Returns how many entries were kept.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the folder does not answer.
    pub fn clear(&self) -> Result<usize> {
        self.0.engine.clear(None)
    }

    /// The engine behind this store, for maintenance that this face does not wrap.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.0.engine
    }

    /// The shelf of one `#[cached]` function, for which the type `F` stands, made at its first use; for the
    /// attribute's expansion.
    #[doc(hidden)]
    pub fn shelf<F: 'static, K, V>(
        &self,
        name: &'static str,
        make: impl FnOnce(&Self) -> Shelf<K, V>,
    ) -> Arc<Shelf<K, V>>
    where
        K: serde::Serialize + Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let function = TypeId::of::<F>();
        let mut functions = self.functions();
        if let Some(shelf) = functions.shelves.get(&function).cloned()
            && let Ok(shelf) = shelf.downcast()
        {
            return shelf;
        }
        let owner = *functions.names.entry(name).or_insert(function);
        drop(functions);
        let made = Arc::new(if owner == function {
            make(self)
        } else {
            Shelf::refused(Arc::clone(self.engine()), taken(name))
        });
        // Another thread may have been faster: then its shelf is the one.
        let shelf: Arc<dyn Any + Send + Sync> = made.clone();
        let kept = Arc::clone(self.functions().shelves.entry(function).or_insert(shelf));
        kept.downcast().unwrap_or(made)
    }

    fn functions(&self) -> MutexGuard<'_, Functions> {
        self.0.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register_function(&self, name: &str) {
        for function in inventory::iter::<CachedFunction> {
            if function.name == name {
                (function.register)(self);
            }
        }
    }
}

fn taken(name: &str) -> Error {
    Error::invalid(format!(
        "two cached functions are called `{name}`, so their objects would be taken for each other's; give one of them \
         a `name = \"…\"`"
    ))
}

// A builder that panics leaves the store whole: every lock is taken back, and the seat is handed on.
impl std::panic::UnwindSafe for Store {}
impl std::panic::RefUnwindSafe for Store {}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("folder", &self.folder()).finish_non_exhaustive()
    }
}
