//! Runs one subject of one work so many times and nothing else, for a profiler.
//!
//! `valgrind --tool=callgrind target/release/examples/one_subject 'memory hit, u64 keys, 1' heirloom 100000`, and
//! again with 0: the difference is what the work costs without its preparation. Promises: the very code that is
//! benched. Refuses: an unknown name; it lists what there is.

#[expect(clippy::print_stdout, reason = "a program for people")]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [work, subject, times] = words.as_slice() else {
        println!("one_subject WORK SUBJECT TIMES");
        return;
    };
    for found in heirloom_benches::works().into_iter().filter(|known| known.name.contains(work.as_str())) {
        for mut known in found.subjects {
            if known.name == subject.as_str() {
                let took = known.run(times.parse().unwrap_or(1));
                println!("{}, {}: {took:?}", found.name, known.name);
                return;
            }
            println!("{}, {}", found.name, known.name);
        }
    }
}
