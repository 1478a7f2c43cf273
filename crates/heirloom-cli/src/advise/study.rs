//! Plays a trace against every policy and budget.
//!
//! Promises: 1. what is told is the share of all build seconds that a policy saves; 2. the knee is the budget after
//! which more memory buys least (the point farthest above the chord of the curve, after V. Satopää and others,
//! "Finding a Kneedle in a Haystack", 2011). Refuses: budgets that nobody asked for.

use serde::Serialize;

use super::clairvoyant::Clairvoyant;
use super::engine_order::EngineOrder;
use super::textbook::{Rule, Textbook};
use super::trace::Trace;

/// Who decides what goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Lru,
    Lfu,
    Gdsf,
    Heirloom,
    Clairvoyant,
}

impl Policy {
    pub(crate) const ALL: [Self; 5] = [Self::Lru, Self::Lfu, Self::Gdsf, Self::Heirloom, Self::Clairvoyant];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lru => "lru",
            Self::Lfu => "lfu",
            Self::Gdsf => "gdsf",
            Self::Heirloom => "heirloom",
            Self::Clairvoyant => "clairvoyant",
        }
    }
}

/// What a trace came to.
#[derive(Debug, Serialize)]
pub(crate) struct Study {
    pub(crate) calls: usize,
    pub(crate) keys: usize,
    pub(crate) bytes: u64,
    pub(crate) build_seconds: f64,
    pub(crate) budgets: Vec<Budget>,
    pub(crate) knee: Knee,
}

/// The share of all build seconds, from 0 to 1, that each policy saves with so many bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Budget {
    pub(crate) bytes: u64,
    pub(crate) lru: f64,
    pub(crate) lfu: f64,
    pub(crate) gdsf: f64,
    pub(crate) heirloom: f64,
    pub(crate) clairvoyant: f64,
}

/// The budget after which more memory buys least.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Knee {
    pub(crate) bytes: u64,
    pub(crate) saved: f64,
    pub(crate) saved_seconds: f64,
}

impl Budget {
    pub(crate) fn saved(&self, policy: Policy) -> f64 {
        match policy {
            Policy::Lru => self.lru,
            Policy::Lfu => self.lfu,
            Policy::Gdsf => self.gdsf,
            Policy::Heirloom => self.heirloom,
            Policy::Clairvoyant => self.clairvoyant,
        }
    }
}

/// Plays a trace with these budgets, or, when there are none, with 1/256 of all bytes, twice that, up to all of them.
pub(crate) fn study(trace: &Trace, budgets: &[u64]) -> Study {
    let mut bytes = budgets.to_vec();
    if bytes.is_empty() {
        bytes = (0..=8).rev().map(|halvings| (trace.bytes >> halvings).max(1)).collect();
    }
    bytes.sort_unstable();
    bytes.dedup();
    let budget = |&bytes: &u64| Budget {
        bytes,
        lru: played(trace, bytes, Policy::Lru),
        lfu: played(trace, bytes, Policy::Lfu),
        gdsf: played(trace, bytes, Policy::Gdsf),
        heirloom: played(trace, bytes, Policy::Heirloom),
        clairvoyant: played(trace, bytes, Policy::Clairvoyant),
    };
    let budgets: Vec<Budget> = bytes.iter().map(budget).collect();
    let knee = knee(&budgets, trace.seconds);
    Study {
        calls: trace.calls.len(),
        keys: trace.things,
        bytes: trace.bytes,
        build_seconds: trace.seconds,
        budgets,
        knee,
    }
}

/// The share of all build seconds that a policy saves.
fn played(trace: &Trace, budget: u64, policy: Policy) -> f64 {
    let textbook = |rule| {
        let mut policy = Textbook::new(rule, budget);
        share(trace, |_, call| policy.ask(call))
    };
    match policy {
        Policy::Lru => textbook(Rule::Recency),
        Policy::Lfu => textbook(Rule::Frequency),
        Policy::Gdsf => textbook(Rule::SavedPerByte),
        Policy::Heirloom => {
            let order = EngineOrder::new(trace, budget);
            share(trace, |_, call| order.ask(call))
        }
        Policy::Clairvoyant => {
            let mut seer = Clairvoyant::new(trace, budget);
            share(trace, |at, call| seer.ask(at, call))
        }
    }
}

fn share(trace: &Trace, mut ask: impl FnMut(usize, super::trace::Call) -> bool) -> f64 {
    let saved = trace.calls.iter().enumerate().filter(|(at, call)| ask(*at, **call));
    // Not `sum`, which is -0 where nothing was saved.
    let saved = saved.fold(0.0, |saved, (_, call)| saved + call.seconds);
    if trace.seconds > 0.0 { saved / trace.seconds } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "where the curve bends is an estimate")]
fn knee(budgets: &[Budget], seconds: f64) -> Knee {
    let most_bytes = budgets.last().map_or(1.0, |last| last.bytes as f64);
    let most_saved = budgets.iter().map(|budget| budget.heirloom).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let above = |budget: &&Budget| budget.heirloom / most_saved - budget.bytes as f64 / most_bytes;
    let best = budgets.iter().max_by(|one, other| above(one).total_cmp(&above(other)));
    let (bytes, saved) = best.map_or((0, 0.0), |budget| (budget.bytes, budget.heirloom));
    Knee { bytes, saved, saved_seconds: saved * seconds }
}

#[cfg(test)]
mod tests {
    use super::super::{Sample, sample};
    use super::*;

    #[test]
    fn with_room_for_all_everybody_saves_what_can_be_saved() {
        let trace = sample(Sample::Web, 2_000);
        let study = study(&trace, &[trace.bytes]);
        let best = study.budgets[0].clairvoyant;
        assert!(best > 0.1);
        for policy in Policy::ALL {
            assert!((study.budgets[0].saved(policy) - best).abs() < 1e-9, "{policy:?}");
        }
    }

    #[test]
    fn nothing_saved_is_nothing_and_not_less() {
        let trace = Trace::read("a,10,1\na,10,1\n".as_bytes()).unwrap();
        let budget = &study(&trace, &[5]).budgets[0];
        for policy in Policy::ALL {
            assert_eq!(budget.saved(policy).to_bits(), 0, "{policy:?}");
        }
    }

    #[test]
    fn the_order_of_the_engine_beats_the_textbooks_and_not_the_future() {
        for (which, part) in [
            (Sample::Expensive, 100),
            (Sample::Expensive, 10),
            (Sample::Web, 100),
            (Sample::Uniform, 100),
            (Sample::Scans, 33),
        ] {
            let trace = sample(which, 60_000);
            let budget = &study(&trace, &[trace.bytes / part]).budgets[0];
            let best = budget.lru.max(budget.lfu).max(budget.gdsf);
            // The textbook is ahead by less than half a point nowhere, behind by more almost everywhere.
            assert!(budget.heirloom > best - 0.005, "{which:?} {budget:?}");
            assert!(budget.heirloom < budget.clairvoyant, "{which:?} {budget:?}");
        }
    }

    #[test]
    fn the_knee_is_where_more_memory_stops_to_pay() {
        let budget =
            |bytes, heirloom| Budget { bytes, lru: 0.0, lfu: 0.0, gdsf: 0.0, heirloom, clairvoyant: 0.0 };
        let curve = [budget(1, 0.1), budget(2, 0.6), budget(4, 0.65), budget(8, 0.7)];
        assert_eq!(knee(&curve, 10.0), Knee { bytes: 2, saved: 0.6, saved_seconds: 6.0 });
    }
}
