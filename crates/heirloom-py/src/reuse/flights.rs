//! The builds in the air of one table, for single flight among threads and tasks.
//!
//! Promises: a flight is told by identity, so leaving runs no code. Refuses: waiting; `_waiting.py` does. A flight that was
//! begun by the parent of a forked child is none there: nobody would ever land it.

use std::collections::HashMap;

use pyo3::prelude::*;

use super::key::{Key, Sought};
use crate::table::Table;

/// Flights by their key.
#[derive(Default)]
pub(super) struct Flights {
    pub(super) table: Table<Key, Flight>,
    /// Places by the address of the flight.
    places: HashMap<usize, usize>,
}

/// One build.
pub(super) struct Flight {
    object: Py<PyAny>,
    process: u32,
}

impl Flights {
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Begins a flight for a key that has none.
    pub(super) fn begin(&mut self, key: &Sought<'_, '_>, flight: &Bound<'_, PyAny>) {
        let kept = Flight { object: flight.clone().unbind(), process: std::process::id() };
        let at = self.table.insert(key.hash, key.keep(), kept);
        self.places.insert(flight.as_ptr() as usize, at);
    }

    /// The flight at a place, unless it stayed behind in another process.
    pub(super) fn at(&self, at: usize, py: Python<'_>) -> Option<Py<PyAny>> {
        let (_, flight) = self.table.get(at)?;
        (flight.process == std::process::id()).then(|| flight.object.clone_ref(py))
    }

    /// The place of this very flight.
    pub(super) fn place(&self, flight: &Bound<'_, PyAny>) -> Option<usize> {
        self.places.get(&(flight.as_ptr() as usize)).copied()
    }

    /// Takes a flight out; it comes back, to be let go after the step.
    pub(super) fn remove(&mut self, at: usize) -> Option<(Key, Flight)> {
        let (key, flight) = self.table.remove(at)?;
        self.places.remove(&(flight.object.as_ptr() as usize));
        Some((key, flight))
    }

    /// Takes all out.
    pub(super) fn take(&mut self) -> Table<Key, Flight> {
        self.places.clear();
        self.table.take()
    }

    /// Every object that is held.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.table.iter().flat_map(|(_, (key, flight))| [&key.object, &flight.object])
    }
}

/// What a request comes to: a flight and whether it is the request's own, or a value.
pub(super) type Seat = (Option<Py<PyAny>>, bool, Option<Py<PyAny>>);

/// Makes a flight, which runs Python.
pub(super) fn new(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("heirloom.reuse._waiting")?.getattr("Flight")?.call0()
}
