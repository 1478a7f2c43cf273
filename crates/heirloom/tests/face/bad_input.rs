//! Bad input: one clear sentence each, nothing lost, no panic.

use heirloom::{Error, ErrorKind, State, Store};
use heirloom_core::engine::GcFacts;

use crate::ground::Ground;

fn sentence<T>(outcome: Result<T, Error>) -> String {
    let Err(error) = outcome else { panic!("it must be refused") };
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    error.to_string()
}

#[test]
fn two_types_under_one_name() {
    let store = Store::in_memory();
    let first = store.factory("tables").build(|n: &u32| Ok::<u32, std::io::Error>(*n));
    let second = store.factory("tables").build(|_: &u32| Ok::<String, std::io::Error>(String::new()));
    assert_eq!(
        sentence(second.get(&1)),
        "the factory name `tables` is taken: it makes `u32` already, and cannot make `alloc::string::String` too; \
         give one of them another name"
    );
    assert_eq!(sentence(second.state(&1)), sentence(second.forget(&1)));
    assert_eq!(*first.get(&1).unwrap(), 1, "the first one is as it was");
}

#[test]
fn names() {
    let store = Store::in_memory();
    let named = |name: &str| {
        let factory = store.factory(name.to_owned()).build(|n: &u32| Ok::<u32, std::io::Error>(*n));
        factory.get(&1)
    };
    for (name, expected) in [
        ("", "the factory name \"\" is empty; give it at least one letter"),
        ("a/b", "the factory name \"a/b\" has a `/` at letter 2; separate its parts with `::` or `.`"),
        ("..", "the factory name \"..\" has `..` at letter 1; write one dot, or `::`"),
        ("a\0b", "the factory name \"a\\0b\" has the control character \\u{0} at letter 2; take it out"),
    ] {
        assert_eq!(sentence(named(name)), expected);
    }
    let long = sentence(named(&"x".repeat(300)));
    assert!(long.ends_with(
        "is 300 bytes long, at most 200 fit; shorten it, or set a shorter `name` for this factory"
    ));
    assert_eq!(*named("tables 🛩").unwrap(), 1);
}

#[test]
fn a_counter_that_goes_backwards() {
    let ground = Ground::new();
    let at = |number: u64| {
        let tables = ground.open().factory("tables").counter("ann", number);
        tables.build(move |n: &u64| Ok::<_, std::io::Error>(n * 10 + number))
    };
    assert_eq!(*at(3).get(&1).unwrap(), 13);
    let back = at(2);
    let why = back.explain(&1).unwrap();
    assert_eq!(why.state, State::Absent, "what newer code built is not served to older code");
    let why = why.to_string();
    assert!(why.contains("ann 3 → 2") && why.contains("is newer than this code"), "{why}");
    assert_eq!(*back.get(&1).unwrap(), 12);
    let store = ground.open();
    let facts = GcFacts {
        versions: [("tables".to_owned(), [("ann", 2)].into_iter().collect())].into(),
        ..GcFacts::default()
    };
    let (plan, _) = store.engine().plan_collection(&facts).unwrap();
    assert!(plan.remove.is_empty(), "nothing of the newer code is lost: {plan:?}");
    assert_eq!(at(3).state(&1).unwrap(), State::OnDisk);
    assert_eq!(at(2).state(&1).unwrap(), State::OnDisk);
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Stubborn;

impl serde::Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it will not be written"))
    }
}

#[test]
fn a_key_that_cannot_be_serialised() {
    let factory = Store::in_memory().factory("keys").build(|_: &Stubborn| Ok::<u32, std::io::Error>(1));
    let refusal = sentence(factory.get(&Stubborn));
    assert!(refusal.contains("it will not be written") && refusal.contains("keys"), "{refusal}");
    assert_eq!(refusal, sentence(factory.state(&Stubborn)));
    assert_eq!(refusal, sentence(smol::block_on(factory.get_async(&Stubborn))));
}

#[test]
fn words_and_times() {
    let store = Store::in_memory();
    let ask = |builder: heirloom::FactoryBuilder<u32>| {
        sentence(builder.build(|n: &u32| Ok::<_, std::io::Error>(*n)).get(&1))
    };
    let epoch = ask(store.factory("a").epoch("7 dayz"));
    assert!(epoch.contains("7 dayz"), "{epoch}");
    let ttl = ask(store.factory("b").ttl("0s"));
    assert_eq!(ttl, "`ttl = \"0s\"` ends before it begins; give it a time longer than zero");
    let word = ask(store.factory("c").revalidate("allways"));
    assert!(word.contains("`allways` is not") && word.contains("did you mean `always`?"), "{word}");
    let word = ask(store.factory("d").verify("sometimes"));
    assert!(
        word.contains("`sometimes` is not a value of `verify`; write one of: always, auto, never"),
        "{word}"
    );
    let level = ask(store.factory("e").code(heirloom::CodeLevel::Crate));
    assert!(level.starts_with("code level \"crate\" needs what a build script finds"), "{level}");
}

#[test]
fn a_store_path_that_is_a_file() {
    let ground = Ground::new();
    let file = ground.write("store", "mine");
    let refusal = sentence(Store::open(&file));
    assert!(refusal.contains(file.to_str().unwrap()), "{refusal}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine", "nothing is lost");
}

#[test]
fn a_malformed_heirloom_toml() {
    let ground = Ground::new();
    let file = ground.write("heirloom.toml", "[cache.tables]\n  epohc = \"7d\"\n");
    let refusal = sentence(ground.builder().open());
    let expected =
        format!("{}:2:3: `epohc` is not a setting of a cache; did you mean `epoch`?", file.display());
    assert!(refusal.starts_with(&expected), "{refusal}");
    assert!(!ground.path(".heirloom").exists(), "nothing was made");
}

#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let ground = Ground::new();
    let folder = ground.path("closed");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(folder.join("probe"), "").is_ok() {
        println!("skipped: this user may write everywhere (root), so permission cannot be denied");
        return;
    }
    let error = Store::open(folder.join("store")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("cannot be opened"), "{error}");
}

mod twice {
    pub(super) fn one() -> heirloom::Result<std::sync::Arc<u32>> {
        #[heirloom::cached(code = "manual")]
        fn same(n: u32) -> u32 {
            n + 1
        }
        same(1)
    }

    pub(super) fn two() -> heirloom::Result<std::sync::Arc<u32>> {
        #[heirloom::cached(code = "manual")]
        fn same(n: u32) -> u32 {
            n + 2
        }
        same(1)
    }
}

#[test]
fn two_functions_under_one_name_never_share_objects() {
    heirloom::with_store(&Store::in_memory(), || {
        assert_eq!(*twice::one().unwrap(), 2);
        assert_eq!(
            sentence(twice::two()),
            "two cached functions are called `face::bad_input::twice::same`, so their objects would be taken for each \
             other's; give one of them a `name = \"…\"`"
        );
        assert_eq!(*twice::one().unwrap(), 2);
    });
}
