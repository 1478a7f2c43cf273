//! The plan, by rows made by hand.

use std::time::Duration;

use super::plan::{CollectReason, GcFacts, Plan, plan};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::disk::EntryRow;
use crate::identity::{Lifetime, VersionVector};

const DAY: Duration = Duration::from_hours(24);
const START: Timestamp = Timestamp::from_nanos(2_000_000_000_000_000_000);

/// An entry of `tables` with content of its own, 1000 bytes, built in one second, used just now.
fn row(name: &str) -> EntryRow {
    EntryRow {
        entry: Digest::of(name.as_bytes()),
        key: Digest::of(b"key"),
        factory: "tables".into(),
        shown: name.into(),
        versions: VersionVector::default(),
        lifetime: Lifetime::FOREVER,
        schema: 1,
        created: START,
        build_nanos: 1_000_000_000,
        content: Digest::of(name.as_bytes()),
        bytes: 1000,
        last_used: START,
        hits: 0,
        pinned: false,
        inline: false,
    }
}

fn versions(counters: &[(&str, u64)]) -> VersionVector {
    counters.iter().copied().collect()
}

fn now() -> GcFacts {
    GcFacts { now: START, ..GcFacts::default() }
}

/// What goes, in order, and what stays in bytes.
fn check(rows: &[EntryRow], facts: &GcFacts, gone: &[&str], kept_bytes: u64) -> Plan {
    let plan = plan(rows, facts);
    let shown: Vec<&str> = plan.remove.iter().map(|removal| removal.shown.as_str()).collect();
    assert_eq!((shown.as_slice(), plan.kept_bytes), (gone, kept_bytes));
    plan
}

#[test]
fn nothing_goes_without_a_reason() {
    check(&[], &now(), &[], 0);
    check(&[row("a"), row("b")], &now(), &[], 2000);
    let facts = GcFacts { budget: Some(2000), ..now() };
    check(&[row("a"), row("b")], &facts, &[], 2000);
}

#[test]
fn dominated_versions_go_and_concurrent_newer_and_equal_ones_stay() {
    let at = |name: &str, counters: &[(&str, u64)]| EntryRow { versions: versions(counters), ..row(name) };
    let rows = [
        at("dominated", &[("a", 1), ("b", 1)]),
        at("concurrent", &[("a", 1), ("b", 3)]),
        at("newer", &[("a", 3), ("b", 2)]),
        at("equal", &[("a", 2), ("b", 2)]),
        EntryRow { factory: "unknown".into(), ..at("of another factory", &[]) },
    ];
    let present = versions(&[("a", 2), ("b", 2)]);
    let facts = GcFacts { versions: [("tables".to_owned(), present.clone())].into(), ..now() };
    let plan = check(&rows, &facts, &["dominated"], 4000);
    let old = versions(&[("a", 1), ("b", 1)]);
    assert_eq!(plan.remove[0].why, CollectReason::Dominated { old, new: present });
    assert_eq!(plan.remove[0].created, START);
}

#[test]
fn lifetimes_of_the_settings_go_before_the_recorded_ones() {
    let ttl = |days: u32| Lifetime { ttl: Some(days * DAY), epoch: None };
    let rows = [EntryRow { lifetime: ttl(1), ..row("a") }, row("for ever")];
    let later = GcFacts { now: START.plus(2 * DAY), ..GcFacts::default() };
    check(&rows, &later, &["a"], 1000);
    let longer = GcFacts { lifetimes: [("tables".to_owned(), ttl(3))].into(), ..later.clone() };
    check(&rows, &longer, &[], 2000);
    let shorter = GcFacts { lifetimes: [("tables".to_owned(), ttl(1))].into(), ..later };
    let plan = check(&rows, &shorter, &["a", "for ever"], 0);
    assert_eq!(plan.remove[1].why.to_string(), "older than its time to live of 1 day");
}

#[test]
fn an_epoch_that_is_over() {
    let rows = [EntryRow { lifetime: Lifetime { epoch: Some(DAY), ttl: None }, ..row("a") }];
    check(&rows, &now(), &[], 1000);
    let plan = check(&rows, &GcFacts { now: START.plus(DAY), ..GcFacts::default() }, &["a"], 0);
    assert_eq!(plan.remove[0].why.to_string(), "its epoch of 1 day is over");
}

#[test]
fn pinned_entries_stay_whatever_is_true() {
    let pinned = EntryRow { pinned: true, ..row("pinned") };
    let facts =
        GcFacts { budget: Some(0), versions: [("tables".to_owned(), versions(&[("a", 1)]))].into(), ..now() };
    check(&[pinned, row("loose")], &facts, &["loose"], 1000);
    let facts = GcFacts { pinned: vec!["tables".into()], ..facts };
    check(&[row("a"), row("b")], &facts, &[], 2000);
}

#[test]
fn over_the_budget_least_worth_goes_first() {
    let rows = [
        EntryRow { build_nanos: 9_000_000_000, ..row("dear") },
        EntryRow { build_nanos: 1_000_000, ..row("cheap") },
        EntryRow { hits: 50, ..row("used") },
        EntryRow { bytes: 500_000, ..row("large") },
        row("plain"),
    ];
    let with = |budget| GcFacts { budget: Some(budget), ..now() };
    check(&rows, &with(504_000), &[], 504_000);
    check(&rows, &with(503_999), &["cheap"], 503_000);
    check(&rows, &with(10_000), &["cheap", "large"], 3000);
    check(&rows, &with(1000), &["cheap", "large", "plain", "dear"], 1000);
    let plan = check(&rows, &with(0), &["cheap", "large", "plain", "dear", "used"], 0);
    assert!(matches!(plan.remove[0].why, CollectReason::OverBudget { budget: 0, .. }));
}

#[test]
fn what_was_not_used_for_long_is_worth_less() {
    let idle = EntryRow { hits: 3, last_used: START, ..row("idle") };
    let fresh = EntryRow { last_used: START.plus(90 * DAY), ..row("fresh") };
    let facts = |days: u32| GcFacts { now: START.plus(days * DAY), budget: Some(1000), ..GcFacts::default() };
    check(&[idle.clone(), EntryRow { last_used: START, ..row("other") }], &facts(90), &["other"], 1000);
    check(&[idle, fresh], &facts(90), &["idle"], 1000);
}

#[test]
fn equal_worth_goes_by_age_of_use_and_never_by_chance() {
    let rows = [EntryRow { last_used: START.plus(DAY), ..row("late") }, row("early")];
    let facts = GcFacts { now: START, budget: Some(1000), ..GcFacts::default() };
    check(&rows, &facts, &["early"], 1000);
    let twins = [row("a"), row("b"), row("c")];
    let reversed: Vec<EntryRow> = twins.iter().rev().cloned().collect();
    assert_eq!(plan(&twins, &facts), plan(&reversed, &facts));
}

#[test]
fn shared_content_counts_once() {
    let share = |name: &str| EntryRow { content: Digest::of(b"same"), ..row(name) };
    let rows = [share("a"), share("b"), row("c")];
    check(&rows, &GcFacts { budget: Some(2000), ..now() }, &[], 2000);
    let cheap = |row: EntryRow| EntryRow { build_nanos: 1, ..row };
    let rows = [cheap(share("a")), cheap(share("b")), row("c")];
    let plan = plan(&rows, &GcFacts { budget: Some(1000), ..now() });
    assert_eq!((plan.remove.len(), plan.kept_bytes), (2, 1000), "it is freed with the last of them");
}

#[test]
fn a_factory_has_a_budget_of_its_own() {
    let of = |factory: &str, name: &str| EntryRow { factory: factory.into(), ..row(name) };
    let rows = [of("tables", "a"), of("tables", "b"), of("others", "c")];
    let facts = GcFacts { budgets: [("tables".to_owned(), 1000)].into(), ..now() };
    let plan = plan(&rows, &facts);
    assert_eq!((plan.remove.len(), plan.kept_bytes), (1, 2000));
    assert_eq!(plan.remove[0].factory, "tables");
}
