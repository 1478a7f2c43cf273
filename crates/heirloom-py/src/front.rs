//! The front table: from a call's own arguments straight to the resident entry, without encoding or digest.
//!
//! Promises: 1. arguments match by type and value, deeply, so `1`, `1.0` and `True` never meet; an object that was changed
//! since is another one; 2. no Python code runs while the table is looked at. Refuses: keeping objects alive; the engine
//! empties a slot when it evicts, and arguments are kept as `shape.rs` takes them apart.

#![expect(
    unsafe_code,
    reason = "arguments come as raw pointers, and the interpreter's lock guards the table"
)]

use std::cell::UnsafeCell;
use std::sync::Arc;

use hashbrown::HashTable;
use heirloom_core::Timestamp;
use heirloom_core::memory::Slot;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::guards::Guards;
use crate::hand_made::Own;
use crate::held::Held;
use crate::plans::Plans;
use crate::shape::{Look, Shape, Unready};
use crate::simple::{self, turned};

/// Classes and objects of one call that are seen to before it takes the whole road.
const READY_MAX: usize = 64;

/// Calls with more arguments than this take the slow road where some arguments are ignored.
const ARGUMENTS_MAX: usize = 16;

/// The calls of one factory that were answered before, as they were spelt.
pub(crate) struct Front {
    table: UnsafeCell<Table>,
    ignored: Ignored,
    plans: Plans,
}

/// Parameters that do not count: by place (one bit each) and by name.
#[derive(Default)]
pub(crate) struct Ignored {
    places: u64,
    names: Vec<Own>,
}

// SAFETY: the table is reached only with the interpreter attached, for the length of one look, in which no code of
// anybody's runs. The module announces that it needs the interpreter's lock.
unsafe impl Send for Front {}
// SAFETY: as above.
unsafe impl Sync for Front {}

#[derive(Default)]
struct Table {
    calls: HashTable<Resident>,
    /// Insertions since the dead were swept out.
    unswept: usize,
}

/// The arguments of a call: the positional values, then the named ones; and the names.
#[derive(Clone, Copy)]
pub(crate) struct Spelling<'a> {
    pub(crate) values: &'a [*mut ffi::PyObject],
    pub(crate) names: &'a [*mut ffi::PyObject],
}

/// A call as it was spelt, kept.
pub(crate) struct Spelt {
    hash: u64,
    values: Box<[Shape]>,
    names: Box<[Own]>,
}

/// What a live object stands and falls with, beyond its slot: all must hold.
pub(crate) type Standing = Arc<[Py<Guards>]>;

struct Resident {
    spelt: Spelt,
    slot: Arc<Slot>,
    /// The object, for as long as the slot says that it is resident.
    object: *mut ffi::PyObject,
    watched: bool,
    standing: Option<Standing>,
    ends: Timestamp,
}

/// What a look at the table found.
pub(crate) enum Hit {
    /// The object, counted; borrowed.
    Object(*mut ffi::PyObject),
    /// An object that could have been changed by a client, or that was made with code that may have been: to be looked at
    /// first.
    Watched(Arc<Slot>, Option<Standing>),
}

impl Front {
    /// An empty table of a function some of whose parameters do not count; `code` says whether that of classes does.
    pub(crate) fn new(ignored: Ignored, code: bool) -> Self {
        Self { table: UnsafeCell::default(), ignored, plans: Plans::new(code) }
    }

    /// A hit: the live object, unless it is gone or its lifetime is over. `now` is asked only where one ends.
    ///
    /// # Safety
    /// The interpreter is attached, and the arguments are alive.
    #[inline]
    pub(crate) unsafe fn hit(&self, call: Spelling<'_>, now: impl FnOnce() -> Timestamp) -> Option<Hit> {
        if self.ignored.is_empty() {
            // SAFETY: promised by the caller.
            return unsafe { self.find(call, now) };
        }
        // SAFETY: promised by the caller.
        self.ignored.without(call, |call| unsafe { self.find(call, now) })?
    }

    #[inline]
    unsafe fn find(&self, call: Spelling<'_>, now: impl FnOnce() -> Timestamp) -> Option<Hit> {
        let mut look = Look::new(&self.plans);
        // SAFETY: promised by the caller.
        let hash = match unsafe { call.hash(&mut look) } {
            Some(hash) => hash,
            // SAFETY: as above.
            None => unsafe { self.hash_when_ready(call, look.unready) }?,
        };
        // SAFETY: with the interpreter attached the table is ours, and nothing below runs code of anybody's.
        let table = unsafe { &*self.table.get() };
        // SAFETY: as above.
        let resident =
            table.calls.find(hash, |resident| unsafe { resident.spelt.is(hash, call, &mut look) })?;
        if resident.ends != Timestamp::NEVER && resident.ends <= now() {
            return None;
        }
        if resident.watched || resident.standing.as_deref().is_some_and(|guards| !hold_at_a_glance(guards)) {
            return Some(Hit::Watched(Arc::clone(&resident.slot), resident.standing.clone()));
        }
        // An evicted object is let go by somebody who has the interpreter, so a resident one is alive until we leave.
        resident.slot.hit_in_place().then_some(Hit::Object(resident.object))
    }

    /// The hash of a call of which an object keeps its attributes where they cannot be read in place.
    #[cold]
    unsafe fn hash_when_ready(&self, call: Spelling<'_>, mut unready: Unready) -> Option<u64> {
        while let Unready::Attributes(object) = unready {
            // SAFETY: the object hangs on an argument, and is held while its attributes are made: that may run code.
            unsafe {
                ffi::Py_INCREF(object);
                let dict = ffi::PyObject_GenericGetDict(object, std::ptr::null_mut());
                ffi::Py_XDECREF(dict);
                ffi::Py_DECREF(object);
                if dict.is_null() {
                    ffi::PyErr_Clear();
                    return None;
                }
                let mut look = Look::new(&self.plans);
                let hash = call.hash(&mut look);
                if hash.is_some() {
                    return hash;
                }
                unready = look.unready;
            }
        }
        None
    }

    /// Keeps how a call is spelt, before anything of it can change; `None` when it cannot be kept.
    pub(crate) fn spell(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<Spelt>> {
        let py = args.py();
        // Each turn sees to one thing that was not ready.
        for _ in 0..READY_MAX {
            let unready = match self.spelled(args, kwargs, Self::keep) {
                Ok(spelt) => return Ok(Some(spelt)),
                Err(Unready::Never) => return Ok(None),
                Err(unready) => unready,
            };
            // SAFETY: what is named hangs on an argument, and nothing ran since it was.
            let made = unsafe {
                match unready {
                    Unready::Class(class) => {
                        let class = Bound::from_borrowed_ptr(py, class.cast()).cast_into::<PyType>();
                        self.plans.look(&class.map_err(PyErr::from)?)?
                    }
                    Unready::Attributes(object) => {
                        Bound::from_borrowed_ptr(py, object).getattr("__dict__").is_ok()
                    }
                    Unready::Never => false,
                }
            };
            if !made {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Whether a call is still as it was spelt.
    pub(crate) fn is_still(
        &self,
        spelt: &Spelt,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> bool {
        let same = |front: &Self, call: Spelling<'_>| {
            // SAFETY: the caller holds the values, and the interpreter is attached.
            Ok(unsafe { spelt.is(spelt.hash, call, &mut Look::new(&front.plans)) })
        };
        self.spelled(args, kwargs, same).unwrap_or(false)
    }

    /// Goes on with what counts of a call.
    fn spelled<R>(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        then: impl FnOnce(&Self, Spelling<'_>) -> Result<R, Unready>,
    ) -> Result<R, Unready> {
        let (mut values, mut names) = (Vec::new(), Vec::new());
        values.extend(args.iter_borrowed().map(Borrowed::as_ptr));
        for (name, value) in kwargs.into_iter().flat_map(PyDictMethods::iter) {
            names.push(name.as_ptr());
            values.push(value.as_ptr());
        }
        let call = Spelling { values: &values, names: &names };
        self.ignored.without(call, |call| then(self, call)).unwrap_or(Err(Unready::Never))
    }

    fn keep(&self, call: Spelling<'_>) -> Result<Spelt, Unready> {
        let mut look = Look::new(&self.plans);
        // SAFETY: the caller holds the values, and the interpreter is attached.
        unsafe {
            let Some(hash) = call.hash(&mut look) else { return Err(look.unready) };
            let mut look = Look::new(&self.plans);
            let values: Option<_> = call.values.iter().map(|value| look.take(*value)).collect();
            let names = call.names.iter().map(|name| Own::take(*name)).collect();
            values.map(|values| Spelt { hash, values, names }).ok_or(look.unready)
        }
    }

    /// Remembers where the object of a call lives.
    pub(crate) fn insert(&self, spelt: Spelt, slot: Arc<Slot>, held: &Held, standing: Option<Standing>) {
        let ends = slot.facts().ends;
        let (object, watched) = (held.value().as_ptr(), held.is_watched());
        let hash = spelt.hash;
        let fresh = Resident { spelt, slot, object, watched, standing, ends };
        // Dropped at the end: the last hold on an object may be among them, and its end is Python code.
        let mut dropped = Vec::new();
        // SAFETY: with the interpreter attached the table is ours; nothing is dropped while it is borrowed.
        let table = unsafe { &mut *self.table.get() };
        table.unswept += 1;
        if table.unswept > 32 + table.calls.len() / 2 {
            table.unswept = 0;
            dropped.extend(table.calls.extract_if(|resident| !resident.slot.is_resident()));
        }
        let old = table.calls.find_entry(hash, |resident| resident.spelt.equals(&fresh.spelt));
        if let Ok(old) = old {
            dropped.push(old.remove().0);
        }
        table.calls.insert_unique(hash, fresh, |resident| resident.spelt.hash);
        drop(dropped);
    }

    /// Lets go of every call.
    pub(crate) fn clear(&self, _py: Python<'_>) {
        // SAFETY: with the interpreter attached the table is ours, for the length of the exchange.
        let table = unsafe { std::mem::take(&mut *self.table.get()) };
        drop(table);
    }
}

impl Ignored {
    /// Adds the parameter of a name; `place` is where it stands when it can be given by position.
    pub(crate) fn add(&mut self, name: &Bound<'_, PyAny>, place: Option<usize>) {
        // SAFETY: the name is alive, and the interpreter attached.
        self.names.push(unsafe { Own::take(name.as_ptr()) });
        self.places |=
            place.map_or(0, |place| 1_u64.checked_shl(u32::try_from(place).unwrap_or(64)).unwrap_or(0));
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Goes on with what counts of a call; `None` when it has too many arguments.
    fn without<R>(&self, call: Spelling<'_>, then: impl FnOnce(Spelling<'_>) -> R) -> Option<R> {
        if call.values.len() > ARGUMENTS_MAX {
            return None;
        }
        let nothing = std::ptr::null_mut();
        let (mut values, mut names) = ([nothing; ARGUMENTS_MAX], [nothing; ARGUMENTS_MAX]);
        let (mut counted, mut named) = (0, 0);
        let positional = call.values.len() - call.names.len();
        for (place, value) in call.values.iter().enumerate() {
            let name = place.checked_sub(positional).map(|at| call.names[at]);
            let ignored = match name {
                // SAFETY: names are strings, alive with their call.
                Some(name) => self.names.iter().any(|ignored| unsafe { same(ignored.as_ptr(), name) }),
                None => self.places >> place & 1 == 1,
            };
            if ignored {
                continue;
            }
            values[counted] = *value;
            counted += 1;
            if let Some(name) = name {
                names[named] = name;
                named += 1;
            }
        }
        Some(then(Spelling { values: &values[..counted], names: &names[..named] }))
    }
}

impl Spelt {
    /// Whether a call is this one.
    ///
    /// # Safety
    /// The interpreter is attached, and the arguments are alive.
    #[inline]
    unsafe fn is(&self, hash: u64, call: Spelling<'_>, look: &mut Look<'_>) -> bool {
        if self.hash != hash || self.values.len() != call.values.len() || self.names.len() != call.names.len()
        {
            return false;
        }
        let mut names = self.names.iter().zip(call.names);
        let mut values = self.values.iter().zip(call.values);
        // SAFETY: promised by the caller; what is kept is ours.
        unsafe {
            names.all(|(name, given)| same(name.as_ptr(), *given))
                && values.all(|(value, given)| look.is(value, *given))
        }
    }

    /// Whether both keep the same call.
    fn equals(&self, other: &Self) -> bool {
        let mut names = self.names.iter().zip(&other.names);
        self.hash == other.hash
            && self.names.len() == other.names.len()
            // SAFETY: both keep their names alive.
            && names.all(|(left, right)| unsafe { same(left.as_ptr(), right.as_ptr()) })
            && self.values == other.values
    }
}

impl Spelling<'_> {
    /// The hash of a call; `None` when an argument has no shape, or not yet.
    ///
    /// # Safety
    /// The interpreter is attached, and the arguments are alive.
    #[inline]
    unsafe fn hash(&self, look: &mut Look<'_>) -> Option<u64> {
        let mut hash = self.values.len() as u64;
        let positional = self.values.len() - self.names.len();
        for value in &self.values[..positional] {
            // SAFETY: promised by the caller.
            hash = unsafe { look.hash(hash, *value) }?;
        }
        for (name, value) in self.names.iter().zip(&self.values[positional..]) {
            // SAFETY: promised by the caller.
            hash = unsafe { look.hash(turned(hash, simple::hash(*name)?), *value) }?;
        }
        Some(hash ^ (hash >> 32))
    }
}

fn hold_at_a_glance(guards: &[Py<Guards>]) -> bool {
    guards.iter().all(|guards| guards.get().hold_at_a_glance())
}

/// Whether two names are equal.
#[inline]
unsafe fn same(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
    // SAFETY: both are alive.
    left == right || unsafe { simple::same(left, right) }
}
