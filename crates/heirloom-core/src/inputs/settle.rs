//! What a build wrote itself is no input of it: settles that when the build is over.
//!
//! Promises: 1. a path that was looked for, not found and then made holds as it was and as it was left; 2. a listing
//! and a pattern count without what the build put there; 3. what was read before it was written stays an input.
//! Refuses: taking anything out that somebody else may have written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf, absolute};

use super::observe::{self, Name};
use crate::clock::Timestamp;
use crate::identity::{Dependency, Property, StoredPath};

/// What was seen of directories and patterns, to be digested when it is known what the build wrote.
#[derive(Default)]
pub(super) struct Looks {
    pub(super) listings: BTreeMap<StoredPath, Vec<Name>>,
    pub(super) matches: BTreeMap<StoredPath, Vec<PathBuf>>,
    /// Absolute paths that the build made, wrote or took away.
    pub(super) written: BTreeSet<PathBuf>,
}

/// The dependencies of a build that is over.
pub(super) fn settle(
    seen: &[Dependency],
    looks: &Looks,
    project: Option<&Path>,
    now: Timestamp,
) -> Vec<Dependency> {
    let whole: BTreeSet<&StoredPath> = seen.iter().filter_map(whole).collect();
    let kept = seen.iter().filter(|one| !told_by_more(one, &whole));
    kept.map(|one| settled(one, looks, project, now).unwrap_or_else(|| one.clone())).collect()
}

/// The path of an input that counts with its content or names.
fn whole(dependency: &Dependency) -> Option<&StoredPath> {
    match dependency {
        Dependency::File { path, .. } | Dependency::Directory { path, .. } => Some(path),
        _ => None,
    }
}

/// Whether a property is told by the content of the same file.
fn told_by_more(dependency: &Dependency, whole: &BTreeSet<&StoredPath>) -> bool {
    let Dependency::Stat { path, property, .. } = dependency else { return false };
    matches!(property, Property::Kind | Property::Size) && whole.contains(path)
}

fn settled(
    dependency: &Dependency,
    looks: &Looks,
    project: Option<&Path>,
    now: Timestamp,
) -> Option<Dependency> {
    if looks.written.is_empty() {
        return None;
    }
    match dependency {
        Dependency::Absent { path } => {
            let place = absolute(path.resolve(project)).ok()?;
            let metadata = fs::metadata(&place).ok().filter(|_| looks.written.contains(&place))?;
            let state = if metadata.is_dir() { None } else { Some(observe::file(&place, now).ok()?) };
            Some(Dependency::Made { path: path.clone(), state })
        }
        Dependency::Directory { path, .. } => {
            let names = looks.listings.get(path)?;
            let place = absolute(path.resolve(project)).ok()?;
            let own = looks.written.iter().filter(|path| path.parent() == Some(&place));
            let written: Vec<String> =
                own.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
            let listing = observe::listing_digest(names, &written);
            Some(Dependency::Directory { path: path.clone(), listing, written })
        }
        Dependency::Pattern { path, .. } => {
            let paths = looks.matches.get(path)?;
            let pattern = path.resolve(project);
            let found = observe::matches(&pattern, project).ok()?;
            let own =
                found.iter().filter(|path| absolute(path).is_ok_and(|path| looks.written.contains(&path)));
            let written: Vec<StoredPath> = own.map(|path| StoredPath::new(path, project)).collect();
            let matches = observe::matches_digest(paths, project, &written);
            Some(Dependency::Pattern { path: path.clone(), matches, written })
        }
        _ => None,
    }
}
