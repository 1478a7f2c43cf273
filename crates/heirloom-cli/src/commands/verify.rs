//! `heirloom verify`: reads every byte of a store, says what does not fit together, and mends it when asked.
//!
//! Promises: 1. without `--repair` nothing changes; 2. exit code 1 exactly when problems remain, found by looking
//! again after a repair. Refuses: believing that a repair has worked.

use clap::Args;
use heirloom_core::disk::{Inspection, Problem};
use heirloom_core::settings::shown_size;
use serde::Serialize;

use super::{Call, Open};
use crate::progress::Progress;
use crate::report::{counted, entries};
use crate::stop::{FINDING, FINE, Outcome, Stop};

const BELOW: &str = "\
Examples:
  heirloom verify                  exit code 1 when something is wrong
  heirloom verify --repair         puts corrupt blobs into quarantine, rebuilds the registry from the records";

/// Check every byte of the store, and mend it
#[derive(Args, Clone, Copy)]
#[command(after_help = BELOW)]
pub(crate) struct Verify {
    /// Mend what is found
    #[arg(long)]
    repair: bool,
}

#[derive(Serialize)]
struct Report {
    entries: usize,
    blobs: usize,
    bytes: u64,
    problems: Vec<ProblemReport>,
    repaired: Option<usize>,
    remaining: Vec<ProblemReport>,
}

#[derive(Serialize)]
struct ProblemReport {
    sentence: String,
    value: Problem,
}

pub(crate) fn run(arguments: Verify, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let found = inspect(call, &open, "verifying")?;
    let mut repaired = None;
    let mut remaining = told(&found);
    if arguments.repair && !found.problems.is_empty() {
        repaired = Some(open.engine.mend(&found)?);
        remaining = told(&inspect(call, &open, "looking again")?);
    }
    let code = if remaining.is_empty() { FINE } else { FINDING };
    let report = Report {
        entries: found.entries,
        blobs: found.blobs,
        bytes: found.bytes,
        problems: told(&found),
        repaired,
        remaining,
    };
    if call.console.json {
        open.document(&mut call.console, "verify", &report)?;
    } else {
        print(call, &report)?;
    }
    Ok(code)
}

fn inspect(call: &Call<'_>, open: &Open, doing: &'static str) -> Result<Inspection, Stop> {
    let mut progress = Progress::of_bytes(call);
    Ok(open.engine.inspect(&mut |done, total| progress.at(doing, done, total))?)
}

fn print(call: &mut Call<'_>, report: &Report) -> Result<(), Stop> {
    for problem in &report.problems {
        call.console.line(&problem.sentence)?;
    }
    let count = |problems: &[ProblemReport]| counted(problems.len(), "problem", "problems");
    let (entries, blobs) = (entries(report.entries), counted(report.blobs, "blob", "blobs"));
    let (bytes, problems) = (shown_size(report.bytes), count(&report.problems));
    call.console.line(format!("{entries}, {blobs}, {bytes} read: {problems}"))?;
    match report.repaired {
        None if report.problems.is_empty() => {}
        None => call.console.line("nothing was changed; --repair mends what can be mended")?,
        Some(mended) => {
            for problem in &report.remaining {
                call.console.line(format!("remains: {}", problem.sentence))?;
            }
            call.console.line(format!("{mended} mended, {} remain", report.remaining.len()))?;
        }
    }
    Ok(())
}

fn told(found: &Inspection) -> Vec<ProblemReport> {
    let tell = |value: &Problem| ProblemReport { sentence: sentence(value), value: value.clone() };
    found.problems.iter().map(tell).collect()
}

fn sentence(problem: &Problem) -> String {
    match problem {
        Problem::CorruptBlob { content } => {
            format!("blob {} is corrupt: its bytes are not what was written", content.short())
        }
        Problem::MissingBlob { entry, content } => {
            format!("entry {} has no blob: {} is gone", entry.short(), content.short())
        }
        Problem::CorruptRecord { path, what } => format!("record {} is corrupt: {what}", path.display()),
        Problem::NotInRegistry { entry } => {
            format!("entry {} stands beside its blob, but not in the registry", entry.short())
        }
        Problem::OrphanBlob { content, bytes } => {
            format!("blob {} belongs to no entry ({})", content.short(), shown_size(*bytes))
        }
        Problem::OrphanRecord { entry } => format!("record {} has no blob", entry.short()),
        Problem::Untrusted { entry, what } => format!("entry {} is not trusted: {what}", entry.short()),
        Problem::LeftOver { path } => format!("{} was left by a writer", path.display()),
    }
}
