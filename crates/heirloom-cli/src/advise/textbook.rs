//! The policies of the textbooks: least recently used, least frequently used, GreedyDual-Size-Frequency.
//!
//! Promises: exactly what the books say, with a byte budget; a thing that is larger than all of it is not held.
//! Refuses: speed; each step takes logarithmic time.

use std::collections::{BTreeSet, HashMap};

use super::trace::Call;

/// What the rank of a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// When it was used last.
    Recency,
    /// How often it was used since it came in.
    Frequency,
    /// Age, plus uses times seconds per byte (L. Cherkasova, HP Labs 1998).
    SavedPerByte,
}

pub(super) struct Textbook {
    rule: Rule,
    budget: u64,
    used: u64,
    age: f64,
    tick: u64,
    held: HashMap<u32, Held>,
    /// By rank, then by the last use.
    order: BTreeSet<(u64, u64, u32)>,
}

struct Held {
    place: (u64, u64, u32),
    bytes: u64,
    uses: f64,
}

impl Textbook {
    pub(super) fn new(rule: Rule, budget: u64) -> Self {
        Self { rule, budget, used: 0, age: 0.0, tick: 0, held: HashMap::new(), order: BTreeSet::new() }
    }

    /// Whether the thing was there.
    pub(super) fn ask(&mut self, call: Call) -> bool {
        self.tick += 1;
        let held = self.held.remove(&call.thing);
        let hit = held.is_some();
        if let Some(held) = &held {
            self.order.remove(&held.place);
            self.used -= held.bytes;
        }
        if call.bytes > self.budget {
            return hit;
        }
        while self.used > self.budget - call.bytes {
            let Some((rank, _, gone)) = self.order.pop_first() else { break };
            self.age = self.age.max(f64::from_bits(rank));
            self.used -= self.held.remove(&gone).map_or(0, |held| held.bytes);
        }
        let uses = held.map_or(0.0, |held| held.uses) + 1.0;
        let place = (self.rank(uses, call), self.tick, call.thing);
        self.order.insert(place);
        self.held.insert(call.thing, Held { place, bytes: call.bytes, uses });
        self.used += call.bytes;
        hit
    }

    /// As the bits of a positive number, which order as the number does.
    fn rank(&self, uses: f64, call: Call) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "a rank is an estimate")]
        let density = call.seconds / call.bytes.max(1) as f64;
        match self.rule {
            Rule::Recency => 0,
            Rule::Frequency => uses.to_bits(),
            Rule::SavedPerByte => (self.age + uses * density).to_bits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(rule: Rule, budget: u64, calls: &[(u32, u64, f64)]) -> Vec<bool> {
        let mut policy = Textbook::new(rule, budget);
        calls.iter().map(|&(thing, bytes, seconds)| policy.ask(Call { thing, bytes, seconds })).collect()
    }

    #[test]
    fn each_forgets_what_its_book_says() {
        let calls = [(1, 1, 9.0), (1, 1, 9.0), (2, 1, 1.0), (3, 1, 1.0), (1, 1, 9.0), (2, 1, 1.0)];
        assert_eq!(hits(Rule::Recency, 2, &calls), [false, true, false, false, false, false]);
        assert_eq!(hits(Rule::Frequency, 2, &calls), [false, true, false, false, true, false]);
        let calls =
            [(1, 1, 9.0), (2, 1, 1.0), (2, 1, 1.0), (3, 1, 2.0), (1, 1, 9.0), (3, 1, 2.0), (2, 1, 1.0)];
        let expected = [false, false, true, false, true, true, false];
        assert_eq!(hits(Rule::SavedPerByte, 2, &calls), expected);
    }

    #[test]
    fn what_is_larger_than_all_is_not_held() {
        assert_eq!(
            hits(Rule::Recency, 2, &[(1, 1, 1.0), (2, 3, 1.0), (2, 3, 1.0), (1, 1, 1.0)]),
            [false, false, false, true]
        );
    }
}
