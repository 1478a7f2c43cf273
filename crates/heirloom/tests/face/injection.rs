//! The store is injected, and settings reach a factory by its name: the rows F15 and F16.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use heirloom::{State, Store, Tiers, cached, disabled, with_store};

use crate::child;
use crate::ground::Ground;

static STORE: LazyLock<Store> = LazyLock::new(Store::in_memory);

#[cached(store = &STORE)]
fn at_its_own(n: u32) -> u32 {
    n
}

#[cached(store = &*STORE, name = "dereferenced")]
fn dereferenced(n: u32) -> u32 {
    n
}

#[cached(name = "plain")]
fn plain(n: u32) -> u32 {
    n
}

#[test]
fn f15_a_store_by_argument_goes_before_the_scope() {
    let ground = Ground::new();
    with_store(&ground.open(), || {
        at_its_own(1).unwrap();
        dereferenced(1).unwrap();
        plain(1).unwrap();
    });
    assert_eq!(at_its_own::state(1).unwrap(), State::InMemory);
    assert_eq!(dereferenced::state(1).unwrap(), State::InMemory);
    assert_eq!(ground.open().engine().entries(None).unwrap().len(), 1, "only the plain one is kept there");
}

#[test]
fn f15_scopes_nest_and_end_with_a_panic_too_and_off_is_off_further_in() {
    let (outer, inner) = (Store::in_memory(), Store::in_memory());
    with_store(&outer, || {
        with_store(&inner, || drop(plain(1).unwrap()));
        assert_eq!(plain::state(1).unwrap(), State::Absent);
        let panicked = std::panic::catch_unwind(|| with_store(&inner, || panic!("on purpose")));
        assert!(panicked.is_err());
        let held = plain(2).unwrap();
        disabled(|| assert!(!Arc::ptr_eq(&plain(2).unwrap(), &held), "a live one is not handed down"));
        assert!(Arc::ptr_eq(&plain(2).unwrap(), &held));
        assert_eq!(plain::state(2).unwrap(), State::InMemory);
        disabled(|| {
            with_store(&inner, || drop(plain(3).unwrap()));
            assert_eq!(plain::stats().builds, 2, "what is built inside is not the outer store's");
        });
    });
    with_store(&inner, || {
        assert_eq!(plain::state(1).unwrap(), State::InMemory);
        assert_eq!(plain::state(3).unwrap(), State::Absent, "off is off, whatever the store");
    });
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_asks_the_default_store() {
    assert_eq!(*plain(5).unwrap(), 5);
    let why = plain::explain(5).unwrap();
    println!("state {:?}, {}", why.state, why.sentence());
    println!("builds {}", plain::stats().builds);
}

const ASKS: &str = "injection::child_asks_the_default_store";

#[test]
fn f15_the_default_store_is_found_from_the_nearest_file_above() {
    let ground = Ground::new();
    ground.write("heirloom.toml", "store = \"kept here\"\n");
    let below = ground.path("a");
    std::fs::create_dir(&below).unwrap();
    assert!(child::run(ASKS, &below, &[]).contains("builds 1"));
    assert!(ground.path("kept here").is_dir());
    assert!(child::run(ASKS, &below, &[]).contains("builds 0"), "the next process finds it");
}

#[test]
fn f15_without_a_file_it_is_the_users_cache_directory() {
    let ground = Ground::new();
    let home = ground.path("caches");
    let cache = [("XDG_CACHE_HOME", home.to_str().unwrap())];
    assert!(child::run(ASKS, ground.root(), &cache).contains("builds 1"));
    assert!(home.join("heirloom").is_dir());
    assert!(child::run(ASKS, ground.root(), &cache).contains("builds 0"));
}

#[test]
fn f15_the_environment_names_the_store_before_any_file_does() {
    let ground = Ground::new();
    ground.write("heirloom.toml", "store = \"not here\"\n");
    let named = [("HEIRLOOM_STORE", "named")];
    assert!(child::run(ASKS, ground.root(), &named).contains("builds 1"));
    assert!(ground.path("named/v1").is_dir() && !ground.path("not here").exists());
    assert!(child::run(ASKS, ground.root(), &named).contains("builds 0"));
    assert!(
        child::run(ASKS, ground.root(), &[("HEIRLOOM_STORE", "")]).contains("builds 1"),
        "empty is unset"
    );
    assert!(ground.path("not here").is_dir());
}

#[test]
fn f15_one_variable_switches_it_off() {
    let ground = Ground::new();
    ground.write("heirloom.toml", "");
    let off = child::run(ASKS, ground.root(), &[("HEIRLOOM_DISABLE", "1")]);
    assert!(off.contains("switched off by HEIRLOOM_DISABLE"), "{off}");
    assert!(
        child::run(ASKS, ground.root(), &[("HEIRLOOM_DISABLE", "0")]).contains("builds 1"),
        "nothing was kept"
    );
}

#[test]
fn a_default_store_that_cannot_be_opened_costs_a_warning_and_never_the_request() {
    let ground = Ground::new();
    ground.write("heirloom.toml", "stoer = \"x\"\n");
    let text = child::run(ASKS, ground.root(), &[]);
    assert!(text.contains("`stoer` is not a setting; did you mean `store`?"), "{text}");
    assert!(text.contains("this process keeps its objects in memory only"), "{text}");
}

#[test]
fn f15_settings_by_name_reach_a_factory_without_touching_code() {
    let ground = Ground::new();
    let set = |text: &str| {
        ground.write("heirloom.toml", &format!("[cache.plain]\n{text}\n"));
        ground.open()
    };
    with_store(&set("tiers = [\"memory\"]"), || {
        plain(1).unwrap();
        assert_eq!(plain::state(1).unwrap(), State::InMemory);
    });
    with_store(&set("tiers = [\"disk\"]"), || {
        assert_eq!(plain::state(1).unwrap(), State::Absent, "the one before was kept in memory only");
        plain(1).unwrap();
        assert_eq!(plain::state(1).unwrap(), State::OnDisk);
        plain(1).unwrap();
        assert_eq!((plain::stats().builds, plain::stats().disk_hits), (1, 1));
    });
    for (text, words) in [("enabled = false", "`enabled = false` in"), ("tiers = []", "`tiers = []` in")] {
        with_store(&set(text), || {
            plain(1).unwrap();
            plain(1).unwrap();
            let why = plain::explain(1).unwrap().to_string();
            assert!(why.contains(words) && why.contains("heirloom.toml"), "{why}");
            assert_eq!(plain::stats().builds, 2);
        });
    }
    with_store(&set("verify = \"always\"\nepoch = \"1d\"\npin = true"), || {
        let store = Store::builder().folder(ground.path(".heirloom")).open().unwrap();
        let recipe = |store: &Store| {
            let factory = store.factory("plain").verify("never").build(|n: &u32| Ok::<_, std::io::Error>(*n));
            factory.get(&77).unwrap();
            store.engine().factories().remove(0)
        };
        let known = recipe(&store);
        assert_eq!(known.recipe().verify, heirloom::Verify::Always);
        assert!(known.recipe().pinned);
        assert_eq!(known.recipe().lifetime.epoch.unwrap().as_secs(), 86_400);
    });
}

#[test]
fn f4_tiers_can_be_chosen_in_code() {
    let ground = Ground::new();
    let store = ground.open();
    let of = |name: &str, memory, disk| {
        let builder = store.factory(name.to_owned()).tiers(Tiers { memory, disk });
        let factory = builder.build(|n: &u32| Ok::<_, std::io::Error>(*n));
        factory.get(&1).unwrap();
        factory.state(&1).unwrap()
    };
    assert_eq!(of("memory", true, false), State::InMemory);
    assert_eq!(of("disk", false, true), State::OnDisk);
    assert_eq!(of("both", true, true), State::InMemory);
    assert_eq!(of("none", false, false), State::Absent);
}

/// Neither `Clone` nor `Hash` nor `Serialize`.
struct Progress(u32);

#[cached(ignore(done), name = "f16::destructured")]
fn destructured((left, right): (u32, u32), Progress(done): Progress, &_third: &u8) -> u32 {
    left + right + done
}

#[cached(key = |path| -> String { path.to_string_lossy().to_lowercase() }, name = "f16::folded")]
fn folded(path: &Path, mut times: u32) -> u32 {
    times += 1;
    times + u32::from(path.is_absolute())
}

#[test]
fn f16_patterns_are_parameters_and_an_ignored_one_need_not_be_a_key() {
    with_store(&Store::in_memory(), || {
        assert_eq!(*destructured((1, 2), Progress(10), &0).unwrap(), 13);
        assert_eq!(*destructured((1, 2), Progress(20), &0).unwrap(), 13, "the progress is ignored");
        assert_eq!(*destructured((2, 1), Progress(20), &0).unwrap(), 23);
        assert_eq!(*destructured((1, 2), Progress(30), &1).unwrap(), 33, "a pattern without a name counts");
        assert_eq!(destructured::state((1, 2), &0).unwrap(), State::InMemory);
        assert_eq!(*folded(Path::new("A/b"), 1).unwrap(), 2);
        assert_eq!(*folded(Path::new("a/B"), 5).unwrap(), 2, "one key");
    });
}
