//! The types of reuse under criterion; what is measured is in `heirloom_benches::reuse`.
//!
//! Promises: every subject of a work, one after the other. Refuses: ratios; see the bench `ratios`.

fn main() {
    let mut criterion = criterion::Criterion::default().configure_from_args();
    for work in heirloom_benches::reuse::works() {
        work.bench(&mut criterion);
    }
    criterion.final_summary();
}
