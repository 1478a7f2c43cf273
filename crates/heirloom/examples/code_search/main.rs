//! Searches real source code through an index that is built once and handed down.
//!
//! ```text
//! cargo run --release --example code_search -- 'impl Iterator'             # the crates that cargo fetched
//! cargo run --release --example code_search -- 'impl Iterator' some/folder
//! ```
//!
//! The first run reads every file and builds a trigram index, which takes seconds; the second process maps it and
//! answers at once. Edit an indexed file, add one, or run `heirloom bump code_search`, and it says why it builds
//! again. Promises: it prints where the index was before and after, what that saved, and why.

mod index;
mod sources;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use heirloom::{Raw, Recorder, State, cached};
use indicatif::{ProgressBar, ProgressStyle};

/// The index of every `.rs` file below `roots`, as bytes that can be mapped.
#[cached(
    name = "code_search",
    codec = Raw::<Bytes>::new(),
    uses(index::Builder, index::add, index::seal, sources::rust_files),
    ignore(progress),
    revalidate = "process"
)]
fn code_index(record: &Recorder, roots: &[PathBuf], progress: &ProgressBar) -> std::io::Result<Bytes> {
    let files = sources::rust_files(record, roots)?;
    progress.set_length(files.len() as u64);
    let mut builder = index::Builder::default();
    for path in files {
        let text = record.read(&path)?;
        index::add(&mut builder, &path, &text);
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(index::seal(&builder))
}

#[expect(clippy::print_stderr, reason = "it is a program")]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(phrase) = arguments.next().filter(|phrase| !phrase.starts_with('-')) else {
        eprintln!("usage: code_search PHRASE [FOLDER …]   (a phrase of at least 3 bytes)");
        return ExitCode::from(2);
    };
    if phrase.len() < 3 {
        eprintln!("code_search: the phrase `{phrase}` is too short; a trigram index needs at least 3 bytes");
        return ExitCode::from(2);
    }
    let given: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    match sources::roots(&given).and_then(|roots| search(&phrase, &roots)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("code_search: {fault}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "it is a program")]
fn search(phrase: &str, roots: &[PathBuf]) -> Result<(), Box<dyn std::error::Error>> {
    let why = code_index::explain(roots)?;
    let begun = Instant::now();
    let bytes = code_index(roots, &progress())?;
    let took = begun.elapsed();
    let index = index::Index::new(&bytes).ok_or("the index is not what was built")?;

    let begun = Instant::now();
    let mut hits = 0;
    for path in index.candidates(phrase.as_bytes()) {
        hits += show(&path, phrase, hits)?;
    }
    println!("\n{hits} lines in {} files, searched in {}", index.files(), shown(begun.elapsed()));

    let after = code_index::explain(roots)?;
    println!("index: {:?} → {:?} in {}", why.state, after.state, shown(took));
    match why.state {
        State::Absent => {
            println!("why: {}", why.trail.why().map_or_else(|| why.sentence(), ToString::to_string));
        }
        State::OnDisk | State::InMemory => {
            let built =
                after.record.map(|record| Duration::from_nanos(record.build_nanos)).unwrap_or_default();
            println!(
                "handed down: building it took {}, so this run saved {}",
                shown(built),
                shown(built.saturating_sub(took))
            );
        }
    }
    Ok(())
}

/// Prints the first matching lines; returns how many there are.
#[expect(clippy::print_stdout, reason = "it is a program")]
fn show(path: &Path, phrase: &str, before: usize) -> std::io::Result<usize> {
    const SHOWN: usize = 10;
    let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
    let lines = text.lines().enumerate().filter(|(_, line)| line.contains(phrase));
    let mut found = 0;
    for (number, line) in lines {
        if before + found < SHOWN {
            println!("{}:{}: {}", path.display(), number + 1, line.trim());
        }
        found += 1;
    }
    Ok(found)
}

fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("indexing {bar:40} {pos}/{len} files, {eta} left");
    let bar = ProgressBar::new(0);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

fn shown(time: Duration) -> String {
    if time.as_secs() > 0 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} ms", time.as_millis())
    }
}
