//! The table "Build seconds saved" of `docs/benchmarks.md`: traces, budgets, and who saves how much.
//!
//! Promises: all policies play the same calls in the same run; a path on the command line is a trace to play instead.
//! Refuses: times; who is fast is measured elsewhere.

use heirloom_benches::policies::{made_up, play, read};

#[expect(clippy::print_stdout, reason = "the table is what this prints")]
fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let traces = if files.is_empty() { made_up() } else { files.iter().map(|path| read(path)).collect() };
    println!(
        "| Trace | Memory | LRU | quick_cache | moka | foyer | GDSF | **heirloom** | clairvoyant greedy |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for trace in &traces {
        for percent in [1.0, 3.0, 10.0] {
            println!("{}", play(trace, percent));
        }
    }
}
