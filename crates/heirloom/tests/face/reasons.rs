//! Every miss says why, and what an author vouches for: the row F17, adopt and pin.

use heirloom::{CodeLevel, Factory, Reason, State, Store};

use crate::ground::{Builds, Ground};

fn made(store: &Store, digest: u8, counter: u64, builds: &Builds) -> Factory<u32, u32> {
    let builder = store.factory("made").code(CodeLevel::Function).counter("dev1", counter);
    let builds = builds.clone();
    builder.part("normalize", [digest; 32], "src/etl.rs:12").build(move |n: &u32| {
        builds.count();
        Ok::<_, std::io::Error>(*n)
    })
}

#[test]
fn f17_explain_tells_old_and_new_and_never_builds() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let explain = |digest, counter| made(&ground.open(), digest, counter, &builds).explain(&1).unwrap();
    let why = explain(1, 3);
    assert_eq!(why.sentence(), "made(1) would be built: never built");
    assert!(matches!(why.trail.why(), Some(Reason::NeverBuilt)));
    assert_eq!(builds.so_far(), 0);
    made(&ground.open(), 1, 3, &builds).get(&1).unwrap();
    assert_eq!(explain(1, 3).sentence(), "made(1) is on disk");
    assert!(explain(1, 4).sentence().starts_with("made(1) would be built: dev1 3 → 4 (the entry was built "));
    assert!(
        explain(2, 3).sentence().starts_with(
            "made(1) would be built: `normalize` changed in src/etl.rs:12 (the entry was built "
        )
    );
    let both = explain(2, 4);
    let start =
        "made(1) would be built: dev1 3 → 4, `normalize` changed in src/etl.rs:12 (the entry was built ";
    assert!(both.sentence().starts_with(start), "{both}");
    let Some(Reason::FingerprintChanged { changes, .. }) = both.trail.why() else { panic!("{both}") };
    assert_eq!(changes.len(), 2);
    let factory = made(&ground.open(), 1, 3, &builds);
    factory.get(&1).unwrap();
    assert_eq!(factory.explain(&1).unwrap().sentence(), "made(1) is in memory");
    factory.forget(&1).unwrap();
    assert!(
        matches!(factory.explain(&1).unwrap().trail.why(), Some(Reason::Removed { by, .. }) if by == "forget")
    );
    assert_eq!(builds.so_far(), 1);
}

#[test]
fn f17_another_process_knows_why_yesterdays_run_built() {
    let (ground, builds) = (Ground::new(), Builds::default());
    made(&ground.open(), 1, 3, &builds).get(&1).unwrap();
    made(&ground.open(), 1, 4, &builds).get(&1).unwrap();
    let why = made(&ground.open(), 1, 4, &builds).explain(&1).unwrap();
    assert_eq!(why.state, State::OnDisk);
    let last = why.last.as_ref().unwrap();
    assert!(last.trail.why().unwrap().to_string().starts_with("dev1 3 → 4 (the entry was built "));
    assert!(why.to_string().contains("last build,"), "{why}");
}

#[test]
fn an_adopted_change_of_code_is_served_and_said_and_a_counter_is_never_adopted() {
    let (ground, builds) = (Ground::new(), Builds::default());
    made(&ground.open(), 1, 3, &builds).get(&1).unwrap();
    let changed = made(&ground.open(), 2, 3, &builds);
    assert_eq!(changed.adopt().unwrap(), 1);
    let why = changed.explain(&1).unwrap();
    assert_eq!(why.state, State::OnDisk);
    assert!(why.trail.reasons().any(|reason| matches!(reason, Reason::Adopted { .. })), "{why}");
    changed.get(&1).unwrap();
    assert_eq!(builds.so_far(), 1);
    assert_eq!(made(&ground.open(), 2, 4, &builds).state(&1).unwrap(), State::Absent);
    assert_eq!(made(&ground.open(), 5, 3, &builds).state(&1).unwrap(), State::Absent, "only for that code");
    let empty = Ground::new();
    let error = made(&empty.open(), 1, 1, &builds).adopt().unwrap_err().to_string();
    assert!(error.starts_with("nothing of `made` is kept in"), "{error}");
}

#[test]
fn a_pinned_object_stays_and_an_unpinned_one_goes() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let store = ground.open();
    let factory = made(&store, 1, 3, &builds);
    factory.get(&1).unwrap();
    factory.get(&2).unwrap();
    assert_eq!(factory.pin(&1).unwrap(), 1);
    assert_eq!(factory.pin(&3).unwrap(), 0, "there is none");
    let pinned = || store.engine().entries(None).unwrap().iter().filter(|row| row.pinned).count();
    assert_eq!(pinned(), 1);
    assert_eq!(factory.unpin(&1).unwrap(), 1);
    assert_eq!(pinned(), 0);
}
