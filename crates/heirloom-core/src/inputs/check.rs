//! Compares a recorded input with what is there now.
//!
//! Promises: 1. stat first, digest only when the stat differs; 2. the answer names old and new in words.
//! Refuses: guessing; an input that cannot be looked at has changed.

use std::fs;
use std::io;
use std::path::Path;

use super::{Ambient, CodeCheck, Memo, Variables, observe};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::identity::{Dependency, FileState, Property, StoredPath};

/// Where inputs are looked for: the project's folder, the environment, and the time of the look.
pub struct Site<'a> {
    /// The folder that stored paths are relative to.
    pub project: Option<&'a Path>,
    /// The environment.
    pub variables: &'a Variables,
    /// Looks at code that ran.
    pub code: &'a CodeCheck,
    /// The states of the process that the face can look at.
    pub ambient: &'a Ambient,
    /// What is remembered of large files.
    pub memo: &'a Memo,
    /// Now.
    pub now: Timestamp,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The input is what it was.
    Holds,
    /// The input is what it was, but its stat is new: keep this in place of what was recorded.
    Touched(Dependency),
    /// The input is not what it was; in words, what it is now.
    Changed(String),
}

/// Checks one recorded input. What other factories make is the engine's to check and counts as holding here.
pub fn check(dependency: &Dependency, site: &Site<'_>) -> Checked {
    match dependency {
        Dependency::File { path, state } => file(path, state, site),
        Dependency::Directory { path, listing, written } => {
            let found = observe::listing(&path.resolve(site.project));
            let found = found.map(|names| observe::listing_digest(&names, written));
            compare(*listing, found, "lists other names now")
        }
        Dependency::Pattern { path, matches, written } => {
            let found = observe::matches(&path.resolve(site.project), site.project);
            let found = found.map(|paths| observe::matches_digest(&paths, site.project, written));
            compare(*matches, found, "match other files now")
        }
        // As a read would see it: a link that leads nowhere is absent too.
        Dependency::Absent { path } => match fs::metadata(path.resolve(site.project)) {
            Ok(_) => Checked::Changed("is over: it exists now".into()),
            Err(fault) if observe::is_absence(&fault) => Checked::Holds,
            Err(fault) => Checked::Changed(format!("cannot be told: {fault}")),
        },
        Dependency::Variable { name, value } => variable(name, *value, site),
        Dependency::Code { name, state, .. } => match (site.code)(name, state) {
            None => Checked::Holds,
            Some(now) => Checked::Changed(now),
        },
        Dependency::Stat { path, property, value } => stat(path, *property, value, site),
        Dependency::Made { path, state } => made(path, state.as_ref(), site),
        Dependency::WorkingDirectory { path } => working_directory(path, site),
        Dependency::Ambient { what, value } => match (site.ambient)(what) {
            Some(now) if Digest::of(&now) == *value => Checked::Holds,
            Some(_) => Checked::Changed("is another now".into()),
            None => Checked::Changed("cannot be told here".into()),
        },
        Dependency::Object { .. } | Dependency::Factory { .. } | Dependency::Unchecked { .. } => {
            Checked::Holds
        }
    }
}

fn file(stored: &StoredPath, recorded: &FileState, site: &Site<'_>) -> Checked {
    let path = stored.resolve(site.project);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(fault) if observe::is_absence(&fault) => return Checked::Changed("is gone".into()),
        Err(fault) => return Checked::Changed(format!("cannot be looked at: {fault}")),
    };
    if recorded.is_unknown() {
        return Checked::Changed("could not be read whole when the object was built".into());
    }
    if observe::stat_holds(recorded, &metadata) {
        return Checked::Holds;
    }
    if metadata.len() != recorded.size {
        return Checked::Changed(format!("changed: {} → {} bytes", recorded.size, metadata.len()));
    }
    match site.memo.file(&path, site.now) {
        Ok(state) if state.digest == recorded.digest => {
            Checked::Touched(Dependency::File { path: stored.clone(), state })
        }
        Ok(state) => {
            let (old, new) = (recorded.digest.short(), state.digest.short());
            Checked::Changed(format!("changed: content {old} → {new}"))
        }
        Err(fault) => Checked::Changed(format!("cannot be read: {fault}")),
    }
}

fn stat(stored: &StoredPath, property: Property, recorded: &str, site: &Site<'_>) -> Checked {
    match observe::property(&stored.resolve(site.project), property) {
        Ok(now) if now == recorded => Checked::Holds,
        Ok(now) => Checked::Changed(format!("changed: {recorded} → {now}")),
        Err(fault) if observe::is_absence(&fault) => Checked::Changed("cannot be told: it is gone".into()),
        Err(fault) => Checked::Changed(format!("cannot be told: {fault}")),
    }
}

/// As it was before the build (absent), or as the build left it: either way the builder would do the same again.
fn made(stored: &StoredPath, left: Option<&FileState>, site: &Site<'_>) -> Checked {
    let path = stored.resolve(site.project);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(fault) if observe::is_absence(&fault) => return Checked::Holds,
        Err(fault) => return Checked::Changed(format!("cannot be looked at: {fault}")),
    };
    let Some(left) = left else {
        return if metadata.is_dir() { Checked::Holds } else { Checked::Changed("is a file now".into()) };
    };
    if metadata.is_dir() {
        return Checked::Changed("is a directory now".into());
    }
    let touched = |dependency| match dependency {
        Dependency::File { path, state } => Dependency::Made { path, state: Some(state) },
        other => other,
    };
    match file(stored, left, site) {
        Checked::Touched(fresh) => Checked::Touched(touched(fresh)),
        told => told,
    }
}

fn working_directory(stored: &StoredPath, site: &Site<'_>) -> Checked {
    let Ok(now) = std::path::absolute(".") else { return Checked::Changed("cannot be told".into()) };
    if stored.resolve(site.project) == now {
        return Checked::Holds;
    }
    Checked::Changed(format!("changed: {stored} → {}", StoredPath::new(&now, site.project)))
}

fn compare(recorded: Digest, found: io::Result<Digest>, words: &str) -> Checked {
    match found {
        Ok(digest) if digest == recorded => Checked::Holds,
        Ok(_) if recorded == FileState::UNKNOWN.digest => {
            Checked::Changed("could not be listed when the object was built".into())
        }
        Ok(_) => Checked::Changed(words.into()),
        Err(fault) if observe::is_absence(&fault) => Checked::Changed("is gone".into()),
        Err(fault) => Checked::Changed(format!("cannot be listed: {fault}")),
    }
}

fn variable(name: &str, recorded: Option<Digest>, site: &Site<'_>) -> Checked {
    let now = (site.variables)(name);
    let digest = now.as_deref().map(|value| Digest::of(value.as_encoded_bytes()));
    match (recorded, digest) {
        (old, new) if old == new => Checked::Holds,
        (None, _) => Checked::Changed("is set now".into()),
        (_, None) => Checked::Changed("is no longer set".into()),
        _ => Checked::Changed("has another value now".into()),
    }
}
