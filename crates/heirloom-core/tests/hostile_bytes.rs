//! The readers of bytes that somebody else may have written, under seeded mutations of the fuzzers' seeds: a short run of
//! what `fuzz/` does for hours, on any compiler.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

use std::fs;
use std::path::Path;

use heirloom_core::Digest;
use heirloom_core::testing::hostile_bytes;

const ROUNDS: u32 = 1500;
const LENGTH_MAX: usize = 20_000;

/// Numbers that are the same at each run.
struct Chance(Digest);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = Digest::of(self.0.as_bytes());
        let number = u64::from_le_bytes(self.0.as_bytes()[..8].try_into().unwrap());
        usize::try_from(number % limit.max(1) as u64).unwrap()
    }
}

fn mutated(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        match chance.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(chance.below(256)).unwrap()),
            2 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            3 if at < bytes.len() => bytes[at] = [0, 0xff, 0x7f, b'"', b'\n', b'{'][chance.below(6)],
            4 => bytes.extend_from_slice(&other[chance.below(other.len() + 1)..]),
            _ => bytes.splice(at..at, seed[..chance.below(seed.len() + 1)].to_vec()).for_each(drop),
        }
        bytes.truncate(LENGTH_MAX);
    }
    bytes
}

fn trial(name: &str, read: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(seeds.len() >= 2, "{name} has seeds");
    let mut chance = Chance(Digest::of(name.as_bytes()));
    for seed in &seeds {
        read(seed);
        for _ in 0..ROUNDS / u32::try_from(seeds.len()).unwrap() {
            let other = &seeds[chance.below(seeds.len())];
            read(&mutated(seed, other, &mut chance));
        }
    }
}

#[test]
fn keys() {
    trial("key", hostile_bytes::read_key);
}

#[test]
fn records() {
    trial("record", hostile_bytes::read_record);
}

#[test]
fn blobs() {
    trial("blob", hostile_bytes::read_blob);
}

#[test]
fn settings() {
    trial("settings", hostile_bytes::read_settings);
}
