//! Heirloom beside its peers: the works that are measured, each as a list of subjects that do the same thing.
//!
//! `benches/` runs them under criterion, one subject after the other; the `ratios` bench runs them interleaved and
//! prints the table of `docs/benchmarks.md`. Promises: 1. every subject of a work gets the same keys in the same
//! order and the same bytes; 2. every peer gets our hash function where it lets one choose. Refuses: figures that
//! were not measured in the same run.

pub mod crowd;
pub mod disk;
pub mod herd;
pub mod hit;
pub mod keys;
pub mod many;
pub mod miss;
pub mod policies;
pub mod ratios;
pub mod reuse;
pub mod subject;

/// Every work. Nothing is prepared before it is run.
pub fn works() -> Vec<subject::Work> {
    let works = [hit::works(), miss::works(), herd::works(), disk::works(), many::works(), reuse::works()];
    works.into_iter().flatten().collect()
}
