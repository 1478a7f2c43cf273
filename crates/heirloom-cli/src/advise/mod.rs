//! Advice on memory: a recorded trace of calls, played against every policy and budget.
//!
//! Where it stands: pure, below `commands/advise.rs`, which reads and prints. One file per thing: the `trace`, made-up
//! traces (`samples`), the `textbook` policies, the `engine_order` that programs really get, the `clairvoyant`, the
//! `study` that plays them all, and the `chart`. Promises: the same trace gives the same table, on any machine.
//! Refuses: guessing; a trace tells about the past, and this says so.

mod chart;
mod clairvoyant;
mod engine_order;
mod samples;
mod study;
mod textbook;
mod trace;

pub(crate) use chart::drawn;
pub(crate) use samples::{Sample, sample};
pub(crate) use study::{Policy, Study, study};
pub(crate) use trace::Trace;
