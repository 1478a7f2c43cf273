//! `heirloom keys`: the key that entries are signed with, shown, shared and replaced.
//!
//! Promises: 1. only `export` prints a secret; 2. a key that is replaced is kept beside, under its identity. Refuses:
//! making a key by looking; the first program that keeps something does.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use heirloom_core::settings::Settings;
use heirloom_core::trust::{self, MacKey};
use serde::Serialize;

use super::Call;
use crate::project::{own_key, settings_file};
use crate::stop::{FINE, Outcome, Stop};

const BELOW: &str = "\
Python objects are kept as pickles, and opening one can run code. So each entry carries a MAC, and what does not carry \
the MAC of this user's key is never opened: it is built again. Whoever shares a store shares a key.

A key lies in $XDG_CONFIG_HOME/heirloom/key (~/.config/heirloom/key), one with a name in keys/NAME beside it, readable \
by its owner only. HEIRLOOM_KEY_FILE names another file. `key = \"NAME\"` in heirloom.toml chooses one by name.

Examples:
  heirloom keys                            which key is used here
  heirloom keys export > team.key          then give the file to a colleague, in secret
  heirloom keys import team.key --name team
  heirloom keys rotate                     after a key was seen by others; everything is built again once";

/// Show, share and replace the key that entries are signed with
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Keys {
    /// The key of this name, instead of the one that is used here
    #[arg(long, value_name = "NAME", global = true)]
    name: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Say which key is used here, without its secret
    Show,
    /// Make a new key; what was kept with the old one is built again
    Rotate,
    /// Print the key as one line, for a colleague
    Export,
    /// Take in a key that was exported
    Import {
        /// The file with the line
        file: PathBuf,
    },
}

#[derive(Serialize)]
struct Report {
    file: PathBuf,
    identity: Option<String>,
    team: bool,
    replaced: Option<String>,
    exported: Option<String>,
}

pub(crate) fn run(arguments: &Keys, call: &mut Call<'_>) -> Outcome {
    let path = path(arguments.name.as_deref(), call)?;
    let (key, replaced) = match &arguments.action {
        None | Some(Action::Show) => (trust::read(&path)?, None),
        Some(Action::Rotate) => {
            let (old, new) = trust::rotate(&path)?;
            (Some(new), old)
        }
        Some(Action::Export) => (Some(trust::read(&path)?.ok_or_else(|| missing(&path))?), None),
        Some(Action::Import { file }) => {
            let file = call.surroundings.folder.join(file);
            let line = std::fs::read_to_string(&file)
                .map_err(|fault| Stop::invalid(format_args!("{} cannot be read: {fault}", file.display())))?;
            let old = trust::read(&path)?;
            (Some(trust::import(&path, &line)?), old)
        }
    };
    let exports = matches!(arguments.action, Some(Action::Export));
    let report = Report {
        file: path,
        identity: key.as_ref().map(MacKey::identity),
        team: key.as_ref().is_some_and(MacKey::is_team),
        replaced: replaced.as_ref().map(MacKey::identity),
        exported: key.as_ref().filter(|_| exports).map(trust::export),
    };
    if call.console.json {
        call.console.document("keys", None, &report)?;
    } else {
        print(&report, call)?;
    }
    Ok(FINE)
}

fn print(report: &Report, call: &mut Call<'_>) -> Result<(), Stop> {
    if let Some(line) = &report.exported {
        call.console.line(line)?;
        return Ok(());
    }
    let file = report.file.display();
    let Some(identity) = &report.identity else {
        call.console.line(format!("no key yet: {file} is made when something is kept"))?;
        return Ok(());
    };
    let shared = if report.team { ", shared by a team" } else { "" };
    call.console.line(format!("key {identity}{shared}: {file}"))?;
    if let Some(old) = report.replaced.as_ref().filter(|old| *old != identity) {
        call.console.line(format!(
            "it replaces {old}, which is kept as {file}.old-{old}; what was kept with it is built again"
        ))?;
    }
    Ok(())
}

fn path(name: Option<&str>, call: &Call<'_>) -> Result<PathBuf, Stop> {
    let own = own_key(call.surroundings).ok_or_else(|| {
        Stop::invalid("there is no folder for keys; set HOME, XDG_CONFIG_HOME or HEIRLOOM_KEY_FILE")
    })?;
    let settings =
        settings_file(call.global, call.surroundings).map(|file| Settings::read(&file)).transpose()?;
    let chosen = settings.as_ref().and_then(Settings::key);
    let Some(name) = name.or(chosen) else { return Ok(own) };
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(Stop::invalid(format_args!(
            "`{}` is not a key's name; use letters, digits, `-` or `_`",
            name.escape_debug()
        )));
    }
    Ok(trust::named(&own, name))
}

fn missing(path: &Path) -> Stop {
    Stop::not_found(format_args!(
        "there is no key at {}; run a program that keeps something, or `heirloom keys rotate`",
        path.display()
    ))
}
