//! The program from arguments to exit code.
//!
//! Promises: 1. every end is one of the documented exit codes; 2. a reader that closes the pipe ends the program in
//! silence; 3. with `--json` a failure is a document too. Refuses: knowing any command; `arguments` does.

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;
use clap::error::ErrorKind;

use crate::arguments::{Arguments, ColorChoice, dispatch};
use crate::commands::Call;
use crate::console::Console;
use crate::stop::{FINE, Stop};
use crate::surroundings::Surroundings;

/// The exit code for a call that cannot be understood.
const INVALID: u8 = 2;

/// Runs the program in this process: `arguments` as the process was given them, the program's name first.
///
/// Returns the exit code: 0 fine, 1 a finding, 2 an invalid call or invalid settings, 3 the store is unavailable.
pub fn run(arguments: impl Iterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    run_in(arguments, &Surroundings::of_process(), out, err)
}

/// Runs the program in other surroundings, as [`run`] does in those of the process.
pub fn run_in(
    arguments: impl Iterator<Item = OsString>,
    surroundings: &Surroundings,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let words: Vec<OsString> = arguments.collect();
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(refusal) => return refused(&refusal, &words, surroundings, out, err),
    };
    let global = &arguments.global;
    let console = Console {
        out,
        err,
        json: global.json,
        quiet: global.quiet,
        color: colored(global.color, surroundings),
        columns: surroundings.columns,
    };
    let mut call = Call { global, surroundings, console };
    let outcome = dispatch(&arguments.command, &mut call);
    let outcome = outcome.and_then(|code| call.console.out.flush().map(|()| code).map_err(Stop::Output));
    outcome.unwrap_or_else(|stop| stopped(&stop, &mut call.console))
}

/// Tells why a command ended early.
fn stopped(stop: &Stop, console: &mut Console<'_>) -> u8 {
    if console.json
        && let Some(report) = stop.report()
    {
        let written = serde_json::to_writer(&mut *console.out, &report).map_err(std::io::Error::from);
        written.and_then(|()| writeln!(console.out)).and_then(|()| console.out.flush()).ok();
    } else {
        console.out.flush().ok();
    }
    if let Some(sentence) = stop.sentence() {
        let (on, off) = if console.color { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
        writeln!(console.err, "{on}error:{off} {}", crate::escape::escaped(&sentence)).ok();
    }
    stop.code()
}

/// Help and version are what was asked for; the rest is a call that cannot be understood.
fn refused(
    refusal: &clap::Error,
    words: &[OsString],
    surroundings: &Surroundings,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let color = colored(asked_color(words), surroundings);
    let text = refusal.render();
    let text = if color { text.ansi().to_string() } else { text.to_string() };
    if matches!(refusal.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe has seen enough.
        write!(out, "{text}").and_then(|()| out.flush()).ok();
        return FINE;
    }
    if words.iter().any(|word| word == "--json") {
        let message = refusal.to_string();
        let report = Stop::invalid(message.trim_start_matches("error: ").trim_end()).report();
        let written = serde_json::to_writer(&mut *out, &report).map_err(std::io::Error::from);
        written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).ok();
    }
    write!(err, "{text}").ok();
    INVALID
}

fn colored(choice: ColorChoice, surroundings: &Surroundings) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => surroundings.out_is_terminal && surroundings.set("NO_COLOR").is_none(),
    }
}

/// The colour that was asked for in a call that could not be understood as a whole.
fn asked_color(words: &[OsString]) -> ColorChoice {
    let asks = |value: &str| {
        let apart = words.windows(2).any(|pair| pair[0] == "--color" && pair[1] == value);
        apart || words.iter().any(|word| *word == *format!("--color={value}"))
    };
    match (asks("always"), asks("never")) {
        (_, true) => ColorChoice::Never,
        (true, false) => ColorChoice::Always,
        (false, false) => ColorChoice::Auto,
    }
}
