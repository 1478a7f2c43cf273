//! Keys and the order in which they are asked for: the same for every subject.
//!
//! Promises: the same numbers in every run; popularity after Zipf's law. Refuses: a generator inside the timed loop.

/// How many different keys a hit is looked up among, unless `HEIRLOOM_BENCH_KEYS` says otherwise.
pub const KEYS: usize = 100_000;
/// How many look-ups are drawn before they are repeated.
pub const DRAWS: usize = 1 << 20;
/// The exponent of Zipf's law.
const SKEW: f64 = 0.9;

/// A small generator of good numbers: `SplitMix64`, by Steele, Lea and Flood, 2014.
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a fraction has")]
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// How many keys this run uses.
#[expect(clippy::disallowed_methods, reason = "a bench is asked by its caller, on the command line")]
pub fn count() -> usize {
    std::env::var("HEIRLOOM_BENCH_KEYS").ok().and_then(|text| text.parse().ok()).unwrap_or(KEYS)
}

/// Number keys, scattered over all of `u64`.
pub fn numbers(count: usize) -> Vec<u64> {
    let mut numbers = Numbers(1);
    (0..count).map(|_| numbers.draw()).collect()
}

/// Text keys as programs have them: a path with a number in it, 30 to 40 bytes long.
pub fn texts(count: usize) -> Vec<String> {
    numbers(count).into_iter().map(|number| format!("data/flights/{number:020}.csv")).collect()
}

/// [`DRAWS`] positions below `count`, the popular ones often.
#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
pub fn zipf(count: usize) -> Vec<u32> {
    let mut sum = 0.0;
    let ladder: Vec<f64> = (1..=count)
        .map(|rank| {
            sum += (rank as f64).powf(-SKEW);
            sum
        })
        .collect();
    let mut numbers = Numbers(2);
    let draw = |_| {
        let at = numbers.fraction() * sum;
        let position = ladder.partition_point(|&step| step < at).min(count - 1);
        u32::try_from(position).expect("there are fewer than 2^32 keys")
    };
    (0..DRAWS).map(draw).collect()
}
