//! What is known of an entry, as the JSON documents tell it, and the words for people.
//!
//! `docs/format/cli-json.md` lists every field. Promises: 1. bytes and nanoseconds are whole numbers, moments are
//! RFC 3339 with the nanoseconds beside them; 2. every value of the engine comes with its sentence. Refuses:
//! reaching into payloads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use heirloom_core::disk::{EntryRow, TrailRow};
use heirloom_core::engine::Engine;
use heirloom_core::identity::key::called;
use heirloom_core::identity::{Dependency, Fingerprint, Lifetime, VersionVector};
use heirloom_core::object::{Origin, Record};
use heirloom_core::settings::shown_duration;
use heirloom_core::trail::{Outcome, Reason, Tier, Trail};
use heirloom_core::{Digest, Timestamp, nanos};
use serde::Serialize;

use crate::stop::Stop;

/// A moment: the date for people, the number for programs.
#[derive(Serialize)]
pub(crate) struct Moment {
    time: String,
    nanos: u64,
}

/// An entry as the registry lists it.
#[derive(Serialize)]
pub(crate) struct EntryReport {
    entry: Digest,
    key: Digest,
    name: String,
    factory: String,
    arguments: String,
    versions: VersionVector,
    schema: u32,
    epoch_nanos: Option<u64>,
    ttl_nanos: Option<u64>,
    created: Moment,
    build_nanos: u64,
    content: Digest,
    bytes: u64,
    last_used: Moment,
    hits: u64,
    pinned: bool,
    inline: bool,
}

/// Everything that is known of an entry.
#[derive(Serialize)]
pub(crate) struct WholeReport {
    #[serde(flatten)]
    pub(crate) entry: EntryReport,
    pub(crate) record: Option<RecordReport>,
}

/// What the record says beyond the registry's row.
#[derive(Serialize)]
pub(crate) struct RecordReport {
    fingerprint: Digest,
    code_level: String,
    code: Vec<PartReport>,
    codec: String,
    value_type: String,
    traits: BTreeMap<String, BTreeSet<String>>,
    dependencies: Vec<DependencyReport>,
    unchecked: usize,
    origin: Origin,
    why: Option<String>,
    trail: Vec<StepReport>,
    differs: Vec<String>,
}

#[derive(Serialize)]
struct PartReport {
    name: String,
    digest: Digest,
    place: Option<String>,
}

#[derive(Serialize)]
struct DependencyReport {
    sentence: String,
    value: Dependency,
}

/// One step of a trail.
#[derive(Serialize)]
pub(crate) struct StepReport {
    tier: Tier,
    sentence: String,
    outcome: Outcome,
}

/// The last trail of a key.
#[derive(Serialize)]
pub(crate) struct TrailReport {
    key: Digest,
    name: String,
    factory: String,
    arguments: String,
    at: Moment,
    why: Option<String>,
    trail: Vec<StepReport>,
}

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self { time: moment.to_string(), nanos: moment.as_nanos() }
    }
}

impl From<&EntryRow> for EntryReport {
    fn from(row: &EntryRow) -> Self {
        let Lifetime { epoch, ttl } = row.lifetime;
        Self {
            entry: row.entry,
            key: row.key,
            name: name_of(&row.factory, &row.shown),
            factory: row.factory.clone(),
            arguments: row.shown.clone(),
            versions: row.versions.clone(),
            schema: row.schema,
            epoch_nanos: epoch.map(nanos),
            ttl_nanos: ttl.map(nanos),
            created: row.created.into(),
            build_nanos: row.build_nanos,
            content: row.content,
            bytes: row.bytes,
            last_used: row.last_used.into(),
            hits: row.hits,
            pinned: row.pinned,
            inline: row.inline,
        }
    }
}

impl WholeReport {
    /// Reads everything that the store knows of an entry; `present` is its factory as it was seen last.
    pub(crate) fn read(
        engine: &Engine,
        row: &EntryRow,
        present: Option<&Fingerprint>,
    ) -> Result<(Self, Option<Record>), Stop> {
        let record = engine.record(&row.entry)?;
        let told = record.as_ref().map(|record| RecordReport::of(engine, record, present)).transpose()?;
        Ok((Self { entry: row.into(), record: told }, record))
    }
}

impl RecordReport {
    fn of(engine: &Engine, record: &Record, present: Option<&Fingerprint>) -> Result<Self, Stop> {
        let built = &record.fingerprint;
        let part = |(name, part): (&String, &heirloom_core::identity::Part)| PartReport {
            name: name.clone(),
            digest: part.digest,
            place: part.place.clone(),
        };
        let dependency =
            |value: &Dependency| DependencyReport { sentence: value.to_string(), value: value.clone() };
        let differs = present.map(|present| differences(engine, built, present)).transpose()?;
        Ok(Self {
            fingerprint: built.digest(),
            code_level: built.code.level.to_string(),
            code: built.code.parts.iter().map(part).collect(),
            codec: built.codec.clone(),
            value_type: built.value_type.clone(),
            traits: record.traits.iter().map(|(name, values)| (name.to_owned(), values.clone())).collect(),
            dependencies: record.dependencies.iter().map(dependency).collect(),
            unchecked: unchecked(record).count(),
            origin: record.origin.clone(),
            why: record.trail.why().map(Reason::to_string),
            trail: steps(&record.trail),
            differs: differs.unwrap_or_default(),
        })
    }
}

impl From<&TrailRow> for TrailReport {
    fn from(row: &TrailRow) -> Self {
        Self {
            key: row.key,
            name: name_of(&row.factory, &row.shown),
            factory: row.factory.clone(),
            arguments: row.shown.clone(),
            at: row.at.into(),
            why: row.trail.why().map(Reason::to_string),
            trail: steps(&row.trail),
        }
    }
}

/// The inputs of an entry that cannot be checked.
pub(crate) fn unchecked(record: &Record) -> impl Iterator<Item = &Dependency> {
    record.dependencies.iter().filter(|input| matches!(input, Dependency::Unchecked { .. }))
}

/// What differs between an entry and its factory as it is known here, in words.
pub(crate) fn differences(
    engine: &Engine,
    built: &Fingerprint,
    present: &Fingerprint,
) -> Result<Vec<String>, Stop> {
    Ok(engine.differences(built, present)?.iter().map(ToString::to_string).collect())
}

fn steps(trail: &Trail) -> Vec<StepReport> {
    let step = |step: &heirloom_core::trail::Step| StepReport {
        tier: step.tier,
        sentence: step.outcome.to_string(),
        outcome: step.outcome.clone(),
    };
    trail.steps().iter().map(step).collect()
}

/// An object for people, as `heirloom_core::identity::Key` shows it: `tables("flights.csv", 2013)`.
pub(crate) fn name_of(factory: &str, arguments: &str) -> String {
    format!("{factory}{}", called(arguments))
}

/// How long ago a moment was.
pub(crate) fn ago(now: Timestamp, moment: Timestamp) -> String {
    match now.since(moment) {
        age if age < Duration::from_secs(1) => "just now".into(),
        age => format!("{} ago", shown_duration(Duration::from_secs(age.as_secs()))),
    }
}

/// Nanoseconds for people.
pub(crate) fn took(nanos: u64) -> String {
    shown_duration(Duration::from_nanos(nanos))
}

/// `1 entry`, `2 entries`.
pub(crate) fn entries(count: usize) -> String {
    counted(count, "entry", "entries")
}

/// A count with the word for one or for many.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The bytes of all distinct blobs among these entries.
pub(crate) fn distinct_bytes<'a>(rows: impl IntoIterator<Item = &'a EntryRow>) -> u64 {
    let distinct: BTreeMap<Digest, u64> = rows.into_iter().map(|row| (row.content, row.bytes)).collect();
    distinct.values().sum()
}
