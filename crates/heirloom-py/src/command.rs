//! `python -m heirloom`: the command line, in this process.
//!
//! Promises: the same program as `heirloom`, the same exit codes. Refuses: the interpreter's own streams; the program
//! writes to those of the process.

use std::ffi::OsString;
use std::io::{self, BufWriter};

use pyo3::prelude::*;

/// Runs the command line; `arguments` begin with the program's name. Returns the exit code.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| {
        let (mut out, mut err) = (BufWriter::new(io::stdout()), io::stderr());
        heirloom_cli::run(arguments.into_iter(), &mut out, &mut err)
    })
}
