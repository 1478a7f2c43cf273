//! `heirloom bump`: raises a developer's counter in `heirloom.toml`, so that objects are built anew.
//!
//! Promises: 1. the counter rises past every number that the store has seen for this name; 2. the file is replaced
//! as a whole or not at all, and keeps its comments; 3. it is said whose counter was raised and who said so.
//! Refuses: lowering a counter.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use heirloom_core::identity::key::validate_factory_name;
use heirloom_core::settings::{self, Bumped, Settings};
use serde::Serialize;

use super::Call;
use crate::developer::{self, Developer};
use crate::nearest::{did_you_mean, nearest};
use crate::present;
use crate::project::{Project, settings_file};
use crate::stop::{FINE, Outcome, Stop};

const BELOW: &str = "\
The developer is the first of these: --as, HEIRLOOM_DEVELOPER, git's user.name, USER.

Examples:
  heirloom bump tables             your change counts from now on
  heirloom bump tables --as anna
  heirloom bump tables --to 7      sets the counter; it never goes back";

/// Raise your version counter of a factory in heirloom.toml
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Bump {
    /// The factory whose objects shall be built anew
    name: String,
    /// Whose counter to raise
    #[arg(long = "as", value_name = "DEV")]
    developer: Option<String>,
    /// Set the counter to this number instead of raising it by one
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    to: Option<u64>,
}

#[derive(Serialize)]
struct Report {
    factory: String,
    developer: String,
    developer_from: &'static str,
    old: u64,
    new: u64,
    file: String,
}

/// What the store and the settings know.
struct Known {
    /// The factories of the settings.
    named: Vec<String>,
    /// The factories that the store has seen.
    seen: Vec<String>,
    highest: u64,
    store: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Bump, call: &mut Call<'_>) -> Outcome {
    let name = arguments.name.as_str();
    validate_factory_name(name)?;
    let developer = developer::find(arguments.developer.as_deref(), call.surroundings)?;
    let found = settings_file(call.global, call.surroundings);
    let path = found.unwrap_or_else(|| call.surroundings.folder.join("heirloom.toml"));
    let text = read(&path)?;
    let settings = Settings::parse(&text, &path)?;
    let known = known(call, &settings, name, &developer.name);
    let bumped = match arguments.to {
        Some(to) => settings::set(&text, &path, name, &developer.name, to)?,
        None => settings::bump(&text, &path, name, &developer.name, known.highest.saturating_add(1))?,
    };
    if bumped.text != text {
        replace(&path, &bumped.text).map_err(Stop::unwritable(&path))?;
    }
    warn(arguments, call, &known, &developer, &bumped);
    let file = call.shown_path(&path);
    if call.console.json {
        let report = Report {
            factory: name.to_owned(),
            developer: developer.name,
            developer_from: developer.source,
            old: bumped.old,
            new: bumped.new,
            file: path.to_string_lossy().into_owned(),
        };
        call.console.document("bump", known.store.as_deref(), &report)?;
        return Ok(FINE);
    }
    let (who, old, new) = (&developer.name, bumped.old, bumped.new);
    let change = if old == new { format!("stays at {new}") } else { format!("{old} → {new}") };
    call.console.line(format!("{name}: {who} {change} in {file}"))?;
    call.console.dim(format!("{who} by {}", developer.source))?;
    Ok(FINE)
}

fn read(path: &Path) -> Result<String, Stop> {
    match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| {
            Stop::invalid(format_args!("{} is not UTF-8; save it as UTF-8 text", path.display()))
        }),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(fault) => Err(Stop::invalid(format_args!("{} cannot be read: {fault}", path.display()))),
    }
}

/// Asks the store, if there is one, for names and numbers.
fn known(call: &mut Call<'_>, settings: &Settings, name: &str, developer: &str) -> Known {
    let named = settings.factories().into_iter().map(str::to_owned).collect();
    let mut known = Known { named, seen: Vec::new(), highest: 0, store: None };
    let Ok(project) = Project::find(call.global, call.surroundings) else { return known };
    if !project.has_store() {
        return known;
    }
    let asked = project.open(call.surroundings).and_then(|(engine, _)| {
        let (seen, rows) = (engine.seen_factories()?, engine.entries(None)?);
        known.highest = present::highest(&seen, &rows, name, developer);
        known.seen.extend(seen.into_iter().map(|row| row.name));
        known.seen.extend(rows.into_iter().map(|row| row.factory));
        Ok(())
    });
    match asked {
        Ok(()) => known.store = Some(project.store),
        Err(stop) => {
            let why = stop.sentence().unwrap_or_default();
            call.console.warn(format!("the store was not asked which numbers were used before: {why}"));
        }
    }
    known
}

fn warn(arguments: &Bump, call: &mut Call<'_>, known: &Known, developer: &Developer, bumped: &Bumped) {
    let name = arguments.name.as_str();
    let seen = || known.seen.iter().map(String::as_str);
    if !seen().any(|one| one == name) {
        if !known.named.iter().any(|one| one == name) {
            let near = did_you_mean(name, known.named.iter().map(String::as_str).chain(seen()));
            call.console.warn(format!("neither heirloom.toml nor the store knew `{name}`{near}"));
        } else if let Some(near) = nearest(name, seen()) {
            // Written once in the settings by a slip, it would be bumped for ever and change nothing.
            call.console.warn(format!("the store has never seen `{name}`; did you mean `{near}`?"));
        }
    }
    if arguments.to.is_some() && bumped.new <= known.highest && bumped.new != bumped.old {
        let (who, new, next) = (&developer.name, bumped.new, known.highest.saturating_add(1));
        call.console.warn(format!(
            "the store has seen {who} at {} already, so objects of version {new} may be served again; set {next} \
             or more to have them built anew",
            known.highest
        ));
    }
}

/// Replaces a file as a whole; a link stays one, and the rights stay what they were.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut fresh = tempfile::Builder::new().prefix(".heirloom.toml.").tempfile_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    match fs::metadata(&path) {
        Ok(metadata) => fs::set_permissions(fresh.path(), metadata.permissions())?,
        // What a plain file would have, under this process's mask.
        Err(_) => drop(fs::File::create_new(&path).and_then(|file| {
            let permissions = file.metadata()?.permissions();
            fs::set_permissions(fresh.path(), permissions)
        })),
    }
    fresh.as_file().sync_all()?;
    fresh.persist(&path)?;
    Ok(())
}
