//! The front table: from a call's own arguments straight to the resident entry, without encoding or digest.
//!
//! Promises: 1. arguments match by type and value, deeply, so `1`, `1.0` and `True` never meet; 2. no Python code runs
//! under the table's lock: only values of built-in, immutable types are taken in. Refuses: keeping objects alive; the
//! engine empties a slot when it evicts.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashTable;
use heirloom_core::Timestamp;
use heirloom_core::memory::Slot;
use heirloom_core::object::Object;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString, PyTuple};

/// Tuples inside tuples are looked into this deep.
const DEPTH_MAX: usize = 4;

/// The calls of one factory that were answered before, as they were spelt.
#[derive(Default)]
pub(crate) struct Front(Mutex<Table>);

#[derive(Default)]
struct Table {
    calls: HashTable<Resident>,
    /// Insertions since the dead were swept out.
    unswept: usize,
}

struct Resident {
    hash: u64,
    positional: Py<PyTuple>,
    named: Vec<(Py<PyAny>, Py<PyAny>)>,
    slot: Arc<Slot>,
    ends: Timestamp,
}

impl Front {
    /// A hit: the live object, unless it is gone or its lifetime is over. `now` is asked only where one ends.
    #[inline]
    pub(crate) fn hit(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        now: impl FnOnce() -> Timestamp,
    ) -> Option<Object> {
        let hash = hash(args, kwargs)?;
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let resident = table.calls.find(hash, |resident| resident.matches(hash, args, kwargs))?;
        if resident.ends != Timestamp::NEVER && resident.ends <= now() {
            return None;
        }
        resident.slot.hit()
    }

    /// Remembers where the object of a call lives, when its arguments are simple.
    pub(crate) fn insert(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        slot: Arc<Slot>,
    ) {
        let Some(hash) = hash(args, kwargs) else { return };
        let named = kwargs.into_iter().flat_map(PyDictMethods::iter);
        let named = named.map(|(name, value)| (name.unbind(), value.unbind())).collect();
        let ends = slot.facts().ends;
        let fresh = Resident { hash, positional: args.clone().unbind(), named, slot, ends };
        // Dropped after the lock: the last hold on an object may be among them, and its end is Python code.
        let mut dropped = Vec::new();
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.unswept += 1;
        if table.unswept > 32 + table.calls.len() / 2 {
            table.unswept = 0;
            dropped.extend(table.calls.extract_if(|resident| !resident.slot.is_resident()));
        }
        let old = table.calls.find_entry(hash, |resident| resident.matches(hash, args, kwargs));
        if let Ok(old) = old {
            dropped.push(old.remove().0);
        }
        table.calls.insert_unique(hash, fresh, |resident| resident.hash);
        drop(table);
        drop(dropped);
    }

    /// Lets go of every call.
    pub(crate) fn clear(&self) {
        let table = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(table);
    }
}

impl Resident {
    #[inline]
    fn matches(&self, hash: u64, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> bool {
        let py = args.py();
        if self.hash != hash || self.named.len() != kwargs.map_or(0, PyDictMethods::len) {
            return false;
        }
        let mut named = self.named.iter().zip(kwargs.into_iter().flat_map(PyDictMethods::iter));
        same(self.positional.bind(py).as_any(), args.as_any())
            && named.all(|((name, value), (other, given))| {
                same(name.bind(py), &other) && same(value.bind(py), &given)
            })
    }
}

/// The hash of a call; `None` when an argument is not of a simple type.
#[inline]
fn hash(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> Option<u64> {
    let mut hash = mix_tuple(0, args, DEPTH_MAX)?;
    for (name, value) in kwargs.into_iter().flat_map(PyDictMethods::iter) {
        hash = mix(hash, &name, 0)?;
        hash = mix(hash, &value, DEPTH_MAX)?;
    }
    Some(hash ^ hash >> 32)
}

fn mix_tuple(mut hash: u64, tuple: &Bound<'_, PyTuple>, depth: usize) -> Option<u64> {
    for value in tuple.iter_borrowed() {
        hash = mix(hash, &value, depth)?;
    }
    Some(turned(hash, tuple.len() as u64))
}

#[inline]
fn mix(hash: u64, value: &Bound<'_, PyAny>, depth: usize) -> Option<u64> {
    let simple = value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyBytes>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_none()
        || value.is_exact_instance_of::<PyBool>();
    if simple {
        let own = value.hash().ok()?;
        let class = value.get_type_ptr() as u64;
        return Some(turned(turned(hash, class), u64::from_ne_bytes(own.to_ne_bytes())));
    }
    let tuple = value.cast_exact::<PyTuple>().ok()?;
    mix_tuple(turned(hash, 1), tuple, depth.checked_sub(1)?)
}

#[inline]
fn turned(hash: u64, part: u64) -> u64 {
    (hash.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// Whether two simple values are of one type and equal; a float by its bits.
#[inline]
fn same(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> bool {
    if left.is(right) {
        return true;
    }
    if left.get_type_ptr() != right.get_type_ptr() {
        return false;
    }
    if let (Ok(left), Ok(right)) = (left.cast_exact::<PyTuple>(), right.cast_exact::<PyTuple>()) {
        let mut both = left.iter_borrowed().zip(right.iter_borrowed());
        return left.len() == right.len() && both.all(|(left, right)| same(&left, &right));
    }
    if let (Ok(left), Ok(right)) = (left.cast_exact::<PyFloat>(), right.cast_exact::<PyFloat>()) {
        return left.value().to_bits() == right.value().to_bits();
    }
    left.eq(right).unwrap_or(false)
}
