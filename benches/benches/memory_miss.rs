//! Misses and the herd under criterion; what is measured is in `heirloom_benches::miss`.
//!
//! Promises: every subject of a work, one after the other. Refuses: ratios; see the bench `ratios`.

fn main() {
    let mut criterion = criterion::Criterion::default().configure_from_args();
    for work in heirloom_benches::miss::works().into_iter().chain(heirloom_benches::herd::works()) {
        work.bench(&mut criterion);
    }
    criterion.final_summary();
}
