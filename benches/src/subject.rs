//! One way of doing one work, and how criterion and the interleaved table run it.
//!
//! Promises: a subject times only the work, not its preparation. Refuses: deciding how often it runs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};

/// Does the work a number of times and tells how long that took.
type Run = Box<dyn FnMut(u64) -> Duration>;

/// One way of doing a work. It is prepared when it is first run.
pub struct Subject {
    /// Who does it.
    pub name: &'static str,
    state: State,
}

enum State {
    Waiting(Box<dyn FnOnce() -> Run>),
    Preparing,
    Ready(Run),
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
    /// Seconds: measured interleaved only, criterion's ten samples would take minutes.
    Huge,
}

impl Subject {
    /// A subject that times itself: what `make` prepares does the work so many times and returns the time it took.
    pub fn new<R: FnMut(u64) -> Duration + 'static>(
        name: &'static str,
        make: impl FnOnce() -> R + 'static,
    ) -> Self {
        let make = || -> Run { Box::new(make()) };
        Self { name, state: State::Waiting(Box::new(make)) }
    }

    /// Prepares the subject, unless that was done.
    pub fn prepare(&mut self) {
        if let State::Waiting(make) = std::mem::replace(&mut self.state, State::Preparing) {
            self.state = State::Ready(make());
        }
    }

    /// Does the work `times` times.
    pub fn run(&mut self, times: u64) -> Duration {
        if matches!(self.state, State::Waiting(_)) {
            self.prepare();
        }
        match &mut self.state {
            State::Ready(run) => run(times),
            State::Waiting(_) | State::Preparing => unreachable!("it was prepared just now"),
        }
    }
}

impl Work {
    /// Measures every subject under criterion, one after the other; a huge work is left to the bench `ratios`.
    pub fn bench(self, criterion: &mut Criterion) {
        if self.effort == Effort::Huge {
            return;
        }
        let mut group = criterion.benchmark_group(self.name);
        settle(&mut group, self.effort);
        for mut subject in self.subjects {
            subject.prepare();
            group.bench_function(subject.name, |bencher| bencher.iter_custom(|times| subject.run(times)));
        }
        group.finish();
    }
}

/// Iterations that are timed one by one: `prepare` is not counted, `work` is, the drop of what it returns is not.
pub fn each<T, R>(
    mut prepare: impl FnMut() -> T + 'static,
    mut work: impl FnMut(T) -> R + 'static,
) -> impl FnMut(u64) -> Duration + 'static {
    move |times| {
        let mut total = Duration::ZERO;
        for _ in 0..times {
            let input = prepare();
            let begun = Instant::now();
            let output = black_box(work(input));
            total += begun.elapsed();
            drop(output);
        }
        total
    }
}

fn settle(group: &mut BenchmarkGroup<'_, WallTime>, effort: Effort) {
    group.sample_size(10).sampling_mode(criterion::SamplingMode::Flat);
    let (warm, measure) = match effort {
        Effort::Small => (Duration::from_millis(300), Duration::from_secs(1)),
        Effort::Large | Effort::Huge => (Duration::from_millis(1), Duration::from_millis(1)),
    };
    group.warm_up_time(warm).measurement_time(measure);
}
