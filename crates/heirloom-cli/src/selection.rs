//! Finds what a KEY means: the beginning of a digest, or NAME(args) as `ls` shows it.
//!
//! Promises: 1. one thing or one sentence, never a guess; 2. a key means all kept versions of it, an entry only
//! itself; 3. an ambiguous KEY is told with its candidates, an unknown one with the nearest. Refuses: fewer than
//! four letters of a digest.

use std::collections::{BTreeMap, BTreeSet};

use heirloom_core::Digest;
use heirloom_core::disk::{EntryRow, TrailRow};
use heirloom_core::engine::Engine;

use crate::escape::escaped;
use crate::nearest::did_you_mean;
use crate::report::name_of;
use crate::stop::Stop;

const LETTERS_MIN: usize = 4;
const CANDIDATES_SHOWN_MAX: usize = 8;

/// One thing, with its kept versions.
pub(crate) struct Selection {
    /// The thing for people.
    pub(crate) name: String,
    /// Which thing.
    pub(crate) key: Digest,
    /// Its factory.
    pub(crate) factory: String,
    /// Its kept versions that were meant, the youngest first; none when only its trail is left.
    pub(crate) rows: Vec<EntryRow>,
}

/// Something that a KEY may mean.
struct Candidate<'a> {
    name: String,
    key: Digest,
    factory: &'a str,
    row: Option<&'a EntryRow>,
}

/// Finds a kept thing.
pub(crate) fn kept(engine: &Engine, text: &str) -> Result<Selection, Stop> {
    select(text, &engine.entries(None)?, &[])
}

/// Finds a thing that is kept, or that was built once.
pub(crate) fn known(engine: &Engine, text: &str) -> Result<Selection, Stop> {
    select(text, &engine.entries(None)?, &engine.trails(None)?)
}

/// Refuses a factory name of which nothing is known; `names` are the known ones.
pub(crate) fn unknown_factory<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Stop {
    let names: BTreeSet<&str> = names.into_iter().collect();
    Stop::not_found(format_args!("nothing of `{name}` is kept{}", did_you_mean(name, names)))
}

fn select(text: &str, rows: &[EntryRow], trails: &[TrailRow]) -> Result<Selection, Stop> {
    let entries = rows.iter().map(|row| Candidate {
        name: name_of(&row.factory, &row.shown),
        key: row.key,
        factory: &row.factory,
        row: Some(row),
    });
    let past = trails.iter().map(|row| Candidate {
        name: name_of(&row.factory, &row.shown),
        key: row.key,
        factory: &row.factory,
        row: None,
    });
    let all: Vec<Candidate<'_>> = entries.chain(past).collect();
    let named: Vec<&Candidate<'_>> =
        all.iter().filter(|one| one.name == text || escaped(&one.name) == text).collect();
    if !named.is_empty() {
        return one_thing(text, &named);
    }
    let hex = text.to_ascii_lowercase();
    if !hex.is_empty() && hex.bytes().all(|letter| letter.is_ascii_hexdigit()) && hex.len() <= 64 {
        return by_digest(&hex, &all);
    }
    Err(unknown(text, &all))
}

fn by_digest(hex: &str, all: &[Candidate<'_>]) -> Result<Selection, Stop> {
    if hex.len() < LETTERS_MIN {
        return Err(Stop::invalid(format_args!(
            "`{hex}` is too short for a digest; give {LETTERS_MIN} letters or more, as `heirloom ls` shows them"
        )));
    }
    let begins = |digest: &Digest| digest.to_string().starts_with(hex);
    let found: Vec<&Candidate<'_>> =
        all.iter().filter(|one| begins(&one.key) || one.row.is_some_and(|row| begins(&row.entry))).collect();
    if found.is_empty() {
        return Err(Stop::not_found(format_args!(
            "no entry and no key begins with `{hex}`; `heirloom ls` lists what is kept"
        )));
    }
    one_thing(hex, &found)
}

/// The one thing that all of these are.
fn one_thing(text: &str, found: &[&Candidate<'_>]) -> Result<Selection, Stop> {
    let things: BTreeMap<Digest, &Candidate<'_>> = found.iter().map(|one| (one.key, *one)).collect();
    match things.first_key_value() {
        Some((key, thing)) if things.len() == 1 => {
            let mut rows: Vec<EntryRow> = found.iter().filter_map(|one| one.row.cloned()).collect();
            rows.sort_by_key(|row| (std::cmp::Reverse(row.created), row.entry));
            Ok(Selection { name: thing.name.clone(), key: *key, factory: thing.factory.to_owned(), rows })
        }
        _ => {
            let shown = |one: &&Candidate<'_>| {
                let digest = one.row.map_or(one.key, |row| row.entry);
                format!("{} {}", digest.short(), one.name)
            };
            let mut list: Vec<String> = things.values().take(CANDIDATES_SHOWN_MAX).map(shown).collect();
            if things.len() > list.len() {
                list.push(format!("{} more", things.len() - list.len()));
            }
            let (count, list) = (things.len(), list.join(", "));
            Err(Stop::invalid(format_args!("`{text}` may mean {count} things: {list}; give more letters")))
        }
    }
}

fn unknown(text: &str, all: &[Candidate<'_>]) -> Stop {
    if all.iter().any(|one| one.factory == text) {
        return Stop::invalid(format_args!(
            "`{text}` is a factory, not one object; `heirloom ls {text}` lists its objects"
        ));
    }
    if text.contains('(') {
        let names: BTreeSet<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let near = did_you_mean(text, names);
        return Stop::not_found(format_args!("nothing is kept under the name `{text}`{near}"));
    }
    let factories: BTreeSet<&str> = all.iter().map(|one| one.factory).collect();
    let near = did_you_mean(text, factories);
    Stop::invalid(format_args!(
        "`{text}` is neither the beginning of a digest (hexadecimal letters) nor NAME(args) as `heirloom ls` shows \
         it{near}"
    ))
}
