//! `heirloom completions`: a script that completes commands and options in a shell.
//!
//! Promises: made from the same arguments as `--help`. Refuses: installing it.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde::Serialize;

use super::Call;
use crate::arguments::Arguments;
use crate::stop::{FINE, Outcome};

const BELOW: &str = "\
Examples:
  heirloom completions bash > ~/.local/share/bash-completion/completions/heirloom
  heirloom completions zsh > ~/.zfunc/_heirloom
  heirloom completions fish > ~/.config/fish/completions/heirloom.fish";

/// Print the completions for a shell
#[derive(Args, Clone, Copy)]
#[command(after_help = BELOW)]
pub(crate) struct Completions {
    /// For which shell
    shell: Shell,
}

#[derive(Serialize)]
struct Report {
    shell: String,
    script: String,
}

pub(crate) fn run(arguments: Completions, call: &mut Call<'_>) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "heirloom", &mut script);
    if call.console.json {
        let script = String::from_utf8_lossy(&script).into_owned();
        call.console.document("completions", None, &Report { shell: arguments.shell.to_string(), script })?;
    } else {
        call.console.out.write_all(&script)?;
    }
    Ok(FINE)
}
