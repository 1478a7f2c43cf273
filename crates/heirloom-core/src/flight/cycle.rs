//! Who waits for whom, and whether one more wait would close a circle.
//!
//! A build waits for another when it asks for it, whether it then leads that build itself, further up its own
//! stack, or waits for somebody else who does.
//!
//! Promises: 1. a wait that closes a circle is found before it begins, also when the circle goes through several
//! threads; 2. a build that has landed waits for nobody; 3. a long chain of builds needs no deep stack. Refuses:
//! threads that a builder started by itself and that carry no context (they look like strangers), and circles that
//! go through two engines on several threads.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::seat::Flight;

/// The waits-for graph of the builds in the air: to whom each has an edge, by the address of the one who waits.
#[derive(Default)]
pub(super) struct Edges(HashMap<usize, Vec<Arc<Flight>>>);

impl Edges {
    pub(super) fn add(&mut self, from: &Arc<Flight>, to: &Arc<Flight>) {
        self.0.entry(address(from)).or_default().push(Arc::clone(to));
    }

    pub(super) fn remove(&mut self, from: &Arc<Flight>, to: &Arc<Flight>) {
        let Some(all) = self.0.get_mut(&address(from)) else { return };
        if let Some(at) = all.iter().position(|one| Arc::ptr_eq(one, to)) {
            all.swap_remove(at);
        }
        if all.is_empty() {
            self.0.remove(&address(from));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names along the circle that waiting for `target` from inside the builds `above` would close, in calling
    /// order, the target first and last. `flies` tells whether a build is still in the air.
    pub(super) fn cycle(
        &self,
        target: &Arc<Flight>,
        above: &[Arc<Flight>],
        flies: impl Fn(&Arc<Flight>) -> bool,
    ) -> Option<Vec<String>> {
        let places: HashMap<usize, usize> =
            above.iter().enumerate().rev().map(|(at, build)| (address(build), at)).collect();
        let mut seen = HashSet::<usize>::new();
        seen.insert(address(target));
        let mut reached = vec![(target, None)];
        let mut next = 0;
        while let Some(&(flight, _)) = reached.get(next) {
            if let Some(place) = places.get(&address(flight)) {
                return Some(names(&reached, next, &above[..*place]));
            }
            let onward = self.0.get(&address(flight)).into_iter().flatten();
            for to in onward.filter(|to| flies(to)) {
                if seen.insert(address(to)) {
                    reached.push((to, Some(next)));
                }
            }
            next += 1;
        }
        None
    }
}

/// From the target to the build that was reached at `last`, from there inwards to the one that asks, and back.
fn names(reached: &[(&Arc<Flight>, Option<usize>)], last: usize, inner: &[Arc<Flight>]) -> Vec<String> {
    let steps = std::iter::successors(Some(last), |at| reached[*at].1);
    let mut names: Vec<String> = steps.map(|at| reached[at].0.name()).collect();
    names.reverse();
    names.extend(inner.iter().rev().map(|build| build.name()));
    names.push(reached[0].0.name());
    names
}

fn address(flight: &Arc<Flight>) -> usize {
    Arc::as_ptr(flight).addr()
}
