//! The `cargo xtask` program: reads the arguments, runs one task, turns its outcome into an exit code.
//!
//! Promises: 0 when all is well, 1 when something was found or failed, 2 when the call itself was wrong. Refuses to
//! decide anything: the library does, so that tests can call the same functions.

use std::process::ExitCode;

use xtask::task::{HELP, Task};
use xtask::{recipe, tidy};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a terminal")]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match Task::parse(&words) {
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::from(2);
        }
        Ok(Task::Help) => {
            print!("{HELP}");
            Ok(())
        }
        Ok(Task::Tidy { bless }) => tidy::run(&xtask::root(), bless),
        Ok(Task::Test) => recipe::run(&xtask::root()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentences) => {
            eprintln!("{sentences}");
            ExitCode::FAILURE
        }
    }
}
