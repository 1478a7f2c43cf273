//! Who waits for whom, and whether one more wait would close a circle.
//!
//! Promises: a wait that closes a circle is found before it begins, also when the circle goes through several
//! threads. Refuses: threads that a builder started by itself and that carry no context; they look like strangers.

use std::collections::HashSet;
use std::sync::Arc;

use super::seat::Flight;

/// The waits-for graph of the builds in the air.
#[derive(Default)]
pub(super) struct Edges(Vec<(Arc<Flight>, Arc<Flight>)>);

impl Edges {
    pub(super) fn add(&mut self, from: &Arc<Flight>, to: &Arc<Flight>) {
        self.0.push((Arc::clone(from), Arc::clone(to)));
    }

    pub(super) fn remove(&mut self, from: &Arc<Flight>, to: &Arc<Flight>) {
        let same = |edge: &(Arc<Flight>, Arc<Flight>)| Arc::ptr_eq(&edge.0, from) && Arc::ptr_eq(&edge.1, to);
        if let Some(at) = self.0.iter().position(same) {
            self.0.swap_remove(at);
        }
    }

    /// The names along the circle that waiting for `target` from inside the builds `above` would close.
    pub(super) fn cycle(&self, target: &Arc<Flight>, above: &[Arc<Flight>]) -> Option<Vec<String>> {
        let mut seen = HashSet::new();
        let mut path = Vec::new();
        self.reach(target, above, &mut seen, &mut path).then(|| {
            path.push(target.name.clone());
            path
        })
    }

    /// Depth-first search from `flight` to any of `above`; `path` then holds the names in calling order.
    fn reach(
        &self,
        flight: &Arc<Flight>,
        above: &[Arc<Flight>],
        seen: &mut HashSet<*const Flight>,
        path: &mut Vec<String>,
    ) -> bool {
        if !seen.insert(Arc::as_ptr(flight)) {
            return false;
        }
        path.push(flight.name.clone());
        if let Some(at) = above.iter().position(|outer| Arc::ptr_eq(outer, flight)) {
            // From the found build inwards, as the calls were made.
            path.extend(above[..at].iter().rev().map(|inner| inner.name.clone()));
            return true;
        }
        let next = self.0.iter().filter(|(from, _)| Arc::ptr_eq(from, flight));
        for (_, to) in next {
            if self.reach(to, above, seen, path) {
                return true;
            }
        }
        path.pop();
        false
    }
}
