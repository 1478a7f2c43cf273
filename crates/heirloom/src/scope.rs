//! Which store a `#[cached]` function uses: that of the scope, else the default one.
//!
//! Promises: 1. the default store is opened when it is first needed, never at start-up; 2. a default store that
//! cannot be opened costs a warning and a memory-only store, never the request; 3. scopes nest and end with a
//! panic too; 4. inside [`disabled`] everything is off, also below a store that is set further in. Refuses: crossing
//! threads by itself; a scope belongs to its thread, and [`carried`](crate::carried) takes it along.

use std::cell::{Cell, RefCell};
use std::sync::{PoisonError, RwLock};

use heirloom_core::engine::Mode;
use heirloom_core::settings::Settings;

use crate::store::Store;
use crate::surroundings;

static DEFAULT: RwLock<Option<Store>> = RwLock::new(None);

thread_local! {
    static SCOPES: RefCell<Vec<Scope>> = const { RefCell::new(Vec::new()) };
    /// Whether one of them is `Disabled`: a cell without a destructor, which a hit reads at no cost.
    static OFF: Cell<bool> = const { Cell::new(false) };
}

#[derive(Clone)]
enum Scope {
    Store(Store),
    Disabled,
}

impl Scope {
    fn is_disabled(&self) -> bool {
        matches!(self, Self::Disabled)
    }
}

/// The scopes of one place, the outermost first.
#[derive(Clone, Default)]
pub(crate) struct Scopes(Vec<Scope>);

impl Scopes {
    /// Those of this place.
    pub(crate) fn here() -> Self {
        Self(SCOPES.with_borrow(Clone::clone))
    }

    /// Runs `work` in these scopes and no others.
    pub(crate) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Back(Vec<Scope>);
        impl Drop for Back {
            fn drop(&mut self) {
                let left = replace(std::mem::take(&mut self.0));
                drop(left);
            }
        }
        let _back = Back(replace(self.0.clone()));
        work()
    }
}

/// Runs `work` with `store` as the store of every `#[cached]` function on this thread.
///
/// An `async` function takes the store of the place where it is called, not of the place where it is awaited; a
/// future or a thread of your own takes it along by [`carried`](crate::carried), or by calling this again.
///
/// ```
/// # #[heirloom::cached]
/// # fn slow(x: u32) -> u32 { x + 1 }
/// let store = heirloom::Store::in_memory();
/// heirloom::with_store(&store, || assert_eq!(*slow(1).unwrap(), 2));
/// ```
pub fn with_store<R>(store: &Store, work: impl FnOnce() -> R) -> R {
    within(Scope::Store(store.clone()), work)
}

/// Runs `work` with the cache switched off on this thread: every request builds, nothing is read or kept.
///
/// ```
/// # #[heirloom::cached]
/// # fn slow(x: u32) -> u32 { x + 1 }
/// let store = heirloom::Store::in_memory();
/// heirloom::with_store(&store, || {
///     heirloom::disabled(|| assert_eq!(*slow(1).unwrap(), 2));
///     assert_eq!(slow::state(1).unwrap(), heirloom::State::Absent);
/// });
/// ```
pub fn disabled<R>(work: impl FnOnce() -> R) -> R {
    within(Scope::Disabled, work)
}

/// Makes `store` the default of the whole process, in place of the one that `heirloom.toml` names.
pub fn set_default_store(store: Store) {
    let old = DEFAULT.write().unwrap_or_else(PoisonError::into_inner).replace(store);
    drop(old);
}

/// What switches the cache off here, if anything does.
pub(crate) fn off() -> Option<String> {
    if surroundings::switched_off() {
        return Some("HEIRLOOM_DISABLE".into());
    }
    off_here().then(|| "heirloom::disabled".into())
}

/// Whether the cache is switched off here; the cheap question of the hit path.
#[inline]
pub(crate) fn off_here() -> bool {
    OFF.get() || surroundings::switched_off()
}

/// `mode`, unless the cache is switched off here.
pub(crate) fn mode(mode: Mode) -> Mode {
    off().map_or(mode, Mode::Off)
}

fn within<R>(scope: Scope, work: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            let left = SCOPES.with_borrow_mut(Vec::pop);
            note_off();
            drop(left);
        }
    }
    SCOPES.with_borrow_mut(|scopes| scopes.push(scope));
    let _leave = Leave;
    note_off();
    work()
}

/// Puts other scopes in the place of this thread's.
fn replace(scopes: Vec<Scope>) -> Vec<Scope> {
    let old = SCOPES.replace(scopes);
    note_off();
    old
}

fn note_off() {
    OFF.set(SCOPES.with_borrow(|scopes| scopes.iter().any(Scope::is_disabled)));
}

/// The store of this scope, else the default one.
pub fn current_store() -> Store {
    let scoped = SCOPES.with_borrow(|scopes| {
        scopes.iter().rev().find_map(|scope| match scope {
            Scope::Store(store) => Some(store.clone()),
            Scope::Disabled => None,
        })
    });
    scoped.unwrap_or_else(default)
}

fn default() -> Store {
    if let Some(store) = &*DEFAULT.read().unwrap_or_else(PoisonError::into_inner) {
        return store.clone();
    }
    let mut default = DEFAULT.write().unwrap_or_else(PoisonError::into_inner);
    default.get_or_insert_with(open_default).clone()
}

/// The store that `HEIRLOOM_STORE` names, else the nearest `heirloom.toml`, else the user's cache directory; the order
/// of the command line.
fn open_default() -> Store {
    let file = surroundings::current_dir().and_then(|folder| Settings::find(&folder));
    let settings = file.map(|file| Settings::read(&file)).transpose();
    let opened = settings.and_then(|settings| {
        let folder = surroundings::named_store();
        let folder = if settings.is_none() { folder.or_else(surroundings::user_cache) } else { folder };
        let builder = match (settings, folder) {
            (None, None) => return Ok(Store::in_memory()),
            (Some(settings), None) => Store::builder().settings(settings),
            (None, Some(folder)) => Store::builder().folder(folder),
            (Some(settings), Some(folder)) => Store::builder().settings(settings).folder(folder),
        };
        builder.open()
    });
    opened.unwrap_or_else(|error| {
        surroundings::warn(&format!("{error}; this process keeps its objects in memory only"));
        Store::in_memory()
    })
}
