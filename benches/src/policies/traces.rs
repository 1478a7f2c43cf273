//! Traces: made up after the descriptions in the project's figures, or read from a file.
//!
//! Promises: the same numbers in every run. Refuses: quoting; a file has `key,bytes,build_seconds` on each line, and
//! the two numbers stand last.

use std::collections::HashMap;

use super::{Call, Trace};
use crate::keys::Numbers;

const CALLS: usize = 200_000;

/// Made-up traces, of seeds and parameters that the policy was not tried on.
pub fn made_up() -> Vec<Trace> {
    let mut traces = Vec::new();
    for seed in [101, 202] {
        traces.push(expensive(seed, 10_000, 0.9, 20, 1.0));
        traces.push(expensive(seed, 3_000, 0.6, 7, 1.0));
        traces.push(expensive(seed, 15_000, 0.75, 10, 0.5));
        traces.push(uniform(seed, 10_000, 0.9, None));
        traces.push(uniform(seed, 4_000, 0.8, None));
        traces.push(uniform(seed, 10_000, 0.9, Some((5_000, 1_000))));
        traces.push(uniform(seed, 6_000, 1.0, Some((3_000, 400))));
    }
    traces
}

/// A recorded trace.
pub fn read(path: &str) -> Trace {
    let text = std::fs::read_to_string(path).unwrap_or_else(|fault| panic!("{path}: {fault}"));
    let mut maker = Maker::new(path.rsplit('/').next().unwrap_or(path).to_owned(), 0);
    for line in text.lines().filter(|line| !line.is_empty() && *line != "key,bytes,build_seconds") {
        let mut fields = line.rsplitn(3, ',');
        let (seconds, bytes, key) = (fields.next(), fields.next(), fields.next());
        let seconds = seconds.and_then(|text| text.parse().ok());
        let (Some(seconds), Some(Ok(bytes)), Some(key)) = (seconds, bytes.map(str::parse), key) else {
            panic!("{path}: {line:?} is not key,bytes,build_seconds");
        };
        maker.call(key, |_| (bytes, seconds));
    }
    maker.trace
}

struct Maker {
    trace: Trace,
    known: HashMap<String, Call>,
    numbers: Numbers,
}

impl Maker {
    fn new(name: String, seed: u64) -> Self {
        let trace = Trace { name, ..Trace::default() };
        Self { trace, known: HashMap::new(), numbers: Numbers(seed) }
    }

    fn call(&mut self, key: &str, attributes: impl FnOnce(&mut Numbers) -> (u64, f64)) {
        let call = if let Some(call) = self.known.get(key) {
            *call
        } else {
            let (bytes, seconds) = attributes(&mut self.numbers);
            let call = Call { thing: self.trace.things, bytes, seconds };
            self.trace.things += 1;
            self.trace.bytes += bytes;
            self.known.insert(key.to_owned(), call);
            call
        };
        self.trace.calls.push(call);
    }

    /// Draws a rank after Zipf's law.
    fn popular(&mut self, ladder: &[f64]) -> usize {
        let drawn = self.numbers.fraction() * ladder.last().copied().unwrap_or(1.0);
        ladder.partition_point(|sum| *sum < drawn).min(ladder.len() - 1)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a `usize`")]
    fn any(&mut self, things: usize) -> usize {
        (self.numbers.draw() % things as u64) as usize
    }
}

/// Sizes of 10 kB to 1 GB, builds of 10 ms to 1 h, each over all orders of magnitude. Every so many calls somebody new
/// becomes popular. `own` is the share of a build time that does not go with the size.
fn expensive(seed: u64, things: usize, skew: f64, drift: usize, own: f64) -> Trace {
    let name = format!("expensive, {things} things, zipf {skew}, drift {drift}, own {own}, seed {seed}");
    let (mut maker, ladder) = (Maker::new(name, seed), ladder(things, skew));
    let mut ranks: Vec<usize> = (0..things).collect();
    for at in (1..things).rev() {
        let other = maker.any(at + 1);
        ranks.swap(at, other);
    }
    for at in 0..CALLS {
        if at % drift == 0 {
            let (one, other) = (maker.any(things), maker.popular(&ladder));
            ranks.swap(one, other);
        }
        let thing = ranks[maker.popular(&ladder)];
        maker.call(&thing.to_string(), |numbers| {
            let (large, long) = (numbers.fraction(), numbers.fraction());
            let long = own * long + (1.0 - own) * large;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "up to a gigabyte")]
            let bytes = between(1e4, 1e9, large) as u64;
            (bytes, between(0.01, 3600.0, long))
        });
    }
    maker.trace
}

/// Equal costs and sizes; every so many calls, so many strangers in a row.
fn uniform(seed: u64, things: usize, skew: f64, scans: Option<(usize, usize)>) -> Trace {
    let scanned = scans.map_or(String::new(), |(every, long)| format!(", {long} strangers every {every}"));
    let name = format!("uniform, {things} things, zipf {skew}{scanned}, seed {seed}");
    let (mut maker, ladder) = (Maker::new(name, seed), ladder(things, skew));
    for at in 0..CALLS {
        let stranger = scans.is_some_and(|(every, long)| at % every < long);
        let thing = if stranger { things + at } else { maker.popular(&ladder) };
        maker.call(&thing.to_string(), |_| (1_000, 1.0));
    }
    maker.trace
}

fn between(least: f64, most: f64, share: f64) -> f64 {
    (least.ln() + share * (most / least).ln()).exp()
}

#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
fn ladder(things: usize, skew: f64) -> Vec<f64> {
    let mut sum = 0.0;
    let steps = (1..=things).map(|rank| {
        sum += (rank as f64).powf(-skew);
        sum
    });
    steps.collect()
}
