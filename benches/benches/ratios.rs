//! The table of `docs/benchmarks.md`: every work, its subjects interleaved, as Markdown.
//!
//! Promises: rows appear as they are measured; a word on the command line picks the works whose name contains it,
//! `--quick` takes fewer rounds. Refuses: criterion's statistics; see the other benches.

use heirloom_benches::ratios::{Row, measure};

#[expect(clippy::print_stdout, reason = "the table is what this prints")]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let picked: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str| picked.is_empty() || picked.iter().any(|word| name.contains(word.as_str()));
    println!("{}", Row::HEAD);
    for work in heirloom_benches::works().into_iter().filter(|work| wanted(&work.name)) {
        println!("{}", measure(work, quick));
    }
}
