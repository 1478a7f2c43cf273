//! Counters and code: the rows F6 and F8.

use std::sync::Arc;

use heirloom::{CodeLevel, State, Store, cached, tracked, with_store};

use crate::ground::Ground;

#[cached(name = "counted", counters(ann = 3, bob = 1))]
fn counted(n: u32) -> u32 {
    n + 1
}

#[test]
fn f6_counters_of_attribute_and_file_are_united_and_a_bump_builds_again() {
    let ground = Ground::new();
    ground.write("heirloom.toml", "[versions.counted]\nbob = 2\ncid = 1\n");
    let first = with_store(&ground.open(), || {
        let first = counted(1).unwrap();
        let why = counted::explain(1).unwrap().to_string();
        assert!(why.contains("versions {ann: 3, bob: 2, cid: 1}"), "{why}");
        first
    });
    with_store(&ground.open(), || assert_eq!(counted::state(1).unwrap(), State::OnDisk));
    ground.write("heirloom.toml", "[versions.counted]\nbob = 2\ncid = 2\n");
    with_store(&ground.open(), || {
        let why = counted::explain(1).unwrap();
        assert_eq!(why.state, State::Absent);
        assert!(why.to_string().contains("cid 1 → 2"), "{why}");
        assert!(!Arc::ptr_eq(&counted(1).unwrap(), &first));
        assert_eq!(counted::stats().builds, 1);
    });
    // Both versions live side by side: going back hits.
    ground.write("heirloom.toml", "[versions.counted]\nbob = 2\ncid = 1\n");
    with_store(&ground.open(), || assert_eq!(counted::state(1).unwrap(), State::OnDisk));
}

/// Functions of one name that differ in their text, as two versions of a program do.
mod variants {
    pub(super) mod first {
        use heirloom::{cached, tracked};

        #[tracked]
        fn deepest(x: u32) -> u32 {
            x
        }

        #[tracked(uses(deepest))]
        fn deeper(x: u32) -> u32 {
            deepest(x)
        }

        #[cached(name = "variant", uses(deeper))]
        pub(crate) fn same(x: u32) -> u32 {
            deeper(x) + 1
        }

        #[cached(name = "body")]
        pub(crate) fn body(x: u32) -> u32 {
            x + 1
        }
    }

    pub(super) mod layout {
        use heirloom::cached;

        /// Documented here, and not there.
        #[cached(name = "body")]
        #[allow(clippy::allow_attributes, reason = "a lint attribute")]
        #[must_use]
        #[rustfmt::skip]
        pub(crate) fn body(
            x: u32,
        )   ->   u32 {
            // Another layout.
            x  +  /* and a comment */  1
        }
    }

    pub(super) mod token {
        use heirloom::cached;

        #[cached(name = "body")]
        pub(crate) fn body(x: u32) -> u32 {
            x + 2
        }
    }
}

/// Whether what `build` keeps is what `state` finds, each in a process of its own.
fn hands_down(build: impl FnOnce(), state: impl FnOnce() -> State) -> bool {
    let ground = Ground::new();
    with_store(&ground.open(), build);
    with_store(&ground.open(), state) == State::OnDisk
}

#[test]
fn f8_comments_documentation_layout_and_lints_do_not_count_and_every_token_does() {
    let build = || drop(variants::first::body(1).unwrap());
    assert!(hands_down(build, || variants::first::body::state(1).unwrap()));
    assert!(hands_down(build, || variants::layout::body::state(1).unwrap()));
    assert!(!hands_down(build, || variants::token::body::state(1).unwrap()));
}

#[test]
fn f8_a_change_two_levels_deep_in_what_is_used_counts() {
    let ground = Ground::new();
    with_store(&ground.open(), || variants::first::same(1).unwrap());
    let entry = ground.open().engine().entries(None).unwrap().remove(0);
    let record = ground.open().engine().record(&entry.entry).unwrap().unwrap();
    let parts: Vec<_> =
        record.fingerprint.code.parts.keys().map(|name| name.rsplit("::").next().unwrap()).collect();
    assert_eq!(parts, ["deeper", "deepest", "same"], "{:?}", record.fingerprint.code);
}

#[tracked]
const FACTOR: u32 = 3;

#[tracked]
#[derive(Clone)]
struct Shape {
    side: u32,
}

#[test]
fn f8_levels_manual_function_files_and_binary() {
    let ground = Ground::new();
    let file = ground.write("rates.csv", "one");
    let part = |store: &Store, level: Option<CodeLevel>, digest: u8| {
        let builder = store.factory("levels").files([file.clone()]).part("f", [digest; 32], "f.rs:1");
        let builder = if let Some(level) = level { builder.code(level) } else { builder };
        builder.build(|n: &u32| Ok::<_, std::io::Error>(*n))
    };
    for (level, same_on_new_code) in [
        (Some(CodeLevel::Manual), true),
        (Some(CodeLevel::Files), true),
        (Some(CodeLevel::Binary), true),
        (Some(CodeLevel::Function), false),
        (None, false),
    ] {
        let store = ground.open();
        store.clear().unwrap();
        part(&store, level, 1).get(&1).unwrap();
        let state = part(&ground.open(), level, 2).state(&1).unwrap();
        assert_eq!(state == State::OnDisk, same_on_new_code, "{level:?}");
        ground.write("rates.csv", &format!("two {level:?}"));
        assert_eq!(
            part(&ground.open(), level, 1).state(&1).unwrap(),
            State::Absent,
            "{level:?}: files count"
        );
    }
    let binary = part(&ground.open(), Some(CodeLevel::Binary), 1);
    binary.get(&1).unwrap();
    let record = binary.explain(&1).unwrap().record.unwrap();
    assert_eq!(record.fingerprint.code.parts.keys().collect::<Vec<_>>(), ["the executable"]);
    assert_eq!(Shape { side: FACTOR }.clone().side, 3);
}

#[test]
fn f8_uses_alone_makes_it_the_function_level() {
    let ground = Ground::new();
    let store = ground.open();
    let factory = store.factory("shapes").uses::<Shape>().uses::<FACTOR>();
    let factory = factory.build(|n: &u32| Ok::<_, std::io::Error>(*n));
    factory.get(&1).unwrap();
    let code = factory.explain(&1).unwrap().record.unwrap().fingerprint.code;
    assert_eq!((code.level, code.parts.len()), (CodeLevel::Function, 2), "{code:?}");
}

#[test]
fn f8_the_file_goes_before_the_code_and_closure_is_refused() {
    let ground = Ground::new();
    ground.write("heirloom.toml", "[cache.body]\ncode = \"manual\"\n");
    with_store(&ground.open(), || variants::first::body(1).unwrap());
    with_store(&ground.open(), || {
        assert_eq!(variants::token::body::state(1).unwrap(), State::OnDisk, "no code counts now");
    });
    ground.write("heirloom.toml", "[cache.body]\ncode = \"closure\"\n");
    with_store(&ground.open(), || {
        let sentence = "code level \"closure\" is not for Rust factories; choose \"manual\", \"function\" (and name what is \
                        used with `uses`), \"files\", \"crate\" or \"binary\"";
        assert_eq!(variants::first::body(1).unwrap_err().to_string(), sentence);
    });
}
