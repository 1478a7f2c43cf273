//! The arguments of the program, and which command each leads to.
//!
//! What a command takes stands in the command's own file. Promises: every command and option has a help text; the
//! man page, the completions and `--help` come from this one source. Refuses: deciding anything.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::Call;
use crate::commands::adopt::{self, Adopt};
use crate::commands::advise::{self, Advise};
use crate::commands::bump::{self, Bump};
use crate::commands::clear::{self, Clear};
use crate::commands::completions::{self, Completions};
use crate::commands::du::{self, Du};
use crate::commands::explain::{self, Explain};
use crate::commands::gc::{self, Gc};
use crate::commands::keys::{self, Keys};
use crate::commands::ls::{self, Ls};
use crate::commands::man::{self, Man};
use crate::commands::pin::{self, Pin};
use crate::commands::show::{self, Show};
use crate::commands::stats::{self, Stats};
use crate::commands::unpin::{self, Unpin};
use crate::commands::verify::{self, Verify};
use crate::stop::Outcome;

const BELOW: &str = "\
KEY is the beginning of an entry's or a key's digest (4 letters or more), or NAME(args) as `heirloom ls` shows it.

The store is the first of these: --store, HEIRLOOM_STORE, the `store` of the nearest heirloom.toml upwards \
(without one: .heirloom beside that file), the user's cache directory.

Exit codes:
  0  fine
  1  a finding: `verify` found problems, or what was asked for is not there
  2  an invalid call or invalid settings
  3  the store is unavailable

Examples:
  heirloom ls                      what is kept
  heirloom explain tables          why it was built
  heirloom bump tables             your change counts: objects of `tables` are built anew
  heirloom gc --dry-run            what would be collected, and why";

/// Build it once, hand it down: looks after a store of Heirloom, and says why.
#[derive(Parser)]
#[command(name = "heirloom", bin_name = "heirloom", version, after_help = BELOW, after_long_help = BELOW)]
#[command(disable_help_subcommand = true, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args)]
pub(crate) struct Global {
    /// The folder of the store
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(crate) store: Option<PathBuf>,
    /// The settings to use instead of the nearest heirloom.toml
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,
    /// Print one JSON document (docs/format/cli-json.md)
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// When to use colours; NO_COLOR switches them off, too
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_default_value = true,
        help_heading = "Everywhere"
    )]
    pub(crate) color: ColorChoice,
    /// Print no notes and no progress
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    // No documentation on these words: it would make every `--help` three lines longer.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Ls(Ls),
    Show(Show),
    Explain(Explain),
    Stats(Stats),
    Bump(Bump),
    Gc(Gc),
    Verify(Verify),
    Clear(Clear),
    Du(Du),
    Advise(Advise),
    Adopt(Adopt),
    Pin(Pin),
    Unpin(Unpin),
    Keys(Keys),
    Completions(Completions),
    Man(Man),
}

/// Runs the command.
pub(crate) fn dispatch(command: &Command, call: &mut Call<'_>) -> Outcome {
    match command {
        Command::Ls(arguments) => ls::run(arguments, call),
        Command::Show(arguments) => show::run(arguments, call),
        Command::Explain(arguments) => explain::run(arguments, call),
        Command::Stats(arguments) => stats::run(arguments, call),
        Command::Bump(arguments) => bump::run(arguments, call),
        Command::Gc(arguments) => gc::run(*arguments, call),
        Command::Verify(arguments) => verify::run(*arguments, call),
        Command::Clear(arguments) => clear::run(arguments, call),
        Command::Du(arguments) => du::run(*arguments, call),
        Command::Advise(arguments) => advise::run(arguments, call),
        Command::Adopt(arguments) => adopt::run(arguments, call),
        Command::Pin(arguments) => pin::run(arguments, call),
        Command::Unpin(arguments) => unpin::run(arguments, call),
        Command::Keys(arguments) => keys::run(arguments, call),
        Command::Completions(arguments) => completions::run(*arguments, call),
        Command::Man(arguments) => man::run(arguments, call),
    }
}
