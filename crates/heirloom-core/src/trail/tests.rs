//! One snapshot for each sentence of the trail, and each value through JSON and back.

use insta::assert_snapshot;

use super::{Outcome, Reason, Tier, Trail};
use crate::identity::{Change, Dependency, Lacking, Property, Standing, StoredPath};
use crate::settings::CodeLevel;
use crate::{Digest, Timestamp};

const HOUR: u64 = 3_600_000_000_000;

fn built() -> Timestamp {
    Timestamp::from_nanos(1_795_248_900_000_000_000)
}

fn bump() -> Change {
    Change::Version { developer: "dev1".into(), old: 3, new: 4 }
}

fn edit() -> Change {
    Change::Code { part: "normalize".into(), place: Some("src/etl.rs:12".into()), old: None, new: None }
}

fn changed(standing: Standing) -> Reason {
    Reason::FingerprintChanged { built: built(), standing, changes: vec![bump(), edit()] }
}

/// The sentence, after the reason has gone through JSON and come back the same.
fn sentence(reason: &Reason) -> String {
    let json = serde_json::to_string(reason).unwrap();
    assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), *reason, "{json}");
    reason.to_string()
}

macro_rules! sentences {
    ($($name:ident: $reason:expr => @$text:literal;)+) => {
        $(#[test]
        fn $name() {
            assert_snapshot!(sentence(&$reason), @$text);
        })+

        /// Every reason that has a sentence above.
        fn all() -> Vec<Reason> {
            vec![$($reason),+]
        }
    };
}

sentences! {
    not_in_memory: Reason::NotInMemory => @"not in this process's memory";
    never_built: Reason::NeverBuilt => @"never built";
    removed: Reason::Removed { at: built(), by: "gc: dominated by {dev1: 4}".into() } =>
        @"removed at 2026-11-21T08:15:00Z by gc: dominated by {dev1: 4}";
    fingerprint_changed: changed(Standing::Dominated) =>
        @"dev1 3 → 4, `normalize` changed in src/etl.rs:12 (the entry was built 2026-11-21T08:15:00Z)";
    fingerprint_changed_on_a_branch: changed(Standing::Concurrent) =>
        @"dev1 3 → 4, `normalize` changed in src/etl.rs:12 (the entry was built 2026-11-21T08:15:00Z, on another branch)";
    fingerprint_of_newer_code: changed(Standing::Newer) =>
        @"dev1 3 → 4, `normalize` changed in src/etl.rs:12 (the entry was built 2026-11-21T08:15:00Z, and is newer than this code)";
    dependency_changed: Reason::DependencyChanged {
        dependency: Dependency::Absent { path: StoredPath::new("/etl/a.csv".as_ref(), Some("/etl".as_ref())) },
        now: "is over: it exists now".into(),
    } => @"absence of ./a.csv is over: it exists now";
    trait_lacking: Reason::TraitLacking(Lacking { name: "columns".into(), values: vec!["price".into()] }) =>
        @"`price` missing from columns";
    epoch_passed: Reason::EpochPassed { built: built(), period_nanos: 24 * 7 * HOUR } =>
        @"its epoch of 7 days is over (built 2026-11-21T08:15:00Z)";
    ttl_passed: Reason::TtlPassed { built: built(), ttl_nanos: HOUR / 2 } =>
        @"older than its time to live of 30 min (built 2026-11-21T08:15:00Z)";
    migrated: Reason::Migrated { from: 1, to: 3, changes: vec![] } => @"converted from schema 1 to 3";
    migrated_with_changes: Reason::Migrated { from: 1, to: 3, changes: vec![edit()] } =>
        @"converted from schema 1 to 3; also `normalize` changed in src/etl.rs:12";
    migration_failed: Reason::MigrationFailed { from: 1, to: 2, fault: "no column `price`".into() } =>
        @"could not be converted from schema 1 to 2, so it is built anew: no column `price`";
    adopted: Reason::Adopted { changes: vec![edit()], at: built() } =>
        @"`normalize` changed in src/etl.rs:12 (adopted at 2026-11-21T08:15:00Z: its author vouched for it)";
    blob_missing: Reason::BlobMissing { path: "v1/blobs/ab/abcd.blob".into() } =>
        @"its blob is gone, so its entry was taken out: v1/blobs/ab/abcd.blob";
    corrupt: Reason::Corrupt { what: "its digest is abcd and should be ef01".into() } =>
        @"corrupt, put into quarantine: its digest is abcd and should be ef01";
    open_failed: Reason::OpenFailed { fault: "unexpected end".into() } =>
        @"the codec could not open it: unexpected end; if its type has changed, raise `schema` and add a migration";
    unreachable: Reason::Unreachable { fault: "could not open v1/registry.sqlite: permission denied".into() } =>
        @"the store did not answer: could not open v1/registry.sqlite: permission denied";
    disabled: Reason::Disabled { by: "HEIRLOOM_DISABLE=1".into() } => @"the cache is switched off by HEIRLOOM_DISABLE=1";
    bypassed: Reason::Bypassed => @"the client asked to bypass the cache";
    refreshed: Reason::Refreshed => @"the client asked to build again";
    tier_off: Reason::TierOff => @"its factory does not keep objects here";
    too_large: Reason::TooLarge { bytes: 5 << 30, budget: 4 << 30 } =>
        @"weighs 5.0 GiB, more than the whole budget of 4.0 GiB; raise `memory` in heirloom.toml";
    no_room: Reason::TooLarge { bytes: 3 << 30, budget: 4 << 30 } =>
        @"weighs 3.0 GiB, and the whole budget of 4.0 GiB was taken by objects on their way out";
    seal_failed: Reason::SealFailed { fault: "a closure cannot be written".into() } =>
        @"the codec could not seal it, so it lives in this process's memory only: a closure cannot be written";
    keep_failed: Reason::KeepFailed { fault: "could not write v1/blobs/ab/abcd.blob: no space left".into() } =>
        @"it could not be kept: could not write v1/blobs/ab/abcd.blob: no space left";
    untrusted: Reason::Untrusted { what: crate::trust::Distrust::Changed.to_string() } =>
        @"not trusted, so it is built anew: its MAC does not hold, so somebody changed it after it was kept";
    untrusted_key: Reason::Untrusted {
        what: crate::trust::Distrust::OtherKey { theirs: [1; 8], ours: [0xab; 8] }.to_string(),
    } => @"not trusted, so it is built anew: it was kept with the key 0101010101010101, and this process has the key abababababababab; who shares a store shares a key, see `heirloom keys`";
}

/// A new variant does not compile here until it has a number, and fails until it has a sentence above.
fn number(reason: &Reason) -> usize {
    match reason {
        Reason::NotInMemory => 0,
        Reason::NeverBuilt => 1,
        Reason::Removed { .. } => 2,
        Reason::FingerprintChanged { .. } => 3,
        Reason::DependencyChanged { .. } => 4,
        Reason::TraitLacking(_) => 5,
        Reason::EpochPassed { .. } => 6,
        Reason::TtlPassed { .. } => 7,
        Reason::Migrated { .. } => 8,
        Reason::MigrationFailed { .. } => 9,
        Reason::Adopted { .. } => 10,
        Reason::BlobMissing { .. } => 11,
        Reason::Corrupt { .. } => 12,
        Reason::OpenFailed { .. } => 13,
        Reason::Unreachable { .. } => 14,
        Reason::Disabled { .. } => 15,
        Reason::Bypassed => 16,
        Reason::Refreshed => 17,
        Reason::TierOff => 18,
        Reason::TooLarge { .. } => 19,
        Reason::SealFailed { .. } => 20,
        Reason::KeepFailed { .. } => 21,
        Reason::Untrusted { .. } => 22,
    }
}

#[test]
fn every_reason_has_a_sentence() {
    let mut numbers: Vec<usize> = all().iter().map(number).collect();
    numbers.dedup();
    assert_eq!(numbers, (0..23).collect::<Vec<_>>());
}

#[test]
fn faults_are_what_is_broken_and_nothing_else() {
    let faults: Vec<usize> = all().iter().filter(|reason| reason.is_fault()).map(number).collect();
    assert_eq!(faults, [9, 11, 12, 13, 14, 20, 21, 22, 22]);
}

#[test]
fn changes_are_read_off_the_reasons_that_have_some() {
    let with: Vec<usize> = all().iter().filter(|reason| !reason.changes().is_empty()).map(number).collect();
    assert_eq!(with, [3, 3, 3, 8, 10]);
}

#[test]
fn each_change_names_old_and_new() {
    let (part, place) = ("normalize".to_owned(), None);
    let changes = [
        bump(),
        edit(),
        Change::Code { part: part.clone(), place: place.clone(), old: None, new: None },
        Change::Code { part: part.clone(), place, old: Some("x * 0.5".into()), new: Some("x * 0.7".into()) },
        Change::CodeAdded { part: part.clone() },
        Change::CodeRemoved { part },
        Change::Level { old: CodeLevel::Function, new: CodeLevel::Closure },
        Change::Schema { old: 1, new: 2 },
        Change::Codec { old: "postcard/1".into(), new: "rkyv/1".into() },
        Change::ValueType { old: "etl::Table".into(), new: "etl::Frame".into() },
        Change::Shape { value_type: "etl::Table".into() },
    ];
    let json = serde_json::to_string(&changes).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Change>>(&json).unwrap(), changes);
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"), @"
    dev1 3 → 4
    `normalize` changed in src/etl.rs:12
    `normalize` changed
    `normalize` changed: `x * 0.5` → `x * 0.7`
    `normalize` is part of its code now
    `normalize` is no longer part of its code
    level of code that counts function → closure
    schema 1 → 2
    codec postcard/1 → rkyv/1
    type of value etl::Table → etl::Frame
    fields or variants of etl::Table changed
    ");
}

#[test]
fn a_trail_has_one_line_a_step() {
    let mut trail = Trail::new();
    trail.step(Tier::Memory, Outcome::Miss(vec![Reason::NotInMemory]));
    trail.step(Tier::Flight, Outcome::Hit);
    trail.step(Tier::Disk, Outcome::Miss(vec![changed(Standing::Dominated), Reason::NeverBuilt]));
    trail.step(Tier::Disk, Outcome::HitAlthough(Reason::Adopted { changes: vec![bump()], at: built() }));
    trail.step(Tier::Lease, Outcome::Waited(2_500_000_000));
    trail.step(Tier::Build, Outcome::Built(HOUR));
    trail.step(Tier::Keep, Outcome::Kept);
    trail.step(Tier::Keep, Outcome::Skipped(Reason::TierOff));
    assert_snapshot!(trail, @"
    memory: miss: not in this process's memory
    flight: hit
    disk: miss: dev1 3 → 4, `normalize` changed in src/etl.rs:12 (the entry was built 2026-11-21T08:15:00Z); never built
    disk: hit, although dev1 3 → 4 (adopted at 2026-11-21T08:15:00Z: its author vouched for it)
    lease: waited 2.5 s
    build: built in 1 h
    keep: kept
    keep: skipped: its factory does not keep objects here
    ");
    let json = serde_json::to_string(&trail).unwrap();
    assert_eq!(serde_json::from_str::<Trail>(&json).unwrap(), trail);
}

#[test]
fn why_is_the_first_reason_of_the_last_step_that_found_something() {
    let mut trail = Trail::new();
    let check = |trail: &Trail, expected: Option<&Reason>| assert_eq!(trail.why(), expected);
    check(&trail, None);
    trail.step(Tier::Memory, Outcome::Miss(vec![Reason::NotInMemory]));
    check(&trail, Some(&Reason::NotInMemory));
    trail.step(Tier::Disk, Outcome::Skipped(Reason::TierOff));
    check(&trail, Some(&Reason::TierOff));
    let (young, old) = (changed(Standing::Dominated), changed(Standing::Concurrent));
    trail.step(Tier::Disk, Outcome::Miss(vec![Reason::NotInMemory, young.clone(), old]));
    check(&trail, Some(&young));
    trail.step(Tier::Build, Outcome::Built(HOUR));
    trail.step(Tier::Memory, Outcome::Skipped(Reason::TooLarge { bytes: 2, budget: 1 }));
    check(&trail, Some(&young));
    let adopted = Reason::Adopted { changes: vec![bump()], at: built() };
    trail.step(Tier::Disk, Outcome::HitAlthough(adopted.clone()));
    check(&trail, Some(&adopted));
}

#[test]
fn a_dependency_is_named_by_its_kind() {
    let path = || StoredPath::new("/etl/data/*.csv".as_ref(), Some("/etl".as_ref()));
    let digest = Digest::of(b"x");
    let object = Dependency::Object {
        factory: "tables".into(),
        key: digest,
        shown: "(2013)".into(),
        fingerprint: digest,
        content: None,
        call: None,
    };
    let lines = [
        Dependency::Directory { path: path(), listing: digest, written: Vec::new() },
        Dependency::Pattern { path: path(), matches: digest, written: Vec::new() },
        Dependency::Stat { path: path(), property: Property::Size, value: "3".into() },
        Dependency::Made { path: path(), state: None },
        Dependency::WorkingDirectory { path: path() },
        Dependency::Ambient { what: "sys.argv".into(), value: digest },
        Dependency::Variable { name: "TZ".into(), value: None },
        object,
        Dependency::Unchecked { what: "network".into(), detail: "https://example.org".into() },
    ];
    assert_snapshot!(lines.map(|dependency| dependency.to_string()).join("\n"), @"
    directory ./data/*.csv
    files ./data/*.csv
    size of ./data/*.csv
    file ./data/*.csv, which the build itself made,
    the working directory
    sys.argv
    environment variable TZ
    object tables(2013)
    network https://example.org
    ");
}
