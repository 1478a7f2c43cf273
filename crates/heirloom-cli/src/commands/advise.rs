//! `heirloom advise`: how much memory pays, and which policy saves most, by a recorded trace of calls.
//!
//! Promises: no store is opened; the same trace gives the same answer. Refuses: the future; it plays what was.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::PathBuf;

use clap::Args;
use heirloom_core::settings::{parse_size, shown_size};

use super::Call;
use crate::advise::{Policy, Sample, Study, Trace, drawn, sample, study};
use crate::report::{counted, took};
use crate::stop::{FINE, Outcome, Stop};
use crate::table::Table;

const BELOW: &str = "\
TRACE has one call a line: key,bytes,build_seconds. A factory writes one when it is told to `record_trace`; \
`-` reads it from the input.

The share of all build seconds that each policy saves: lru and lfu look at uses alone, gdsf weighs build seconds \
per byte, heirloom is what a store really does, clairvoyant knows the future.

Examples:
  heirloom advise calls.csv --svg curve.svg
  heirloom advise calls.csv --budgets 512MiB,2GiB,8GiB
  heirloom advise --sample expensive";

/// How much memory pays: play a recorded trace against every policy and budget
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Advise {
    /// The recorded trace
    #[arg(required_unless_present = "sample")]
    trace: Option<PathBuf>,
    /// Budgets to try, instead of 1/256 of all bytes, twice that, up to all of them
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    budgets: Vec<String>,
    /// Draw the curve into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Play a made-up trace
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "trace")]
    sample: Option<Sample>,
    /// Calls of the made-up trace
    #[arg(long, value_name = "COUNT", default_value_t = 200_000, requires = "sample")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..), allow_negative_numbers = true)]
    calls: u32,
}

pub(crate) fn run(arguments: &Advise, call: &mut Call<'_>) -> Outcome {
    let mut budgets = Vec::new();
    for text in &arguments.budgets {
        budgets.push(parse_size(text).map_err(Stop::invalid)?);
    }
    if budgets.contains(&0) {
        return Err(Stop::invalid(
            "a budget of 0 bytes holds nothing; give sizes above 0, for example 512MiB",
        ));
    }
    let trace = match (&arguments.trace, arguments.sample) {
        (Some(path), _) => read(path)?,
        (None, Some(which)) => sample(which, arguments.calls as usize),
        (None, None) => return Err(Stop::invalid("give a TRACE, or --sample")),
    };
    let told = study(&trace, &budgets);
    if let Some(path) = &arguments.svg {
        let written = File::create(path).and_then(|mut file| file.write_all(drawn(&told).as_bytes()));
        written.map_err(Stop::unwritable(path))?;
    }
    if call.console.json {
        call.console.document("advise", None, &told)?;
        return Ok(FINE);
    }
    print(&told, call)?;
    if let Some(path) = &arguments.svg {
        call.console.note(format!("The curve is in {}.", path.display()));
    }
    Ok(FINE)
}

fn read(path: &std::path::Path) -> Result<Trace, Stop> {
    let told = if path == std::path::Path::new("-") {
        Trace::read(std::io::stdin().lock())
    } else {
        let unread =
            |fault: std::io::Error| Stop::not_found(format!("{} could not be read: {fault}", path.display()));
        let file = File::open(path).map_err(unread)?;
        if file.metadata().map_err(unread)?.is_dir() {
            return Err(unread(std::io::ErrorKind::IsADirectory.into()));
        }
        Trace::read(BufReader::new(file))
    };
    told.map_err(|why| Stop::invalid(format!("{}, {why}", path.display())))
}

fn print(told: &Study, call: &mut Call<'_>) -> Result<(), Stop> {
    let all = seconds(told.build_seconds);
    call.console.line(format!(
        "{} of {}; all objects are {}, building at each call takes {all}.",
        counted(told.calls, "call", "calls"),
        counted(told.keys, "key", "keys"),
        shown_size(told.bytes)
    ))?;
    let names: Vec<String> =
        Policy::ALL.iter().map(|policy| format!(">{}", policy.name().to_uppercase())).collect();
    let headings: Vec<&str> =
        [">MEMORY", ">OF ALL"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut table = Table::new(&headings);
    for budget in &told.budgets {
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let of_all = budget.bytes as f64 / told.bytes.max(1) as f64;
        let saved = Policy::ALL.iter().map(|policy| percent(budget.saved(*policy)));
        let cells: Vec<String> =
            [shown_size(budget.bytes), percent(of_all)].into_iter().chain(saved).collect();
        table.row(&cells);
    }
    call.console.table(table)?;
    if told.knee.saved <= 0.0 {
        call.console
            .line("None of these budgets saves anything: nothing that would fit was asked for again.")?;
        return Ok(());
    }
    call.console.line(format!(
        "The knee is at {}: there a store saves {}, {} of the build time; more memory pays less from there on.",
        shown_size(told.knee.bytes),
        seconds(told.knee.saved_seconds),
        percent(told.knee.saved)
    ))?;
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shown to people; it saturates")]
fn seconds(seconds: f64) -> String {
    took((seconds * 1e9) as u64)
}
