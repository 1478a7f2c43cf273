//! What the process offers a command: a folder to stand in, variables, terminals, a clock.
//!
//! The one home of the environment in this crate. Promises: a command sees nothing of the process but this, so
//! that tests and other faces can give it another. Refuses: interpreting; `project` and `developer` do.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use heirloom_core::{Clock, SystemClock};

/// What a command sees of the process it runs in.
pub struct Surroundings {
    /// The folder that relative paths and the search for `heirloom.toml` start from.
    pub folder: PathBuf,
    /// Reads one environment variable.
    #[expect(clippy::type_complexity, reason = "a plain function behind a pointer")]
    pub variable: Box<dyn Fn(&str) -> Option<OsString>>,
    /// Whether the output goes to a terminal.
    pub out_is_terminal: bool,
    /// Whether messages go to a terminal, so that a progress bar may be drawn there.
    pub err_is_terminal: bool,
    /// The terminal's width in columns, when the output goes to one.
    pub columns: Option<u16>,
    /// Reads a line that a person types; `None` when nobody is there.
    pub answer: Option<fn() -> io::Result<String>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Surroundings {
    /// Those of this very process.
    #[expect(clippy::disallowed_methods, reason = "the one home of the environment in the command line")]
    pub fn of_process() -> Self {
        let (out_is_terminal, err_is_terminal) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let somebody = io::stdin().is_terminal() && err_is_terminal;
        Self {
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            variable: Box::new(|name| std::env::var_os(name)),
            out_is_terminal,
            err_is_terminal,
            columns: if out_is_terminal { comfy_table::Table::new().width() } else { None },
            answer: somebody.then_some(typed as fn() -> io::Result<String>),
            clock: Arc::new(SystemClock),
        }
    }

    /// A variable that is set to something; an empty one counts as not set.
    pub(crate) fn set(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}

fn typed() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line)
}
