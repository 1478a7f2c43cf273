//! The engine's state: its tiers, its factories, and the components it was given.
//!
//! Promises: 1. opening loads no object; 2. settings are data, components are objects, and both come from outside.
//! Refuses: being global; a face may hold a default one.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hashbrown::HashMap;

use super::factory::{Counters, Factory, Recipe};
use super::notice::{Notice, Told};
use super::request::Request;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::digest::Digest;
use crate::disk::{self, Disk, Fault, Gate};
use crate::error::{Error, Result};
use crate::flight::Flights;
use crate::identity::key::validate_factory_name;
use crate::inputs::{Ambient, CodeCheck, Recorder, Site, Variables};
use crate::memory::Memory;
use crate::object::Origin;
use crate::trail::{Reason, Tier, Trail};
use crate::trust::MacKey;

/// What an engine is opened with.
#[derive(Clone)]
pub struct EngineOptions {
    /// The byte budget of the memory tier.
    pub memory_bytes: u64,
    /// The folder of the store; `None` for an engine without a disk.
    pub folder: Option<PathBuf>,
    /// The byte budget of the store, kept to by the collector after each write.
    pub disk_bytes: Option<u64>,
    /// The folder that paths of inputs are stored relative to.
    pub project: Option<PathBuf>,
    /// How long to wait for another process's build before building too; `None` for as long as it lives.
    pub patience: Option<Duration>,
    /// Who builds here.
    pub origin: Origin,
    /// The key that entries are signed and checked with; without one, nothing whose opening can run code is opened.
    pub key: Option<MacKey>,
    /// Open also when the store cannot be reached now: each request tries again, and is built meanwhile.
    pub lenient: bool,
    /// The components.
    pub hooks: Hooks,
}

/// The components an engine is given.
#[derive(Clone)]
pub struct Hooks {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Reads the environment, for recorded variables.
    pub variables: Variables,
    /// Looks again at code that ran in a build, for a face that records it.
    pub code: CodeCheck,
    /// Looks at states of the process that the face can record.
    pub ambient: Ambient,
    /// Is told of faults and waits.
    pub notify: Arc<dyn Fn(&Notice) + Send + Sync>,
    /// Whether the person at the keyboard wants to wait no longer; asked at each poll of another process's build.
    pub interrupted: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Is asked before each step that changes the disk; tests fail them in turn.
    pub gate: Arc<dyn Gate>,
    /// Asked when an entry depends on a factory's objects: registers one that was not used yet, or anew one whose code has
    /// changed while the process runs. The flag says whether it is registered.
    #[expect(clippy::type_complexity, reason = "a plain function behind a pointer")]
    pub make_known: Arc<dyn Fn(&Arc<Engine>, &str, bool) + Send + Sync>,
    /// Makes a recorded call of a factory again, through the road, so that an entry made from its object can be judged:
    /// name, key, and the call as [`Request::call`] told it. Says whether the call still has that key and came to an object.
    #[expect(clippy::type_complexity, reason = "a plain function behind a pointer")]
    pub renew: Arc<dyn Fn(&Arc<Engine>, &str, &Digest, &str) -> bool + Send + Sync>,
}

/// The engine behind every face.
pub struct Engine {
    pub(super) options: EngineOptions,
    pub(super) memory: Memory,
    pub(super) flights: Arc<Flights>,
    pub(super) disk: Option<Disk>,
    pub(super) told: Told,
    /// The process that opened it.
    opened_by: u32,
    /// Bytes that may be written before the collector asks the registry again.
    pub(super) allowance: AtomicU64,
    factories: Mutex<HashMap<Arc<str>, Arc<Factory>>>,
    /// Empty; every build gets one like it.
    recorder: Recorder,
}

impl Default for Hooks {
    /// The system's clock, an empty environment, silence.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            variables: Arc::new(|_| None),
            code: Arc::new(|_, _| Some("is not known to this face".into())),
            ambient: Arc::new(|_| None),
            notify: Arc::new(|_| ()),
            interrupted: Arc::new(|| false),
            gate: Arc::new(disk::Open),
            make_known: Arc::new(|_, _, _| ()),
            renew: Arc::new(|_, _, _, _| false),
        }
    }
}

impl Default for EngineOptions {
    /// Memory only, one gibibyte.
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            folder: None,
            disk_bytes: None,
            project: None,
            patience: None,
            origin: Origin::default(),
            key: None,
            lenient: false,
            hooks: Hooks::default(),
        }
    }
}

impl Engine {
    /// Opens an engine.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a folder that cannot be a store (a file, a newer
    /// format), [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the file system says no.
    pub fn open(options: EngineOptions) -> Result<Arc<Self>> {
        let disk = match &options.folder {
            Some(folder) => Some(open_disk(folder, &options)?),
            None => None,
        };
        if let Some(kind) = disk.as_ref().and_then(Disk::network) {
            (options.hooks.notify)(&Notice::Network { kind });
        }
        if let Some(folder) = disk.as_ref().and_then(Disk::exposed) {
            (options.hooks.notify)(&Notice::Exposed { folder });
        }
        let memory = Memory::new(options.memory_bytes);
        let (flights, told, factories) = (Arc::default(), Told::default(), Mutex::default());
        let allowance = AtomicU64::new(0);
        let (project, hooks) = (options.project.clone(), &options.hooks);
        let recorder = Recorder::new(project, Arc::clone(&hooks.variables), Arc::clone(&hooks.clock));
        let opened_by = std::process::id();
        Ok(Arc::new(Self { options, memory, flights, disk, told, opened_by, allowance, factories, recorder }))
    }

    /// Registers a factory; registering one of the same name and type again replaces its recipe.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for an unusable name, and for a name under which another
    /// type of object is registered.
    pub fn register(&self, recipe: Recipe) -> Result<Arc<Factory>> {
        validate_factory_name(&recipe.name)?;
        let mut factories = self.factories.lock().unwrap_or_else(PoisonError::into_inner);
        let known = factories.get(&recipe.name);
        if let Some(known) = known {
            let (old, new) = (&known.recipe.fingerprint.value_type, &recipe.fingerprint.value_type);
            if old != new {
                return Err(Error::invalid(format!(
                    "the factory name `{}` is taken: it makes `{old}` already, and cannot make `{new}` too; give \
                     one of them another name",
                    recipe.name
                )));
            }
        }
        let tally = known.map(|known| Arc::clone(&known.tally)).unwrap_or_default();
        let factory = Arc::new(Factory::new(recipe, tally));
        factories.insert(Arc::clone(factory.name()), Arc::clone(&factory));
        Ok(factory)
    }

    /// Every registered factory, by name.
    pub fn factories(&self) -> Vec<Arc<Factory>> {
        let factories = self.factories.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = factories.values().cloned().collect();
        drop(factories);
        all.sort_by(|left, right| left.name().cmp(right.name()));
        all
    }

    /// The folder of the store.
    pub fn folder(&self) -> Option<&Path> {
        self.disk.as_ref().map(|disk| disk.layout().root())
    }

    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        self.options.hooks.clock.now()
    }

    /// Who builds here; a forked child is another process than the one that opened the engine.
    pub(super) fn origin(&self) -> Origin {
        let (origin, pid) = (self.options.origin.clone(), std::process::id());
        if pid == self.opened_by { origin } else { Origin { pid, ..origin } }
    }

    /// A recorder for one build of a factory.
    pub fn recorder(&self, factory: &Factory) -> Recorder {
        match &factory.recipe.project {
            Some(project) => self.recorder.afresh_in(project.clone()),
            None => self.recorder.afresh(),
        }
    }

    /// The folder that paths of a factory's inputs are stored relative to.
    pub(super) fn project<'a>(&'a self, factory: &'a Factory) -> Option<&'a Path> {
        factory.recipe.project.as_deref().or(self.options.project.as_deref())
    }

    pub(super) fn factory(self: &Arc<Self>, name: &str) -> Option<Arc<Factory>> {
        let find = || self.factories.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        (self.options.hooks.make_known)(self, name, find().is_some());
        find()
    }

    /// Where the inputs of a factory's objects are looked for.
    pub(super) fn site<'a>(&'a self, factory: &'a Factory) -> Site<'a> {
        let hooks = &self.options.hooks;
        let (variables, ambient, code) = (&hooks.variables, &hooks.ambient, &hooks.code);
        let memo = self.recorder.memo();
        Site { project: self.project(factory), variables, ambient, code, memo, now: self.now() }
    }

    /// The store, when this factory's objects are kept on disk.
    pub(super) fn disk_for(&self, factory: &Factory) -> Option<&Disk> {
        self.disk.as_ref().filter(|_| factory.recipe.tiers.disk)
    }

    /// Counts a fault, and tells it once.
    fn fault(&self, request: &Request, reason: &Reason) {
        Counters::add(&request.factory.counters.faults, 1);
        let name = request.key.to_string();
        if self.told.is_first(request.factory.name(), &name, reason) {
            (self.options.hooks.notify)(&Notice::Fault { name, reason: reason.clone() });
        }
    }

    /// Writes the misses of one step into the trail, and tells those that are faults.
    pub(super) fn miss(&self, request: &Request, trail: &mut Trail, tier: Tier, reasons: Vec<Reason>) {
        self.tell_faults(request, &reasons);
        trail.step(tier, crate::trail::Outcome::Miss(reasons));
    }

    /// Counts and tells those reasons that are faults.
    pub(super) fn tell_faults(&self, request: &Request, reasons: &[Reason]) {
        for reason in reasons.iter().filter(|reason| reason.is_fault()) {
            self.fault(request, reason);
        }
    }
}

fn open_disk(folder: &Path, options: &EngineOptions) -> Result<Disk> {
    let disk = Disk::at(folder, options.key.clone(), Arc::clone(&options.hooks.gate));
    match disk.make_ready() {
        // What is no store stays none; what cannot be reached may be reached by the next request.
        Err(fault) if !options.lenient || matches!(fault, Fault::Unusable(_)) => {
            Err(open_error(folder, &fault))
        }
        Ok(()) | Err(_) => Ok(disk),
    }
}

fn open_error(folder: &Path, fault: &Fault) -> Error {
    let message = format!("the store at {} cannot be opened: {fault}", folder.display());
    match fault {
        Fault::Unusable(what) | Fault::Newer(what) => {
            Error::invalid(format!("{what} (store: {})", folder.display()))
        }
        _ => Error::unavailable(message),
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("folder", &self.folder()).finish_non_exhaustive()
    }
}
