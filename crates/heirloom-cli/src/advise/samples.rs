//! Made-up traces, to try a policy on: seeded, so that they are the same everywhere.
//!
//! Promises: `expensive` are objects of 10 kB to 1 GB that take 10 ms to 1 h, with popularity that drifts; `web` has
//! many things that are asked for once, and costs that go with sizes; `uniform` and `scans` have equal costs and
//! sizes, the latter with a thousand strangers in a row from time to time. Popularity follows Zipf's law. Refuses:
//! being a recording of anything; where you can, record your own.

use std::collections::HashMap;

use clap::ValueEnum;

use super::trace::{Call, Trace};

/// Which made-up trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sample {
    Expensive,
    Web,
    Uniform,
    Scans,
}

/// Makes a trace of so many calls.
pub(crate) fn sample(which: Sample, calls: usize) -> Trace {
    let mut maker =
        Maker { random: Random(0x5EED + which as u64), trace: Trace::default(), known: HashMap::new() };
    match which {
        Sample::Expensive => maker.expensive(calls),
        Sample::Web => maker.web(calls),
        Sample::Uniform => maker.uniform(calls, None),
        Sample::Scans => maker.uniform(calls, Some(5_000)),
    }
    maker.trace
}

const THINGS: usize = 10_000;
const SCAN: usize = 1_000;

struct Maker {
    random: Random,
    trace: Trace,
    /// What a name was given when it first appeared.
    known: HashMap<usize, Call>,
}

impl Maker {
    fn call(&mut self, name: usize, attributes: impl FnOnce(&mut Random) -> (u64, f64)) {
        let next = self.known.len();
        let random = &mut self.random;
        let call = *self.known.entry(name).or_insert_with(|| {
            let (bytes, seconds) = attributes(random);
            #[expect(clippy::cast_possible_truncation, reason = "there are fewer calls than 2^32")]
            Call { thing: next as u32, bytes, seconds }
        });
        self.trace.push(call);
    }

    fn expensive(&mut self, calls: usize) {
        let zipf = Zipf::new(THINGS, 0.9);
        let mut names: Vec<usize> = (0..THINGS).collect();
        for at in (1..THINGS).rev() {
            names.swap(at, self.random.below(at + 1));
        }
        for at in 0..calls {
            if at % 20 == 0 {
                // Somebody new becomes popular, and somebody popular falls back.
                names.swap(self.random.below(THINGS), zipf.draw(&mut self.random));
            }
            let name = names[zipf.draw(&mut self.random)];
            self.call(name, |random| (whole(random.log_uniform(1e4, 1e9)), random.log_uniform(0.01, 3600.0)));
        }
    }

    fn web(&mut self, calls: usize) {
        let zipf = Zipf::new(3 * THINGS, 0.8);
        for at in 0..calls {
            let once = self.random.share() < 0.25;
            let drifted = if self.random.share() < 0.3 { at / 4 } else { 0 };
            let name = if once { usize::MAX - at } else { zipf.draw(&mut self.random) + drifted };
            self.call(name, |random| {
                let bytes = random.log_uniform(1e4, 1e9);
                (whole(bytes), (bytes / 1e6 * random.log_uniform(0.001, 100.0)).clamp(0.01, 3600.0))
            });
        }
    }

    fn uniform(&mut self, calls: usize, scan_every: Option<usize>) {
        let zipf = Zipf::new(THINGS, 0.9);
        let mut strangers = THINGS;
        while self.trace.calls.len() < calls {
            let at = self.trace.calls.len();
            if scan_every.is_some_and(|every| at % every < SCAN) {
                self.call(strangers, |_| (1_000, 1.0));
                strangers += 1;
            } else {
                let name = zipf.draw(&mut self.random);
                self.call(name, |_| (1_000, 1.0));
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes up to a gigabyte")]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}

/// SplitMix64: G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a `usize`")]
    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn log_uniform(&mut self, least: f64, most: f64) -> f64 {
        (least.ln() + self.share() * (most / least).ln()).exp()
    }
}

/// Draws numbers so that the n-th is asked for in proportion to n to the power of minus `exponent`.
struct Zipf(Vec<f64>);

impl Zipf {
    #[expect(clippy::cast_precision_loss, reason = "a rank is small")]
    fn new(count: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let steps = (1..=count).map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        });
        Self(steps.collect())
    }

    fn draw(&self, random: &mut Random) -> usize {
        let all = self.0.last().copied().unwrap_or(1.0);
        let drawn = random.share() * all;
        self.0.partition_point(|sum| *sum < drawn).min(self.0.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_same_every_time_and_have_what_they_promise() {
        for which in Sample::value_variants() {
            let (one, other) = (sample(*which, 3_000), sample(*which, 3_000));
            assert_eq!((one.calls.len(), &one.calls), (3_000, &other.calls));
        }
        let dear = sample(Sample::Expensive, 3_000);
        assert!(dear.calls.iter().all(|call| (9_999..1_000_000_000).contains(&call.bytes)));
        assert!(dear.calls.iter().all(|call| (0.009..=3_600.0).contains(&call.seconds)));
        let scans = sample(Sample::Scans, 3_000);
        assert!(scans.calls[..SCAN].iter().enumerate().all(|(at, call)| call.thing as usize == at));
        assert!(scans.things < 3_000, "and after the scan things are asked for again");
    }
}
