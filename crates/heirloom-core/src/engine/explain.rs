//! The same road with building switched off: what would happen now, and why it happened last time.
//!
//! Promises: 1. never builds, never opens an object, waits for nobody; 2. walks the steps that a request walks.
//! Refuses: guessing what a build would read.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::engine_state::Engine;
use super::find::{Kept, find_in_memory, find_on_disk};
use super::request::Request;
use crate::disk::TrailRow;
use crate::identity::Dependency;
use crate::object::Record;
use crate::settings::shown_duration;
use crate::trail::{Outcome, Tier, Trail};

/// Where an object is now. While a process runs, it only moves to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nowhere: a request would build it.
    Absent,
    /// Kept: a request would open it.
    OnDisk,
    /// Live in this process.
    InMemory,
}

/// What a request would come to now, and how the entry came to be.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The object: factory and arguments.
    pub name: String,
    /// Where it is now.
    pub state: State,
    /// The steps that a request would take now.
    pub trail: Trail,
    /// What is known of the kept entry that would be served.
    pub record: Option<Record>,
    /// Whether that entry is kept from every eviction.
    pub pinned: bool,
    /// The last build of this key, by whatever code, and why it was needed.
    pub last: Option<TrailRow>,
}

impl Engine {
    /// Where the object of a request is now.
    pub fn state(self: &Arc<Self>, request: &Request) -> State {
        self.look(request, &mut Trail::new()).0
    }

    /// What a request would come to now, and why.
    pub fn explain(self: &Arc<Self>, request: &Request) -> Explanation {
        let mut trail = Trail::new();
        let (state, record) = self.look(request, &mut trail);
        let key = &request.key.digest();
        let last = self.disk.as_ref().and_then(|disk| disk.trails(None, Some(key)).ok());
        let last = last.and_then(|trails| trails.into_iter().next());
        let pinned = record.as_ref().is_some_and(|record| {
            self.disk.as_ref().is_some_and(|disk| disk.is_pinned(&record.entry()).unwrap_or(false))
        });
        Explanation { name: request.key.to_string(), state, trail, record, pinned, last }
    }

    fn look(self: &Arc<Self>, request: &Request, trail: &mut Trail) -> (State, Option<Record>) {
        if let Some(reason) = request.around() {
            trail.step(Tier::Memory, Outcome::Skipped(reason));
            return (State::Absent, None);
        }
        let in_memory = find_in_memory(self, request, trail).is_some();
        if in_memory {
            return (State::InMemory, self.present_record(request));
        }
        let open = |engine: &Arc<Self>, _: &Request, kept: &Kept| {
            let disk = engine.disk.as_ref();
            Ok(disk.and_then(|disk| disk.record(&kept.candidate.entry).ok().flatten()))
        };
        let found = find_on_disk(self, request, trail, open, |_, _| ());
        match found {
            Some(record) => (State::OnDisk, record),
            None => (State::Absent, None),
        }
    }

    fn present_record(&self, request: &Request) -> Option<Record> {
        let disk = self.disk_for(&request.factory)?;
        let candidates = disk.candidates(&request.key.digest(), &request.factory.fingerprint()).ok()?;
        disk.record(&candidates.first()?.entry).ok()?
    }
}

impl Explanation {
    /// The one sentence that tells most: why the object is (or would be) built, or that it is handed down.
    pub fn sentence(&self) -> String {
        match (&self.state, self.trail.why()) {
            (State::InMemory, _) => format!("{} is in memory", self.name),
            (State::OnDisk, _) => format!("{} is on disk", self.name),
            (State::Absent, Some(reason)) => format!("{} would be built: {reason}", self.name),
            (State::Absent, None) => format!("{} would be built", self.name),
        }
    }

    /// The inputs that were recorded and cannot be checked.
    pub fn unchecked(&self) -> impl Iterator<Item = &Dependency> {
        let inputs = self.record.iter().flat_map(|record| &record.dependencies);
        inputs.filter(|input| matches!(input, Dependency::Unchecked { .. }))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sentence())?;
        for step in self.trail.steps() {
            write!(f, "\n  {}: {}", step.tier, step.outcome)?;
        }
        if let Some(record) = &self.record {
            let (took, created) = (shown_nanos(record.build_nanos), record.created);
            write!(
                f,
                "\nbuilt {created} in {took} by process {} on {}",
                record.origin.pid, record.origin.host
            )?;
            write!(f, ", versions {}", record.fingerprint.versions)?;
            if !record.dependencies.is_empty() {
                write!(f, "\nmade from {} recorded inputs", record.dependencies.len())?;
            }
        }
        if self.pinned {
            write!(f, "\npinned: kept from every eviction")?;
        }
        for input in self.unchecked() {
            write!(f, "\ncannot be checked: {input}; give it a `ttl` or an `epoch`")?;
        }
        if let Some(last) = &self.last
            && let Some(reason) = last.trail.why()
        {
            write!(f, "\nlast build, {}: {reason}", last.at)?;
        }
        Ok(())
    }
}

fn shown_nanos(nanos: u64) -> String {
    shown_duration(std::time::Duration::from_nanos(nanos))
}
