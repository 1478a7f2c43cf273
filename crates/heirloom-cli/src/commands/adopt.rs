//! `heirloom adopt`: binds what is kept of a factory to the code that asks for it next.
//!
//! Promises: only code is vouched for; counters, schema, inputs and traits still decide. Refuses: knowing that code;
//! it is only known inside the program.

use clap::Args;
use serde::Serialize;

use super::Call;
use crate::report::entries;
use crate::stop::{FINE, Outcome};

const BELOW: &str = "\
For a change of code that you vouch for: what the old code built is as good as what the new code would build. The \
next request of other code than theirs takes the vouch. Every served object says on its trail that it was adopted.

Example:
  heirloom adopt tables";

/// Vouch that what is kept is as good as what the present code would build
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Adopt {
    /// The factory whose code changed
    name: String,
}

#[derive(Serialize)]
struct Report<'a> {
    factory: &'a str,
    entries: usize,
}

pub(crate) fn run(arguments: &Adopt, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let name = arguments.name.as_str();
    open.kept(Some(name))?;
    let bound = open.engine.adopt(name, None)?;
    if call.console.json {
        open.document(&mut call.console, "adopt", &Report { factory: name, entries: bound })?;
        return Ok(FINE);
    }
    let bound = entries(bound);
    call.console.line(format!("{name}: {bound} will be served to the changed code that asks next"))?;
    Ok(FINE)
}
