//! `heirloom show`: everything that is known of one object, without opening it.
//!
//! Promises: all kept versions of a key, the youngest first; long lists are cut with a count. Refuses: the payload.

use clap::Args;
use heirloom_core::Timestamp;
use heirloom_core::disk::EntryRow;
use heirloom_core::object::Record;
use heirloom_core::settings::shown_size;
use serde::Serialize;

use super::Call;
use crate::console::Console;
use crate::present;
use crate::report::{WholeReport, ago, differences, name_of, took};
use crate::selection::kept;
use crate::stop::{FINE, Outcome, Stop};

/// Members of a list that are shown without `--all`.
const SHOWN_MAX: usize = 20;

const BELOW: &str = "\
Examples:
  heirloom show 3fa9c1             by the beginning of its digest
  heirloom show 'tables(\"flights.csv\", 2013)'";

/// Show everything that is known of one object
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Show {
    /// Which object
    key: String,
    /// Show long lists in full
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Report {
    entries: Vec<WholeReport>,
}

pub(crate) fn run(arguments: &Show, call: &mut Call<'_>) -> Outcome {
    let open = call.open()?;
    let selection = kept(&open.engine, &arguments.key)?;
    let seen = open.engine.seen_factories()?;
    let present = present::fingerprint(&open.project.settings, &seen, &selection.factory);
    let now = call.surroundings.clock.now();
    let mut report = Report { entries: Vec::new() };
    for (at, row) in selection.rows.iter().enumerate() {
        let (whole, record) = WholeReport::read(&open.engine, row, present.as_ref())?;
        report.entries.push(whole);
        if call.console.json {
            continue;
        }
        if at > 0 {
            call.console.line("")?;
        }
        let most = if arguments.all { usize::MAX } else { SHOWN_MAX };
        let mut sheet = Sheet { console: &mut call.console, most };
        sheet.row(row, now)?;
        if let Some(record) = &record {
            let differ = |present| differences(&open.engine, &record.fingerprint, present);
            let differs = present.as_ref().map(differ).transpose()?;
            sheet.record(record, &differs.unwrap_or_default())?;
        }
    }
    if call.console.json {
        open.document(&mut call.console, "show", &report)?;
    }
    Ok(FINE)
}

/// A sheet of lines `name: value`.
struct Sheet<'a, 'b> {
    console: &'a mut Console<'b>,
    most: usize,
}

impl Sheet<'_, '_> {
    fn line(&mut self, name: &str, value: impl AsRef<str>) -> Result<(), Stop> {
        Ok(self.console.line(format!("  {name:<13} {}", value.as_ref()))?)
    }

    fn list(&mut self, name: &str, values: &[String]) -> Result<(), Stop> {
        for (at, value) in values.iter().take(self.most).enumerate() {
            self.line(if at == 0 { name } else { "" }, value)?;
        }
        if values.len() > self.most {
            self.line("", format!("… {} more (--all shows them)", values.len() - self.most))?;
        }
        Ok(())
    }

    fn row(&mut self, row: &EntryRow, now: Timestamp) -> Result<(), Stop> {
        self.console.head(name_of(&row.factory, &row.shown))?;
        self.line("entry", row.entry.to_string())?;
        self.line("key", row.key.to_string())?;
        self.line("content", row.content.to_string())?;
        let place = if row.inline { ", in the registry" } else { "" };
        self.line("size", format!("{} ({} bytes{place})", shown_size(row.bytes), row.bytes))?;
        self.line("built", format!("{} ({})", row.created, ago(now, row.created)))?;
        self.line("took", took(row.build_nanos))?;
        self.line("last used", format!("{} ({})", row.last_used, ago(now, row.last_used)))?;
        self.line("hits", row.hits.to_string())?;
        self.line("versions", row.versions.to_string())?;
        self.line("schema", row.schema.to_string())?;
        let ends = row.lifetime.ends(&row.key, row.created);
        if ends != Timestamp::NEVER {
            let past = if ends <= now { "it is over" } else { "it is good" };
            self.line("good until", format!("{ends} ({past})"))?;
        }
        self.line("pinned", if row.pinned { "yes, kept from every eviction" } else { "no" })
    }

    fn record(&mut self, record: &Record, differs: &[String]) -> Result<(), Stop> {
        let (built, origin) = (&record.fingerprint, &record.origin);
        let program = if origin.program.is_empty() { "a program" } else { &origin.program };
        self.line("built by", format!("{program}, process {} on {}", origin.pid, origin.host))?;
        self.line("type", &built.value_type)?;
        self.line("codec", &built.codec)?;
        self.line("code level", built.code.level.to_string())?;
        let part = |(name, part): (&String, &heirloom_core::identity::Part)| match &part.place {
            Some(place) => format!("{name} ({place}) {}", part.digest.short()),
            None => format!("{name} {}", part.digest.short()),
        };
        self.list("code", &built.code.parts.iter().map(part).collect::<Vec<_>>())?;
        let traits = record.traits.iter().map(|(name, values)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            format!("{name}: {}", values.join(", "))
        });
        self.list("traits", &traits.collect::<Vec<_>>())?;
        let inputs: Vec<String> = record.dependencies.iter().map(ToString::to_string).collect();
        self.line("inputs", inputs.len().to_string())?;
        self.list("", &inputs)?;
        self.list("differs", differs)?;
        let steps: Vec<String> =
            record.trail.steps().iter().map(|step| format!("{}: {}", step.tier, step.outcome)).collect();
        self.list("trail", &steps)
    }
}
