//! Properties of fingerprints, lifetimes, stored paths and traits.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use heirloom_core::identity::{Code, Expiry, Fingerprint, Lifetime, Part, StoredPath, Traits, VersionVector};
use heirloom_core::settings::CodeLevel;
use heirloom_core::{Digest, Timestamp};
use proptest::prelude::*;

/// Few names and values, so that equal ones meet often.
fn part() -> impl Strategy<Value = Part> {
    (0_u8..3, proptest::option::of("[ab]"))
        .prop_map(|(text, place)| Part { digest: Digest::of(&[text]), place })
}

fn code() -> impl Strategy<Value = Code> {
    let level = prop_oneof![Just(CodeLevel::Manual), Just(CodeLevel::Function), Just(CodeLevel::Closure)];
    (level, proptest::collection::btree_map("[fg]", part(), 0..3))
        .prop_map(|(level, parts)| Code { level, parts })
}

/// Through JSON, as a record comes, where a counter of 0 may stand by name.
fn versions() -> impl Strategy<Value = VersionVector> {
    proptest::collection::btree_map("[de]", 0_u64..3, 0..3).prop_map(|counters: BTreeMap<String, u64>| {
        serde_json::from_str(&serde_json::to_string(&counters).unwrap()).unwrap()
    })
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    let shape = proptest::option::of((0_u8..2).prop_map(|byte| Digest::of(&[byte])));
    let parts = (versions(), code(), 0_u32..2, "[pq]", "[tu]", shape);
    parts.prop_map(|(versions, code, schema, codec, value_type, shape)| Fingerprint {
        versions,
        code,
        schema,
        codec,
        value_type,
        shape,
    })
}

/// Two fingerprints, often alike but for one thing.
fn pair() -> impl Strategy<Value = (Fingerprint, Fingerprint)> {
    (fingerprint(), fingerprint(), 0_u8..8).prop_map(|(old, other, same)| {
        let mut new = old.clone();
        match same {
            0 => new.versions = other.versions,
            1 => new.code = other.code,
            2 => new.schema = other.schema,
            3 => new.codec = other.codec,
            4 => new.value_type = other.value_type,
            5 => new.shape = other.shape,
            6 => new.code.parts.values_mut().for_each(|part| part.place = Some("moved".into())),
            _ => new = other,
        }
        (old, new)
    })
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        9 => (0_u64..4_000_000_000_000_000_000).prop_map(Timestamp::from_nanos),
        1 => prop_oneof![Just(0), Just(1), Just(u64::MAX - 1), Just(u64::MAX)].prop_map(Timestamp::from_nanos),
    ]
}

fn period() -> impl Strategy<Value = Duration> {
    prop_oneof![
        6 => (1_u64..1_000_000_000_000_000).prop_map(Duration::from_nanos),
        1 => Just(Duration::from_nanos(1)),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
    ]
}

proptest! {
    #[test]
    fn digests_are_equal_exactly_when_nothing_changed((old, new) in pair()) {
        let changes = old.changes(&new);
        prop_assert_eq!(old.digest() == new.digest(), changes.is_empty(), "{:?}", changes);
        prop_assert_eq!(new.changes(&old).is_empty(), changes.is_empty());
    }

    #[test]
    fn places_do_not_count(old in fingerprint(), place in proptest::option::of("[a-z]")) {
        let mut moved = old.clone();
        moved.code.parts.values_mut().for_each(|part| part.place.clone_from(&place));
        prop_assert_eq!(old.digest(), moved.digest());
        prop_assert_eq!(old.code.digest(), moved.code.digest());
        prop_assert!(old.changes(&moved).is_empty());
    }

    #[test]
    fn a_fingerprint_comes_back_from_json(old in fingerprint()) {
        let back: Fingerprint = serde_json::from_str(&serde_json::to_string(&old).unwrap()).unwrap();
        prop_assert_eq!(&back, &old);
        prop_assert_eq!(back.digest(), old.digest());
    }

    #[test]
    fn an_entry_is_good_exactly_until_its_end(
        epoch in proptest::option::of(period()),
        ttl in proptest::option::of(period()),
        created in 0_u64..4_000_000_000_000_000_000,
        age in 0_u64..2_000_000_000_000_000,
        name in any::<[u8; 4]>(),
    ) {
        let (lifetime, key) = (Lifetime { epoch, ttl }, Digest::of(&name));
        let created = Timestamp::from_nanos(created);
        let now = created.plus(Duration::from_nanos(age));
        let end = lifetime.ends(&key, created);
        prop_assert_eq!(lifetime.expired(&key, created, now).is_some(), now >= end, "ends {:?}", end);
        if let Some(ttl) = ttl {
            prop_assert!(end <= created.plus(ttl));
        }
        if let Some(epoch) = epoch.filter(|epoch| !epoch.is_zero()) {
            prop_assert!(end <= created.plus(epoch));
        }
        if end > created {
            let last = Timestamp::from_nanos(end.as_nanos() - 1);
            prop_assert_eq!(lifetime.expired(&key, created, last), None);
        }
    }

    #[test]
    fn a_clock_that_went_back_keeps_nothing_for_long(
        ttl in 1_u64..1_000_000_000_000_000,
        now in 0_u64..4_000_000_000_000_000_000,
        ahead in 0_u64..10_000_000_000_000_000,
    ) {
        let (ttl, now) = (Duration::from_nanos(ttl), Timestamp::from_nanos(now));
        let (lifetime, key) = (Lifetime { epoch: None, ttl: Some(ttl) }, Digest::of(b"key"));
        let created = now.plus(Duration::from_nanos(ahead));
        let later = now.plus(ttl * 2);
        if created <= later {
            prop_assert!(lifetime.expired(&key, created, now).is_some() || lifetime.ends(&key, created) <= later);
        } else {
            prop_assert_eq!(lifetime.expired(&key, created, now), Some(Expiry::Ttl(ttl)));
        }
    }

    #[test]
    fn no_moment_panics(
        created in moment(), now in moment(),
        epoch in proptest::option::of(period()), ttl in proptest::option::of(period()),
    ) {
        let (lifetime, key) = (Lifetime { epoch, ttl }, Digest::of(b"key"));
        lifetime.expired(&key, created, now);
        lifetime.ends(&key, created);
        prop_assert_eq!(Lifetime::FOREVER.expired(&key, created, now), None);
    }

    #[test]
    fn every_path_comes_back(
        bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'%'), Just(b'/'), Just(b'+'), Just(b'F')], 0..24),
        inside in any::<bool>(),
    ) {
        let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
        let rest = PathBuf::from(OsString::from_vec([b"x", bytes.as_slice()].concat()));
        let (project, clone) = (Path::new("/home/ann/50%/etl"), Path::new("/tmp/clone"));
        let path = if inside { project.join(&rest) } else { Path::new("/data").join(&rest) };
        let stored = StoredPath::new(&path, Some(project));
        prop_assert_eq!(stored.resolve(Some(project)), path.clone());
        let moved = if inside { clone.join(&rest) } else { path };
        prop_assert_eq!(stored.resolve(Some(clone)), moved);
        let json = serde_json::to_string(&stored).unwrap();
        prop_assert_eq!(serde_json::from_str::<StoredPath>(&json).unwrap(), stored);
    }

    #[test]
    fn an_expectation_holds_exactly_when_all_of_it_is_offered(
        offered in proptest::collection::btree_set(("[ab]", "[xyz]"), 0..5),
        expected in proptest::collection::btree_set(("[ab]", "[xyz]"), 0..4),
    ) {
        let traits = |pairs: &std::collections::BTreeSet<(String, String)>| {
            pairs.iter().fold(Traits::new(), |traits, (name, value)| traits.with(name, [value.clone()]))
        };
        let lacking = traits(&offered).lacking(&traits(&expected));
        prop_assert_eq!(lacking.is_none(), expected.is_subset(&offered));
        if let Some(lacking) = lacking {
            for value in lacking.values {
                let pair = (lacking.name.clone(), value);
                prop_assert!(expected.contains(&pair) && !offered.contains(&pair));
            }
        }
    }
}
