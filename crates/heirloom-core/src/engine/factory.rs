//! A factory as the engine sees it: the recipe of its objects, and its counters.
//!
//! Promises: a recipe is plain data but for the codec, the traits, the texts and the migrations. Refuses: the
//! builder itself, which comes with each request.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::recording::Recording;
use crate::digest::Digest;
use crate::identity::{Fingerprint, Lifetime, Traits};
use crate::memory::Tally;
use crate::object::{Codec, Migration, Object};
use crate::settings::{Revalidate, Tiers, Verify};

/// How the objects of one factory are made, told apart, kept and checked.
pub struct Recipe {
    /// The factory's name, unique within a store.
    pub name: Arc<str>,
    /// Built by what.
    pub fingerprint: Fingerprint,
    /// How objects become bytes; `None` keeps them in memory only.
    pub codec: Option<Arc<dyn Codec>>,
    /// Reads the traits off a fresh object.
    #[expect(clippy::type_complexity, reason = "a plain function behind a pointer")]
    pub traits: Option<Box<dyn Fn(&Object) -> Traits + Send + Sync>>,
    /// Until when objects are good.
    pub lifetime: Lifetime,
    /// Where objects are kept.
    pub tiers: Tiers,
    /// Whether blobs are verified when they are opened.
    pub verify: Verify,
    /// When an object in memory is checked again.
    pub revalidate: Revalidate,
    /// The folder that paths of inputs are stored relative to; `None` for the engine's own.
    pub project: Option<std::path::PathBuf>,
    /// Inputs that every build has, as absolute paths or patterns.
    pub declared: Vec<std::path::PathBuf>,
    /// Steps from older schemas, in any order.
    pub migrations: Vec<Migration>,
    /// The source text of the parts of the code, by name: asked for when a text is to be kept or compared, and never
    /// on a hit. A part without a text is only said to have changed.
    pub texts: Option<Box<dyn Fn() -> BTreeMap<String, String> + Send + Sync>>,
    /// Whether entries are kept from every eviction.
    pub pinned: bool,
    /// The file that every call is written to; then a face must answer no hit by itself.
    pub record_trace: Option<std::path::PathBuf>,
    /// What switched the cache off for this factory, in words.
    pub off: Option<String>,
}

/// A registered factory.
pub struct Factory {
    pub(super) recipe: Recipe,
    pub(super) fingerprint: Digest,
    pub(super) code: Digest,
    pub(super) tally: Arc<Tally>,
    pub(super) seen: AtomicBool,
    texts: OnceLock<BTreeMap<String, String>>,
    pub(super) counters: Counters,
    pub(super) recording: Option<Recording>,
}

/// What happened so far, besides hits in memory.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) disk_hits: AtomicU64,
    pub(super) builds: AtomicU64,
    pub(super) waits: AtomicU64,
    pub(super) errors: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) build_nanos: AtomicU64,
    pub(super) saved_nanos: AtomicU64,
}

impl Factory {
    pub(super) fn new(recipe: Recipe, tally: Arc<Tally>) -> Self {
        let (fingerprint, code) = (recipe.fingerprint.digest(), recipe.fingerprint.code.digest());
        let (seen, counters) = (AtomicBool::new(false), Counters::default());
        let recording = recipe.record_trace.clone().map(Recording::new);
        Self { recipe, fingerprint, code, tally, seen, texts: OnceLock::new(), counters, recording }
    }

    /// The factory's name.
    pub fn name(&self) -> &Arc<str> {
        &self.recipe.name
    }

    /// How its objects are made.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The source texts of its code by part, as far as its face knows them; asked for once a process.
    pub(super) fn texts(&self) -> &BTreeMap<String, String> {
        self.texts.get_or_init(|| self.recipe.texts.as_ref().map(|texts| texts()).unwrap_or_default())
    }

    /// Whether every call is recorded, so that a face must answer no hit by itself.
    pub fn is_recorded(&self) -> bool {
        self.recording.is_some()
    }

    /// The digest of its fingerprint.
    pub fn fingerprint(&self) -> Digest {
        self.fingerprint
    }
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64, number: u64) {
        counter.fetch_add(number, Ordering::Relaxed);
    }

    pub(super) fn read(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Factory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Factory({})", self.recipe.name)
    }
}
