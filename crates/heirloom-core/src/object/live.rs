//! A live object, sealed: the engine can hold it, weaken it and hand it on, and never looks inside.
//!
//! Promises: 1. whoever asks gets the very same object, never a copy; 2. nobody is its sole owner, so dropping
//! the engine's hold never breaks a client's. Refuses: any bound on the type but `Send + Sync`.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};

/// A shared, immutable object of a type only its face knows.
#[derive(Clone)]
pub struct Object {
    live: Arc<dyn Any + Send + Sync>,
    /// 0 while nobody has said.
    bytes: u64,
    /// What it takes at least: the size of its type.
    least: u64,
    /// How a face finds the object again when its clients do not hold it by `Arc`.
    echo: Option<MakeEcho>,
}

/// Makes the way back to an object.
pub type MakeEcho = fn(&Object) -> Box<dyn Echo>;

/// What is left of an object after the memory tier let go: enough to find it while somebody still holds it.
pub trait Echo: Send + Sync {
    /// The very object, while any client holds it.
    fn revive(&self) -> Option<Object>;

    /// Whether any client holds it still; must not hold it itself, not even for a moment.
    fn is_alive(&self) -> bool;
}

impl Object {
    /// Seals a value that weighs `bytes` in memory; 0 lets the engine weigh it by its sealed length, or by the size of its
    /// type where it is not sealed.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use heirloom_core::object::Object;
    /// let table = Arc::new(vec![1, 2, 3]);
    /// let object = Object::new(Arc::clone(&table), 24);
    /// assert!(Arc::ptr_eq(&object.open::<Vec<i32>>().unwrap(), &table));
    /// assert!(object.open::<String>().is_none());
    /// ```
    pub fn new<V: Any + Send + Sync>(value: Arc<V>, bytes: u64) -> Self {
        Self { live: value, bytes, least: least::<V>(), echo: None }
    }

    /// Seals a value whose clients do not hold it by `Arc` (a Python object): `echo` says how to find it again.
    pub fn with_echo<V: Any + Send + Sync>(value: Arc<V>, bytes: u64, echo: MakeEcho) -> Self {
        Self { live: value, bytes, least: least::<V>(), echo: Some(echo) }
    }

    /// The value, when it is of type `V`.
    pub fn open<V: Any + Send + Sync>(&self) -> Option<Arc<V>> {
        Arc::clone(&self.live).downcast().ok()
    }

    /// The value, when it is of type `V`, without counting one holder more.
    pub fn into_open<V: Any + Send + Sync>(self) -> Option<Arc<V>> {
        self.live.downcast().ok()
    }

    /// What it weighs in memory, in bytes; while nobody has said, the size of its type, and never nothing: what
    /// weighs nothing would not be bounded by any budget.
    pub fn bytes(&self) -> u64 {
        if self.bytes == 0 { self.least } else { self.bytes }
    }

    /// The same object, weighing `bytes` when nobody has said what it weighs.
    #[must_use]
    pub fn weighing(self, bytes: u64) -> Self {
        if self.bytes == 0 { Self { bytes, ..self } } else { self }
    }

    /// Lets go of the object but keeps the way back to it.
    pub fn fainter(&self) -> Faint {
        match self.echo {
            None => Faint::Weak { live: Arc::downgrade(&self.live), bytes: self.bytes() },
            Some(echo) => Faint::Echo(echo(self)),
        }
    }

    /// Whether both are the very same object in memory.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.live, &other.live)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} bytes)", self.bytes())
    }
}

fn least<V>() -> u64 {
    (size_of::<V>() as u64).max(1)
}

/// The way back to an object that nobody holds on its account.
pub enum Faint {
    /// By the count of its `Arc`; needs no memory of its own.
    Weak {
        /// The object, not held.
        live: Weak<dyn Any + Send + Sync>,
        /// What it weighs.
        bytes: u64,
    },
    /// By a face's own means.
    Echo(Box<dyn Echo>),
}

impl Faint {
    /// The very object, while any client holds it.
    pub fn revive(&self) -> Option<Object> {
        match self {
            Self::Weak { live, bytes } => {
                Some(Object { live: live.upgrade()?, bytes: *bytes, least: *bytes, echo: None })
            }
            Self::Echo(echo) => echo.revive(),
        }
    }

    /// Whether any client holds it still; does not hold it itself, not even for a moment.
    pub fn is_alive(&self) -> bool {
        match self {
            Self::Weak { live, .. } => live.strong_count() > 0,
            Self::Echo(echo) => echo.is_alive(),
        }
    }
}

impl fmt::Debug for Faint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faint({})", if self.is_alive() { "alive" } else { "gone" })
    }
}
