//! One way of doing one work, and how criterion and the interleaved table run it.
//!
//! Promises: a subject times only the work, not its preparation. Refuses: deciding how often it runs.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};

/// Does the work a number of times and tells how long that took.
type Run = Box<dyn FnMut(u64) -> Duration>;

/// One way of doing a work.
pub struct Subject {
    /// Who does it.
    pub name: &'static str,
    run: Run,
}

/// A work, and all who do it.
pub struct Work {
    /// What is done.
    pub name: String,
    /// Heirloom first, then its peers, then the limits: what the machine allows.
    pub subjects: Vec<Subject>,
    /// The peer or limit that we are measured against.
    pub against: &'static str,
    /// What FIGURES.md asks: our time over that of `against` at most.
    pub goal: Goal,
    /// How much criterion is told to spend on each subject.
    pub effort: Effort,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Our time over the other's, at most.
    Ratio(f64),
    /// An absolute time, at most; on this machine.
    Time(Duration),
    /// No goal was set.
    None,
}

/// How much time a measurement may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Nanoseconds to milliseconds an iteration.
    Small,
    /// So slow that each iteration counts.
    Large,
}

impl Subject {
    /// A subject that times itself: `run` does the work so many times and returns the time it took.
    pub fn new(name: &'static str, run: impl FnMut(u64) -> Duration + 'static) -> Self {
        Self { name, run: Box::new(run) }
    }

    /// A subject whose iterations are timed one by one: `prepare` is not counted, `work` is.
    pub fn each<T, R>(
        name: &'static str,
        mut prepare: impl FnMut() -> T + 'static,
        mut work: impl FnMut(T) -> R + 'static,
    ) -> Self {
        Self::new(name, move |times| {
            let mut total = Duration::ZERO;
            for _ in 0..times {
                let input = prepare();
                let begun = std::time::Instant::now();
                let output = std::hint::black_box(work(input));
                total += begun.elapsed();
                drop(output);
            }
            total
        })
    }

    /// Does the work `times` times.
    pub fn run(&mut self, times: u64) -> Duration {
        (self.run)(times)
    }
}

impl Work {
    /// Measures every subject under criterion, one after the other.
    pub fn bench(self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(self.name);
        settle(&mut group, self.effort);
        for mut subject in self.subjects {
            group.bench_function(subject.name, |bencher| bencher.iter_custom(|times| subject.run(times)));
        }
        group.finish();
    }
}

fn settle(group: &mut BenchmarkGroup<'_, WallTime>, effort: Effort) {
    group.sample_size(10).sampling_mode(criterion::SamplingMode::Flat);
    let (warm, measure) = match effort {
        Effort::Small => (Duration::from_millis(300), Duration::from_secs(1)),
        Effort::Large => (Duration::from_millis(1), Duration::from_millis(1)),
    };
    group.warm_up_time(warm).measurement_time(measure);
}
