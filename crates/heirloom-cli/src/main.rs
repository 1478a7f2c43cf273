//! The `heirloom` program: glue between the process and the library.
//!
//! Promises: the exit code is the one that `heirloom_cli::run` returns. Refuses: everything else, so that
//! `python -m heirloom` is the same program.

use std::io::{self, BufWriter};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Not locked: a progress bar writes to standard error by itself.
    let (mut out, mut err) = (BufWriter::new(io::stdout()), io::stderr());
    ExitCode::from(heirloom_cli::run(std::env::args_os(), &mut out, &mut err))
}
