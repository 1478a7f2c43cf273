//! Whether the recorded inputs of an object still hold, other cached objects included.
//!
//! Promises: 1. the first input that changed is named; 2. an inner object that was rebuilt to equal content still
//! holds (early cut-off); 3. in one check an inner object is looked at once, however many others were made from it;
//! 4. objects made from objects, however deep, take a bounded stack. Refuses: building anything to find out; what
//! cannot be told counts as changed.

use std::collections::HashMap;
use std::sync::Arc;

use super::engine_state::Engine;
use super::factory::Factory;
use super::find::believed;
use crate::digest::Digest;
use crate::identity::Dependency;
use crate::inputs::{Checked, check as input};
use crate::trail::Reason;

/// Objects made from objects made from objects: what lies deeper than this is looked at first, from where it lies.
const DEPTH_MAX: usize = 64;

/// An inner object: factory, key, content that was used.
type Inner = (String, Digest, Option<Digest>);

/// One check.
#[derive(Default)]
struct Check {
    /// Whether the object is live: then only what can change while a process runs is looked at.
    live: bool,
    /// What it has found of inner objects. While one is looked at it counts as changed, so that a circle ends.
    found: HashMap<Inner, Checked>,
    /// What it has met and left, because it lies too deep.
    deep: Vec<Inner>,
}

/// `Ok(None)` when all inputs hold, `Ok(Some(inputs))` when they hold but some have a new stat to remember, and
/// the reason when one has changed.
pub(super) fn inputs_hold(
    engine: &Arc<Engine>,
    factory: &Factory,
    dependencies: &[Dependency],
) -> Result<Option<Vec<Dependency>>, Box<Reason>> {
    unwound(engine, factory, dependencies, Check::default())
}

/// The same for a live object, whose inputs held when it came into memory: what cannot change since is not looked at.
pub(super) fn inputs_still_hold(
    engine: &Arc<Engine>,
    factory: &Factory,
    dependencies: &[Dependency],
) -> Result<(), Box<Reason>> {
    unwound(engine, factory, dependencies, Check { live: true, ..Check::default() }).map(|_| ())
}

fn unwound(
    engine: &Arc<Engine>,
    factory: &Factory,
    dependencies: &[Dependency],
    mut check: Check,
) -> Result<Option<Vec<Dependency>>, Box<Reason>> {
    loop {
        let answer = hold(engine, factory, dependencies, 0, &mut check);
        if answer.is_ok() || check.deep.is_empty() {
            return answer;
        }
        look_into_the_deep(engine, &mut check);
    }
}

/// Looks at what lies too deep, the deepest first, until it is known.
fn look_into_the_deep(engine: &Arc<Engine>, check: &mut Check) {
    let mut waiting = std::mem::take(&mut check.deep);
    while let Some(inner) = waiting.last().cloned() {
        if !check.found.contains_key(&inner) {
            object(engine, &inner, 0, check);
        }
        let deeper = std::mem::take(&mut check.deep);
        if deeper.is_empty() {
            waiting.pop();
        }
        for one in deeper {
            if waiting.contains(&one) {
                check.found.insert(one, Checked::Changed("was made from itself".into()));
            } else {
                waiting.push(one);
            }
        }
    }
}

fn hold(
    engine: &Arc<Engine>,
    factory: &Factory,
    dependencies: &[Dependency],
    depth: usize,
    check: &mut Check,
) -> Result<Option<Vec<Dependency>>, Box<Reason>> {
    let site = engine.site(factory);
    let mut touched = None;
    // Other objects last: whoever has one made again, to see whether it comes out equal, does so only where all else holds.
    let asked =
        dependencies.iter().enumerate().filter(|(_, one)| !check.live || one.can_change_while_running());
    let (objects, others): (Vec<_>, Vec<_>) =
        asked.partition(|(_, one)| matches!(one, Dependency::Object { .. }));
    for (at, dependency) in others.into_iter().chain(objects) {
        let checked = match dependency {
            Dependency::Object { factory, key, content, .. } => {
                object(engine, &(factory.clone(), *key, *content), depth, check)
            }
            Dependency::Factory { factory, fingerprint } => builds_by(engine, factory, fingerprint),
            other => input(other, &site),
        };
        match checked {
            Checked::Holds => {}
            Checked::Touched(fresh) => {
                touched.get_or_insert_with(|| dependencies.to_vec())[at] = fresh;
            }
            Checked::Changed(now) => {
                return Err(Box::new(Reason::DependencyChanged { dependency: told(dependency), now }));
            }
        }
    }
    Ok(touched)
}

/// Whether a factory would build by the same now.
fn builds_by(engine: &Arc<Engine>, name: &str, fingerprint: &Digest) -> Checked {
    match engine.factory(name) {
        Some(factory) if factory.fingerprint == *fingerprint => Checked::Holds,
        Some(_) => Checked::Changed("changed".into()),
        None => Checked::Changed("is not known to this process".into()),
    }
}

/// A dependency as people are told of it: of an object not how its call is spelled.
fn told(dependency: &Dependency) -> Dependency {
    if matches!(dependency, Dependency::Object { .. }) { dependency.essence() } else { dependency.clone() }
}

/// Whether an inner object, made by its factory as it is now, has the content that was used; looked at once a check.
fn object(engine: &Arc<Engine>, inner: &Inner, depth: usize, check: &mut Check) -> Checked {
    if let Some(known) = check.found.get(inner) {
        return known.clone();
    }
    // Once something lies too deep nothing else is looked at: every way up would try its other candidates in vain.
    if depth >= DEPTH_MAX || !check.deep.is_empty() {
        if check.deep.is_empty() {
            check.deep.push(inner.clone());
        }
        return Checked::Changed("lies too deep to be looked at yet".into());
    }
    let left = check.deep.len();
    check.found.insert(inner.clone(), Checked::Changed("was made from itself".into()));
    let checked = look(engine, inner, depth, check);
    if check.deep.len() > left && !matches!(checked, Checked::Holds) {
        check.found.remove(inner);
    } else {
        check.found.insert(inner.clone(), checked.clone());
    }
    checked
}

fn look(engine: &Arc<Engine>, inner: &Inner, depth: usize, check: &mut Check) -> Checked {
    let (name, key, used) = inner;
    let changed = |now: &str| Checked::Changed(now.into());
    let Some(used) = used else { return changed("was never sealed, so it cannot be compared") };
    let Some(factory) = engine.factory(name) else {
        return changed("comes from a factory that this process does not know");
    };
    let (lifetime, now) = (&factory.recipe.lifetime, engine.now());
    let mut good = |created, dependencies: &[Dependency]| {
        lifetime.expired(key, created, now).is_none()
            && hold(engine, &factory, dependencies, depth + 1, check).is_ok()
    };
    if let Some(slot) = engine.memory.find(&(*key, factory.fingerprint)) {
        let facts = slot.facts();
        if facts.content.as_ref() == Some(used) && good(facts.created, &facts.dependencies) {
            return Checked::Holds;
        }
    }
    let candidates = engine.disk_for(&factory).map(|disk| disk.candidates(key, &factory.fingerprint));
    let Some(Ok(candidates)) = candidates else { return changed("is not kept on disk") };
    let trusted = candidates.iter().filter(|one| believed(engine, &factory, one).is_ok());
    let mut present = trusted.filter(|one| good(one.created, &one.dependencies)).peekable();
    if present.peek().is_none() {
        return changed("would be built anew");
    }
    if present.any(|candidate| candidate.content == *used) {
        return Checked::Holds;
    }
    changed("has other content now")
}
