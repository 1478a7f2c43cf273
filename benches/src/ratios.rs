//! The interleaved measurement: every subject a turn, round after round, so that what else the machine does falls
//! on all alike.
//!
//! Promises: a ratio is the median of the ratios of single rounds, never a quotient of times from different
//! minutes. Refuses: throwing away rounds.

use std::fmt;
use std::time::Duration;

use crate::subject::{Effort, Goal, Work};

/// What one work came to.
pub struct Row {
    work: String,
    nanos: Vec<(&'static str, f64)>,
    /// The times of the fastest round of ours and of the peer: what a machine with other work shows least of.
    fastest: (f64, f64),
    against: &'static str,
    ratio: f64,
    /// The ratios that a tenth of the rounds lie below and above.
    spread: (f64, f64),
    goal: Goal,
}

/// Measures a work.
pub fn measure(mut work: Work, quick: bool) -> Row {
    let (turn, rounds) = match (work.effort, quick) {
        (Effort::Small, false) => (Duration::from_millis(30), 21),
        (Effort::Small, true) => (Duration::from_millis(10), 7),
        (Effort::Large, false) => (Duration::ZERO, 7),
        (Effort::Large, true) | (Effort::Huge, false) => (Duration::ZERO, 3),
        (Effort::Huge, true) => (Duration::ZERO, 1),
    };
    for subject in &mut work.subjects {
        subject.prepare();
    }
    let times: Vec<u64> = work.subjects.iter_mut().map(|subject| times_for(turn, subject)).collect();
    let count = work.subjects.len();
    let mut nanos = vec![Vec::new(); count];
    for round in 0..rounds {
        for turn in 0..count {
            // Another one begins each round, so that nobody always comes after the same one.
            let at = (round + turn) % count;
            nanos[at].push(nanos_each(work.subjects[at].run(times[at]), times[at]));
        }
    }
    let peer = work.subjects.iter().position(|subject| subject.name == work.against);
    let peer = peer.expect("a work is measured against one of its subjects");
    let mut ratios: Vec<f64> =
        nanos[0].iter().zip(&nanos[peer]).map(|(ours, theirs)| ours / theirs).collect();
    let (ratio, spread) = (at(&mut ratios, 50), (at(&mut ratios, 10), at(&mut ratios, 90)));
    let fastest = (at(&mut nanos[0].clone(), 0), at(&mut nanos[peer].clone(), 0));
    let nanos = work.subjects.iter().zip(&mut nanos).map(|(subject, nanos)| (subject.name, at(nanos, 50)));
    let nanos = nanos.collect();
    Row { work: work.name, nanos, fastest, against: work.against, ratio, spread, goal: work.goal }
}

fn times_for(turn: Duration, subject: &mut crate::subject::Subject) -> u64 {
    let mut times = 1;
    if turn.is_zero() {
        return times;
    }
    loop {
        let took = subject.run(times);
        if took >= turn || times >= 1 << 30 {
            return times;
        }
        times *= if took * 8 < turn { 4 } else { 2 };
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn nanos_each(took: Duration, times: u64) -> f64 {
    took.as_secs_f64() * 1e9 / times as f64
}

/// The value that so many per cent lie below.
fn at(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}

impl Row {
    /// The head of the table.
    pub const HEAD: &str = "| Work | Heirloom | Others | Ratio (10–90 % of rounds) | Fastest rounds | Goal | Reached |\n\
                            |---|---|---|---|---|---|---|";
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = self.nanos[0].1;
        let others: Vec<String> =
            self.nanos[1..].iter().map(|(name, nanos)| format!("{name} {}", shown(*nanos))).collect();
        let (goal, reached) = match self.goal {
            Goal::Ratio(most) => (format!("≤ {most} × {}", self.against), yes(self.ratio <= most)),
            Goal::Time(most) => {
                let most = most.as_secs_f64() * 1e9;
                (format!("≤ {}", shown(most)), yes(ours <= most))
            }
            Goal::None => ("–".to_owned(), "–"),
        };
        let (work, ratio, others) = (&self.work, self.ratio, others.join(", "));
        let ((low, high), (ours_least, peer_least)) = (self.spread, self.fastest);
        let fastest =
            format!("{} / {} = {:.2}", shown(ours_least), shown(peer_least), ours_least / peer_least);
        write!(
            f,
            "| {work} | {} | {others} | {ratio:.2} × {} ({low:.2}–{high:.2}) | {fastest} | {goal} | {reached} |",
            shown(ours),
            self.against,
        )
    }
}

fn yes(reached: bool) -> &'static str {
    if reached { "yes" } else { "**no**" }
}

fn shown(nanos: f64) -> String {
    let (number, unit) = match nanos {
        ..1e3 => (nanos, "ns"),
        ..1e6 => (nanos / 1e3, "µs"),
        ..1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    let digits = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    format!("{number:.digits$} {unit}")
}
