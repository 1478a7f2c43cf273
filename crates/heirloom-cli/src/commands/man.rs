//! `heirloom man`: the manual pages, in roff.
//!
//! Promises: made from the same arguments as `--help`. Refuses: installing them.

use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;
use serde::Serialize;

use super::Call;
use crate::arguments::Arguments;
use crate::nearest::did_you_mean;
use crate::stop::{FINE, Outcome, Stop};

const BELOW: &str = "\
Examples:
  heirloom man | man -l -
  heirloom man gc > heirloom-gc.1";

/// Print the manual page of the program, or of one command
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Man {
    /// The page of this command
    command: Option<String>,
}

#[derive(Serialize)]
struct Report {
    page: String,
}

pub(crate) fn run(arguments: &Man, call: &mut Call<'_>) -> Outcome {
    let mut program = Arguments::command();
    program.build();
    let command = match &arguments.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            let names = program.get_subcommands().map(clap::Command::get_name);
            let near = did_you_mean(name, names);
            // Built as a part of the program, so its page is called heirloom-NAME.
            found.ok_or_else(|| Stop::invalid(format_args!("there is no command `{name}`{near}")))?
        }
    };
    let mut page = Vec::new();
    Page::new(command).render(&mut page)?;
    if call.console.json {
        let page = String::from_utf8_lossy(&page).into_owned();
        call.console.document("man", None, &Report { page })?;
    } else {
        call.console.out.write_all(&page)?;
    }
    Ok(FINE)
}
