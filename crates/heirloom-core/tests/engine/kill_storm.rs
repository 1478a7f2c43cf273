//! A kill at any instant leaves nothing torn, and loses nothing that was acknowledged.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use heirloom_core::Digest;
use heirloom_core::engine::{Engine, GcFacts};

use crate::child::{self, say};
use crate::house::{House, Maker, hit};

const KILLS: u64 = 200;
const BOUND: Duration = Duration::from_secs(90);

/// The bytes of a key: 100 B to 1 MB, never the same twice, and slow now and then so that a record is written.
fn bytes_of(key: &str) -> Vec<u8> {
    let seed = Digest::of(key.as_bytes());
    let random = u32::from_le_bytes(seed.as_bytes()[..4].try_into().unwrap()) as usize;
    let length = if random.is_multiple_of(3) { 100_000 + random % 900_000 } else { 100 + random % 5000 };
    seed.as_bytes().iter().copied().cycle().take(length).collect()
}

fn maker(engine: &std::sync::Arc<Engine>, house: &House) -> Maker {
    Maker::new(engine, house.recipe("tables"), |_, key| {
        let bytes = bytes_of(key);
        if bytes.len().is_multiple_of(5) {
            std::thread::sleep(Duration::from_millis(11));
        }
        Ok(bytes)
    })
}

/// The role `writer`: keeps objects until it is killed, and says each that is kept.
pub(crate) fn write_in_child(words: &[&str]) {
    let [store, name] = words else { panic!("two words") };
    let house = House::new();
    let mut options = house.options();
    options.folder = Some(Path::new(store).to_owned());
    let tables = maker(&Engine::open(options).unwrap(), &house);
    for at in 0.. {
        let key = format!("{name}-{at}");
        let got = tables.get(&key);
        assert!(!got.served.trail.to_string().contains("could not"), "{}", got.served.trail);
        tables.forget_memory();
        say(&key);
    }
}

#[test]
fn two_hundred_kills() {
    let house = House::new();
    let store = house.store().display().to_string();
    let (begun, next) = (Instant::now(), AtomicU64::new(0));
    let storm = || {
        let mut acknowledged = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            if at >= KILLS {
                return acknowledged;
            }
            assert!(begun.elapsed() < BOUND, "only {at} kills in {BOUND:?}");
            let mut writer = child::start("writer", &[&store, &format!("w{at}")]);
            let mut lines = writer.lines();
            // A few are waited for, so that something is acknowledged; then the kill comes at a random moment.
            let random = Digest::of(&at.to_le_bytes());
            let patience = usize::from(random.as_bytes()[0] % 4);
            acknowledged.extend(lines.by_ref().take(patience));
            std::thread::sleep(Duration::from_micros(u64::from(random.as_bytes()[1]) * 40));
            writer.kill();
            acknowledged.extend(lines);
        }
    };
    let acknowledged: Vec<String> = std::thread::scope(|scope| {
        let storms = [scope.spawn(storm), scope.spawn(storm)];
        storms.into_iter().flat_map(|storm| storm.join().unwrap()).collect()
    });
    assert!(acknowledged.len() > 200, "{} acknowledged", acknowledged.len());

    let tables = maker(&house.open(), &house);
    let torn: Vec<_> =
        house.open().inspect(&mut |_, _| ()).unwrap().problems.into_iter().filter(is_torn).collect();
    assert!(torn.is_empty(), "{torn:?}");
    for key in &acknowledged {
        assert!(hit!(tables.get(key); Disk).bytes() == bytes_of(key), "{key} is torn");
    }
    let (plan, orphans) = tables.engine.plan_collection(&GcFacts::default()).unwrap();
    tables.engine.collect(&plan, &orphans, &mut |_, _| ()).unwrap();
    assert_eq!(house.files("staging"), Vec::<std::path::PathBuf>::new());
    let left = tables.engine.inspect(&mut |_, _| ()).unwrap().problems;
    assert!(left.is_empty(), "{left:?}");
}

/// What a kill may leave: files that nothing points to, never a name with other bytes.
fn is_torn(problem: &heirloom_core::disk::Problem) -> bool {
    use heirloom_core::disk::Problem;
    matches!(
        problem,
        Problem::CorruptBlob { .. } | Problem::CorruptRecord { .. } | Problem::MissingBlob { .. }
    )
}
