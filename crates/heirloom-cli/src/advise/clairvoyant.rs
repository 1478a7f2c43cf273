//! One who knows the future and is greedy: what saves least per byte and per call until its next use goes first.
//!
//! It is a bound to measure against, not a policy, and not the true optimum, which is a knapsack problem; nobody
//! that does not know the future is expected to beat it. Promises: a thing that never comes again is never held.
//! Refuses: speed; each miss looks at everything that is held.

use std::collections::{BinaryHeap, HashMap};

use super::trace::{Call, Trace};

pub(super) struct Clairvoyant {
    /// For each call, when its thing is asked for next.
    next: Vec<usize>,
    budget: u64,
    used: u64,
    held: HashMap<u32, (usize, Call)>,
}

const NEVER: usize = usize::MAX;

impl Clairvoyant {
    pub(super) fn new(trace: &Trace, budget: u64) -> Self {
        let mut next = vec![NEVER; trace.calls.len()];
        let mut soonest = HashMap::new();
        for (at, call) in trace.calls.iter().enumerate().rev() {
            next[at] = soonest.insert(call.thing, at).unwrap_or(NEVER);
        }
        Self { next, budget, used: 0, held: HashMap::new() }
    }

    /// Whether the thing was there at this call.
    pub(super) fn ask(&mut self, at: usize, call: Call) -> bool {
        let next = self.next[at];
        if let Some(held) = self.held.get_mut(&call.thing) {
            held.0 = next;
            if next == NEVER {
                self.let_go(call.thing);
            }
            return true;
        }
        if next != NEVER && call.bytes <= self.budget && self.make_room(at, next, call) {
            self.used += call.bytes;
            self.held.insert(call.thing, (next, call));
        }
        false
    }

    /// Lets go of what is worth less than the newcomer; `false`, and nothing goes, when that is not enough.
    fn make_room(&mut self, at: usize, next: usize, newcomer: Call) -> bool {
        let mut needed = newcomer.bytes.saturating_sub(self.budget - self.used);
        if needed == 0 {
            return true;
        }
        let worth = |(next, call): (usize, Call)| {
            #[expect(clippy::cast_precision_loss, reason = "a worth is an estimate")]
            let worth = call.seconds / call.bytes.max(1) as f64 / (next - at) as f64;
            worth.to_bits()
        };
        let mine = worth((next, newcomer));
        let mut least: BinaryHeap<_> = self
            .held
            .iter()
            .map(|(thing, held)| (std::cmp::Reverse(worth(*held)), *thing, held.1.bytes))
            .collect();
        let mut going = Vec::new();
        while needed > 0 {
            let Some((_, thing, bytes)) = least.pop().filter(|(worth, ..)| worth.0 < mine) else {
                return false;
            };
            needed = needed.saturating_sub(bytes);
            going.push(thing);
        }
        for thing in going {
            self.let_go(thing);
        }
        true
    }

    fn let_go(&mut self, thing: u32) {
        if let Some((_, call)) = self.held.remove(&thing) {
            self.used -= call.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_comes_back_and_pays() {
        let mut trace = Trace::default();
        for (thing, bytes, seconds) in
            [(0, 1, 9.0), (1, 1, 1.0), (2, 2, 1.0), (1, 1, 1.0), (0, 1, 9.0), (2, 2, 1.0)]
        {
            trace.push(Call { thing, bytes, seconds });
        }
        let hits = |budget| -> Vec<bool> {
            let mut policy = Clairvoyant::new(&trace, budget);
            trace.calls.iter().enumerate().map(|(at, call)| policy.ask(at, *call)).collect()
        };
        assert_eq!(hits(1), [false, false, false, false, true, false]);
        assert_eq!(hits(2), [false, false, false, true, true, false]);
        assert_eq!(hits(4), [false, false, false, true, true, true]);
    }
}
