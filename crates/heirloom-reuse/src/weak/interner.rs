//! The interner: equal values become one object, freed when nobody holds it.
//!
//! Promises: 1. two interned values of one interner are equal exactly when they are the same object, so `==` compares
//! two pointers; 2. a value vanishes with its last holder. Refuses: values of two interners being compared by content;
//! they are never equal.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::guests::{Guests, WeakStats};
use super::held::{Guest, Place, SignOut};
use crate::sync::{Mutex, lock};

/// Makes equal values one object. A clone is another handle to the same interner.
///
/// ```
/// use heirloom_reuse::Interner;
///
/// let words = Interner::<Box<str>>::new();
/// let (one, two) = (words.intern_ref("heirloom"), words.intern_ref("heirloom"));
/// assert_eq!(one, two);                             // compares two pointers
/// assert_eq!((&**one, words.len()), ("heirloom", 1));
/// drop((one, two));
/// assert_eq!(words.len(), 0);
///
/// let points = Interner::new();                     // any hashable value
/// assert_eq!(points.intern((1, 2)), points.intern((1, 2)));
/// ```
pub struct Interner<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    guests: Mutex<Guests<T>>,
    hasher: foldhash::fast::RandomState,
}

/// A value of an [`Interner`]. Equality and hash are those of the object's address.
///
/// ```
/// let words = heirloom_reuse::Interner::<String>::new();
/// let oak = words.intern("oak".into());
/// assert_eq!((oak.len(), oak.to_uppercase()), (3, "OAK".to_owned())); // used like a `&String`
/// assert_eq!(oak, words.intern("oak".into()));
/// ```
pub struct Interned<T>(Arc<Guest<T>>);

impl<T: Send + Sync> SignOut for Shared<T> {
    fn sign_out(&self, place: Place) {
        lock(&self.guests).sign_out(place);
    }
}

impl<T: Hash + Eq + Send + Sync + 'static> Interner<T> {
    /// An empty interner.
    ///
    /// ```
    /// let words = heirloom_reuse::Interner::<Box<str>>::new();
    /// assert!(words.is_empty());
    /// ```
    pub fn new() -> Self {
        let hasher = foldhash::fast::RandomState::default();
        Self { shared: Arc::new(Shared { guests: Mutex::default(), hasher }) }
    }

    /// The one object that equals `value`; `value` itself, if there is none yet.
    ///
    /// ```
    /// let pairs = heirloom_reuse::Interner::new();
    /// let (one, other) = (pairs.intern((1, 'a')), pairs.intern((1, 'a')));
    /// assert_eq!((one == other, one.holders()), (true, 2));
    /// ```
    pub fn intern(&self, value: T) -> Interned<T> {
        let hash = self.shared.hasher.hash_one(&value);
        self.find_or_enter(hash, |other| *other == value).unwrap_or_else(|| self.enter(hash, value))
    }

    /// The one object that equals `value`, which is copied only if there is none yet.
    ///
    /// ```
    /// let words = heirloom_reuse::Interner::<Box<str>>::new();
    /// assert_eq!(words.intern_ref("oak"), words.intern_ref(&"oaks"[..3]));
    /// ```
    pub fn intern_ref<Q>(&self, value: &Q) -> Interned<T>
    where
        T: Borrow<Q> + for<'value> From<&'value Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.shared.hasher.hash_one(value);
        let found = self.find_or_enter(hash, |other| other.borrow() == value);
        found.unwrap_or_else(|| self.enter(hash, T::from(value)))
    }

    fn find_or_enter(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<Interned<T>> {
        let mut guests = lock(&self.shared.guests);
        let (found, brushed) = guests.find(hash, is_it);
        if found.is_some() {
            guests.stats.hits += 1;
        }
        drop(guests);
        drop(brushed);
        found.map(Interned)
    }

    /// Enters a value, unless somebody else was faster.
    fn enter(&self, hash: u64, value: T) -> Interned<T> {
        let table: Arc<dyn SignOut> = Arc::clone(&self.shared) as Arc<dyn SignOut>;
        let place = lock(&self.shared.guests).place(hash);
        let door = Some((Arc::downgrade(&table), place));
        let guest = Arc::new(Guest { content: value, uses: AtomicU64::new(1), door });
        let mut guests = lock(&self.shared.guests);
        let (found, brushed) = guests.find(hash, |other| *other == guest.content);
        if found.is_some() {
            guests.stats.hits += 1;
        } else {
            guests.stats.misses += 1;
            guests.stats.builds += 1;
            guests.enter(place, &guest);
        }
        drop(guests);
        drop(brushed);
        Interned(found.unwrap_or(guest))
    }

    /// Values that live.
    ///
    /// ```
    /// let words = heirloom_reuse::Interner::<Box<str>>::new();
    /// let _held = (words.intern_ref("oak"), words.intern_ref("elm"), words.intern_ref("oak"));
    /// assert_eq!(words.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.stats().live
    }

    /// Whether no value lives.
    ///
    /// ```
    /// let words = heirloom_reuse::Interner::<Box<str>>::new();
    /// words.intern_ref("oak"); // nobody holds it
    /// assert!(words.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the interner has counted.
    ///
    /// ```
    /// let words = heirloom_reuse::Interner::<Box<str>>::new();
    /// let _held = (words.intern_ref("oak"), words.intern_ref("oak"));
    /// assert_eq!((words.stats().misses, words.stats().hits), (1, 1));
    /// ```
    pub fn stats(&self) -> WeakStats {
        lock(&self.shared.guests).stats
    }
}

impl<T> Interned<T> {
    /// How many hold the object at this moment, this one included.
    ///
    /// ```
    /// let words = heirloom_reuse::Interner::<Box<str>>::new();
    /// let oak = words.intern_ref("oak");
    /// let _copy = oak.clone();
    /// assert_eq!(oak.holders(), 2);
    /// ```
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// How often an equal value was interned since this object was made.
    ///
    /// ```
    /// let words = heirloom_reuse::Interner::<Box<str>>::new();
    /// let oak = words.intern_ref("oak");
    /// words.intern_ref("oak");
    /// assert_eq!(oak.uses(), 2);
    /// ```
    pub fn uses(&self) -> u64 {
        self.0.uses.load(Ordering::Relaxed)
    }
}

impl<T: Hash + Eq + Send + Sync + 'static> Default for Interner<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Interner<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Interner<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interner({:?})", lock(&self.shared.guests).stats)
    }
}

impl<T> Clone for Interned<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Interned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.content
    }
}

impl<T> PartialEq for Interned<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Eq for Interned<T> {}

impl<T> Hash for Interned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl<T: fmt::Debug> fmt::Debug for Interned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.content.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for Interned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.content.fmt(f)
    }
}
