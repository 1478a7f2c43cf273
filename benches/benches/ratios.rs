//! The table of `docs/benchmarks.md`: every work, its subjects interleaved, as Markdown.
//!
//! Promises: rows appear as they are measured; a word on the command line picks the works whose name contains it,
//! `--quick` takes fewer rounds. Refuses: criterion's statistics; see the other benches.

use heirloom_benches::ratios::{Row, measure};
use heirloom_benches::subject::Work;
use heirloom_benches::{disk, herd, hit, many, miss};

#[expect(clippy::print_stdout, reason = "the table is what this prints")]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let picked: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str| picked.is_empty() || picked.iter().any(|word| name.contains(word.as_str()));
    println!("{}", Row::HEAD);
    // A group is prepared only when one of its names may be wanted: filling a store takes a while.
    let groups: [(&str, fn() -> Vec<Work>); 5] = [
        ("memory hit", hit::works),
        ("miss", miss::works),
        ("herd", herd::works),
        ("disk", disk::works),
        ("entries", many::works),
    ];
    for (group, works) in groups {
        if !wanted(group) && !picked.iter().any(|word| word.starts_with(group)) {
            continue;
        }
        for work in works() {
            if wanted(&work.name) {
                println!("{}", measure(work, quick));
            }
        }
    }
}
