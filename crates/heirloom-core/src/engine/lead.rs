//! The right to build: a seat among threads, a lease among processes, a recorder, and the trail so far.
//!
//! Promises: dropping it, by a panic or a cancelled task, frees everybody who waits at once. Refuses: running the
//! builder twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::context::Context;
use super::engine_state::Engine;
use super::factory::Counters;
use super::keep::keep;
use super::notice::Notice;
use super::recording;
use super::request::{Request, Served};
use super::serve::note_failure;
use crate::clock::nanos;
use crate::disk::{Holder, Lease, Sought, Waiting};
use crate::error::{Error, Result};
use crate::flight::{Landing, Seat};
use crate::inputs::Recorder;
use crate::object::Object;
use crate::trail::{Outcome, Reason, StepSpan, Tier, Trail};

/// The right to build one object.
pub struct Lead {
    engine: Arc<Engine>,
    request: Request,
    seat: Option<Seat>,
    lease: Option<Arc<Lease>>,
    trail: Trail,
    recorder: Recorder,
}

impl Lead {
    pub(super) fn new(engine: &Arc<Engine>, request: &Request, seat: Seat, trail: Trail) -> Self {
        let (engine, recorder) = (Arc::clone(engine), engine.recorder(&request.factory));
        Self { engine, request: request.clone(), seat: Some(seat), lease: None, trail, recorder }
    }

    /// A build around the cache: no seat, no lease, and what it reads is read by the build it is made from.
    pub(super) fn alone(engine: &Arc<Engine>, request: &Request, trail: Trail) -> Self {
        let recorder = Context::current().map(|context| context.recorder().clone());
        let recorder = recorder.unwrap_or_else(|| engine.recorder(&request.factory));
        let engine = Arc::clone(engine);
        Self { engine, request: request.clone(), seat: None, lease: None, trail, recorder }
    }

    /// Takes the lease; `true` when another process held it, so that the disk must be looked at again.
    ///
    /// # Errors
    /// A circle of builds through several processes, or an interrupted wait.
    pub(super) fn take_lease(&mut self) -> Result<bool> {
        let _span = StepSpan::enter(Tier::Lease, &self.request.key);
        let engine = Arc::clone(&self.engine);
        let Some(disk) = engine.disk_for(&self.request.factory) else { return Ok(false) };
        let context = Context::current();
        let outer = context.map(|context| context.leases()).unwrap_or_default();
        let outer: Vec<&Lease> = outer.iter().map(AsRef::as_ref).collect();
        let begun = Instant::now();
        let mut waited = false;
        let mut usual = None;
        let mut watch = |wait: &crate::disk::LeaseWait| {
            waited = true;
            let mut wait = wait.clone();
            if let Some(holder) = &mut wait.holder {
                // Asked once, and only by who waits: a builder has no use for it.
                let asked = || disk.usual_nanos(self.request.factory.name()).ok().flatten();
                holder.usual_nanos = holder.usual_nanos.or(*usual.get_or_insert_with(asked));
            }
            let notice = Notice::Waiting { name: self.request.key.to_string(), wait };
            (engine.options.hooks.notify)(&notice);
            if (engine.options.hooks.interrupted)() { Waiting::Stop } else { Waiting::Goes }
        };
        let name = self.request.lease_name();
        let sought = disk.lease(name, &self.holder(), &outer, engine.options.patience, &mut watch);
        if waited {
            (engine.options.hooks.notify)(&Notice::WaitOver { name: self.request.key.to_string() });
        }
        match sought {
            Ok(Sought::Free(lease)) => {
                self.lease = Some(Arc::new(lease));
                Ok(false)
            }
            Ok(Sought::Waited(lease)) => {
                self.lease = Some(Arc::new(lease));
                self.trail.step(Tier::Lease, Outcome::Waited(nanos(begun.elapsed())));
                Counters::add(&self.request.factory.counters.waits, 1);
                Ok(true)
            }
            Ok(Sought::Stopped) => Err(Error::unavailable(format!(
                "the wait for {}, which another process builds, was interrupted",
                self.request.key
            ))),
            Ok(Sought::Cycle(names)) => Err(Error::invalid(format!(
                "builders in several processes wait for each other in a circle: {}; none can ever finish, so one \
                 of them must stop asking",
                names.join(" → ")
            ))),
            Ok(Sought::TimedOut(holder)) => {
                let holder = holder.map_or_else(|| "another process".to_owned(), |holder| shown(&holder));
                Ok(self.waited_in_vain(begun, &format!("{holder} still builds it")))
            }
            Ok(Sought::Frozen(holder)) => {
                let holder = shown(&holder);
                Ok(self.waited_in_vain(begun, &format!("{holder}, which builds it, is stopped")))
            }
            Err(fault) => {
                // Not told: where no lock can be made, the object cannot be kept either, and that is told.
                let reason = Reason::Unreachable { fault: fault.to_string() };
                self.trail.step(Tier::Lease, Outcome::Miss(vec![reason]));
                Ok(false)
            }
        }
    }

    /// Nobody waits for ever: says why this request builds although another process does.
    fn waited_in_vain(&mut self, begun: Instant, why: &str) -> bool {
        let fault = format!("waited {} for it, and {why}", crate::settings::shown_duration(begun.elapsed()));
        self.engine.miss(&self.request, &mut self.trail, Tier::Lease, vec![Reason::Unreachable { fault }]);
        true
    }

    /// Runs the builder on this thread, then [lands](Lead::land).
    ///
    /// # Errors
    /// The builder's own.
    pub fn build(self, build: &mut dyn FnMut(&Recorder) -> Result<Object>) -> Result<Served> {
        let begun = Instant::now();
        let context = self.begin();
        let built = context.enter(|| {
            let _span = StepSpan::enter(Tier::Build, &self.request.key);
            build(&self.recorder)
        });
        drop(context);
        self.land(built, begun.elapsed())
    }

    /// Records the declared inputs and gives the context in which the builder must run.
    pub fn begin(&self) -> Context {
        if self.engine.disk.is_some() {
            self.recorder.begin();
        } else {
            // What no other process will check need not hold in other working directories.
            self.recorder.begin_anywhere();
        }
        for path in &self.request.factory.recipe.declared {
            let recorded =
                if is_pattern(path) { self.recorder.glob(path).map(drop) } else { self.recorder.file(path) };
            // An absent file is recorded as absent; one that cannot be read is the builder's to report.
            recorded.ok();
        }
        let flight = self.seat.as_ref().map(|seat| Arc::clone(seat.flight()));
        Context::new(flight, self.lease.as_ref(), self.recorder.clone())
    }

    /// A context in which this build's flight counts, so that a circle is seen, and what is noted belongs to nobody.
    pub(super) fn apart(&self) -> Context {
        let flight = self.seat.as_ref().map(|seat| Arc::clone(seat.flight()));
        Context::new(flight, self.lease.as_ref(), self.engine.recorder(&self.request.factory))
    }

    /// The recorder of this build.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Keeps what was built in `took`, hands it to everybody who waits, and serves it.
    ///
    /// # Errors
    /// The builder's own, handed to all who wait; and an expectation that even a fresh object does not meet.
    pub fn land(mut self, built: Result<Object>, took: Duration) -> Result<Served> {
        let counters = &self.request.factory.counters;
        let object = match built {
            Ok(object) => object,
            Err(error) => {
                Counters::add(&counters.errors, 1);
                if self.seat.is_some() {
                    note_failure(&self.engine, &self.request, Some(&self.recorder.recorded()));
                }
                self.finish(Landing::Failed(error.clone()));
                return Err(error);
            }
        };
        Counters::add(&counters.builds, 1);
        Counters::add(&counters.build_nanos, nanos(took));
        self.trail.step(Tier::Build, Outcome::Built(nanos(took)));
        let trail = std::mem::take(&mut self.trail);
        let kept = self.seat.is_some();
        let served = keep(&self.engine, &self.request, object, &self.recorder, trail, took, kept);
        self.finish(served.landing());
        recording::note(&self.engine, &self.request, &served, Some(nanos(took)));
        match self.request.expect.as_ref().and_then(|expected| served.traits.lacking(expected)) {
            None => Ok(served),
            Some(lacking) => Err(Error::invalid(format!(
                "{} was built just now, and still {lacking}; change what is expected, or the builder",
                self.request.key
            ))),
        }
    }

    /// Hands an object that was found after all to everybody who waits.
    pub(super) fn hand_down(mut self, mut served: Served) -> Served {
        self.trail.append(std::mem::take(&mut served.trail));
        served.trail = std::mem::take(&mut self.trail);
        self.finish(served.landing());
        recording::note(&self.engine, &self.request, &served, None);
        served
    }

    pub(super) fn trail(&mut self) -> &mut Trail {
        &mut self.trail
    }

    fn finish(&mut self, landing: Landing) {
        // The lease goes first: whoever is freed by the landing finds the way open.
        self.lease = None;
        if let Some(seat) = self.seat.take() {
            seat.land(landing);
        }
    }

    fn holder(&self) -> Holder {
        let origin = self.engine.origin();
        Holder {
            name: self.request.key.to_string(),
            host: origin.host,
            pid: origin.pid,
            since: self.engine.now(),
            usual_nanos: None,
            waits_for: Vec::new(),
        }
    }
}

fn shown(holder: &Holder) -> String {
    format!("process {} on {}", holder.pid, holder.host)
}

fn is_pattern(path: &std::path::Path) -> bool {
    path.to_str().is_some_and(|text| text.contains(['*', '?', '[']))
}

impl std::fmt::Debug for Lead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lead({})", self.request.key)
    }
}
