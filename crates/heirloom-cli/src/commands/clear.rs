//! `heirloom clear`: removes everything, or everything of one factory.
//!
//! Promises: 1. nothing goes without a yes: typed at a terminal, or `--yes`; 2. whoever holds an object keeps it.
//! Refuses: asking when nobody is there to answer.

use clap::Args;
use heirloom_core::settings::shown_size;
use serde::Serialize;

use super::Call;
use crate::report::{distinct_bytes, entries};
use crate::stop::{FINDING, FINE, Outcome, Stop};

const BELOW: &str = "\
Pinned entries go, too. Programs that hold an object keep it.

Examples:
  heirloom clear tables            asks first
  heirloom clear --yes             everything, without asking";

/// Remove everything, or everything of one factory
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Clear {
    /// Only the objects of this factory
    name: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

#[derive(Serialize)]
struct Report {
    factory: Option<String>,
    entries: usize,
    bytes: u64,
}

pub(crate) fn run(arguments: &Clear, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let name = arguments.name.as_deref();
    let rows = open.kept(name)?;
    let bytes = distinct_bytes(&rows);
    let of = name.map(|name| format!(" of `{name}`")).unwrap_or_default();
    let what = format!("{}{of} ({})", entries(rows.len()), shown_size(bytes));
    let agreed = rows.is_empty()
        || arguments.yes
        || call.agreed(&format!("Remove {what}? [y/N]")).ok_or_else(|| {
            Stop::invalid(format_args!("nobody is here to agree to removing {what}; give --yes"))
        })?;
    if !agreed {
        call.console.line("nothing was removed")?;
        return Ok(FINDING);
    }
    let removed = open.engine.clear(name)?;
    if call.console.json {
        let report = Report { factory: arguments.name.clone(), entries: removed, bytes };
        open.document(&mut call.console, "clear", &report)?;
    } else {
        call.console.line(format!("removed {what}"))?;
    }
    Ok(FINE)
}
