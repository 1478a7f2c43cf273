//! `heirloom adopt`: binds what is kept of a factory to the code that asks for it next.
//!
//! Promises: 1. what differs is shown before it is bound, as far as the store knows it; 2. whoever sits at a terminal is
//! asked; 3. only code is vouched for; counters, schema, inputs and traits still decide.
//! Refuses: knowing code that has built nothing yet; it is only known inside the program.

use clap::Args;
use serde::Serialize;

use super::Call;
use crate::code_diff::{self, CodeDiff};
use crate::report::entries;
use crate::stop::{FINDING, FINE, Outcome};

const BELOW: &str = "\
For a change of code that you vouch for: what the old code built is as good as what the new code would build. The \
next request of other code than theirs takes the vouch. Every served object says on its trail that it was adopted.

Examples:
  heirloom adopt tables            shows what differs, and asks
  heirloom adopt tables --yes      shows it, without asking";

/// Vouch that what is kept is as good as what the present code would build
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Adopt {
    /// The factory whose code changed
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    factory: &'a str,
    entries: usize,
    /// What differs from the code that was seen last; empty where that has built nothing else.
    diffs: Vec<CodeDiff>,
}

pub(crate) fn run(arguments: &Adopt, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let name = arguments.name.as_str();
    let rows = open.kept(Some(name))?;
    let diffs = code_diff::of_entries(&open.engine, &rows, &open.engine.seen_factories()?)?;
    if !call.console.json {
        code_diff::print(&mut call.console, &diffs)?;
    }
    let question = format!("Vouch for {} of `{name}`? [y/N]", entries(rows.len()));
    if !arguments.yes && call.agreed(&question) == Some(false) {
        call.console.line("nothing was adopted")?;
        return Ok(FINDING);
    }
    let bound = open.engine.adopt(name, None)?;
    if call.console.json {
        open.document(&mut call.console, "adopt", &Report { factory: name, entries: bound, diffs })?;
        return Ok(FINE);
    }
    let bound = entries(bound);
    call.console.line(format!("{name}: {bound} will be served to the changed code that asks next"))?;
    Ok(FINE)
}
