//! The front table: from a call's own arguments straight to the resident entry, without encoding or digest.
//!
//! Promises: 1. arguments match by type and value, deeply, so `1`, `1.0` and `True` never meet; 2. no Python code runs
//! while the table is looked at: only values of built-in, immutable types are taken in. Refuses: keeping objects alive;
//! the engine empties a slot when it evicts.

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
use pyo3::types::{PyDict, PyTuple};

use crate::hand_made::Own;
use crate::held::Held;
use crate::simple::{self, turned};

/// Tuples inside tuples are looked into this deep.
const DEPTH_MAX: usize = 4;

/// Calls with more arguments than this take the slow road where some arguments are ignored.
const ARGUMENTS_MAX: usize = 16;

/// The calls of one factory that were answered before, as they were spelt.
#[derive(Default)]
pub(crate) struct Front {
    table: UnsafeCell<Table>,
    ignored: Ignored,
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

struct Resident {
    hash: u64,
    values: Box<[Own]>,
    names: Box<[Own]>,
    slot: Arc<Slot>,
    /// The object, for as long as the slot says that it is resident.
    object: *mut ffi::PyObject,
    watched: bool,
    ends: Timestamp,
}

/// What a look at the table found.
pub(crate) enum Hit {
    /// The object, counted; borrowed.
    Object(*mut ffi::PyObject),
    /// An object that could have been changed by a client: to be looked at first.
    Watched(Arc<Slot>),
}

impl Front {
    /// An empty table of a function some of whose parameters do not count.
    pub(crate) fn new(ignored: Ignored) -> Self {
        Self { table: UnsafeCell::default(), ignored }
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
        // SAFETY: promised by the caller.
        let hash = unsafe { call.hash() }?;
        // SAFETY: with the interpreter attached the table is ours, and nothing below runs code of anybody's.
        let table = unsafe { &*self.table.get() };
        let resident = table.calls.find(hash, |resident| resident.matches(hash, call))?;
        if resident.ends != Timestamp::NEVER && resident.ends <= now() {
            return None;
        }
        if resident.watched {
            return Some(Hit::Watched(Arc::clone(&resident.slot)));
        }
        // An evicted object is let go by somebody who has the interpreter, so a resident one is alive until we leave.
        resident.slot.hit_in_place().then_some(Hit::Object(resident.object))
    }

    /// Remembers where the object of a call lives, when its arguments are simple.
    pub(crate) fn insert(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        slot: Arc<Slot>,
        held: &Held,
    ) {
        let (mut values, mut names) = (Vec::new(), Vec::new());
        values.extend(args.iter_borrowed().map(Borrowed::as_ptr));
        for (name, value) in kwargs.into_iter().flat_map(PyDictMethods::iter) {
            names.push(name.as_ptr());
            values.push(value.as_ptr());
        }
        let call = Spelling { values: &values, names: &names };
        self.ignored.without(call, |call| self.keep(call, slot, held));
    }

    fn keep(&self, call: Spelling<'_>, slot: Arc<Slot>, held: &Held) {
        // SAFETY: the caller holds the values, and the interpreter is attached.
        let Some(hash) = (unsafe { call.hash() }) else { return };
        let own = |objects: &[*mut ffi::PyObject]| {
            // SAFETY: as above.
            objects.iter().map(|one| unsafe { Own::take(*one) }).collect()
        };
        let ends = slot.facts().ends;
        let (object, watched) = (held.value().as_ptr(), held.is_watched());
        let fresh =
            Resident { hash, values: own(call.values), names: own(call.names), slot, object, watched, ends };
        // Dropped at the end: the last hold on an object may be among them, and its end is Python code.
        let mut dropped = Vec::new();
        // SAFETY: with the interpreter attached the table is ours; nothing is dropped while it is borrowed.
        let table = unsafe { &mut *self.table.get() };
        table.unswept += 1;
        if table.unswept > 32 + table.calls.len() / 2 {
            table.unswept = 0;
            dropped.extend(table.calls.extract_if(|resident| !resident.slot.is_resident()));
        }
        let old = table.calls.find_entry(hash, |resident| resident.matches(hash, call));
        if let Ok(old) = old {
            dropped.push(old.remove().0);
        }
        table.calls.insert_unique(hash, fresh, |resident| resident.hash);
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

impl Resident {
    #[inline]
    fn matches(&self, hash: u64, call: Spelling<'_>) -> bool {
        if self.hash != hash || self.values.len() != call.values.len() || self.names.len() != call.names.len()
        {
            return false;
        }
        // SAFETY: all of them are alive: those kept are ours, the others are a running call's.
        unsafe { all_same(&self.names, call.names) && all_same(&self.values, call.values) }
    }
}

impl Spelling<'_> {
    /// The hash of a call; `None` when an argument is not of a simple type.
    ///
    /// # Safety
    /// The interpreter is attached, and the arguments are alive.
    #[inline]
    unsafe fn hash(&self) -> Option<u64> {
        let mut hash = self.values.len() as u64;
        let positional = self.values.len() - self.names.len();
        for value in &self.values[..positional] {
            // SAFETY: promised by the caller.
            hash = unsafe { mix(hash, *value, DEPTH_MAX) }?;
        }
        for (name, value) in self.names.iter().zip(&self.values[positional..]) {
            // SAFETY: promised by the caller.
            hash = unsafe { mix(mix(hash, *name, 0)?, *value, DEPTH_MAX) }?;
        }
        Some(hash ^ (hash >> 32))
    }
}

#[inline]
unsafe fn mix(hash: u64, value: *mut ffi::PyObject, depth: usize) -> Option<u64> {
    // SAFETY: the value is alive.
    unsafe {
        if is_tuple(value) { mix_items(hash, value, depth) } else { Some(turned(hash, simple::hash(value)?)) }
    }
}

unsafe fn mix_items(hash: u64, tuple: *mut ffi::PyObject, depth: usize) -> Option<u64> {
    let depth = depth.checked_sub(1)?;
    // SAFETY: the tuple is alive, and with it its items.
    let items = unsafe { items(tuple) };
    let mut hash = turned(hash, items.len() as u64);
    for value in items {
        // SAFETY: as above.
        hash = unsafe { mix(hash, *value, depth) }?;
    }
    Some(turned(hash, 1))
}

#[inline]
unsafe fn is_tuple(value: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller hands over a living object.
    unsafe { ffi::Py_TYPE(value) == &raw mut ffi::PyTuple_Type }
}

#[inline]
unsafe fn items<'a>(tuple: *mut ffi::PyObject) -> &'a [*mut ffi::PyObject] {
    // SAFETY: the caller hands over a living tuple.
    unsafe {
        let length = usize::try_from(ffi::PyTuple_GET_SIZE(tuple)).unwrap_or(0);
        std::slice::from_raw_parts((*tuple.cast::<ffi::PyTupleObject>()).ob_item.as_ptr(), length)
    }
}

/// Whether values of as many are the same.
#[inline]
unsafe fn all_same(kept: &[Own], given: &[*mut ffi::PyObject]) -> bool {
    // SAFETY: the caller hands over living objects.
    kept.iter().zip(given).all(|(kept, given)| unsafe { same(kept.as_ptr(), *given) })
}

/// Whether two values, tuples of them or simple ones, are of one type and equal.
#[inline]
unsafe fn same(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
    // SAFETY: both are alive.
    left == right
        || unsafe { if is_tuple(left) { same_items(left, right) } else { simple::same(left, right) } }
}

unsafe fn same_items(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> bool {
    // SAFETY: both are alive, the first is a tuple, and with them live their items.
    unsafe {
        is_tuple(right) && {
            let (left, right) = (items(left), items(right));
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(*left, *right))
        }
    }
}
