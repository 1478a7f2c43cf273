//! What a good `heirloom.toml` sets: every setting, merging over `*`, finding the file, and texts at random.

use std::path::{Path, PathBuf};
use std::time::Duration;

use heirloom_core::settings::{
    CacheSettings, CodeLevel, Revalidate, Settings, Tiers, Verify, bump, parse_duration, parse_size,
};
use proptest::prelude::*;

const EVERYTHING: &str = r#"
store = ".heirloom"
memory = "4 GiB"
disk = "50 GiB"
verify = "auto"
enabled = true

[versions."my_crate::tables"]
dev1 = 3

dev2 = 1

[cache.tables]
tiers = ["memory", "disk"]
epoch = "7d"
ttl = "1h"
verify = "always"
code = "function"
revalidate = "5s"
files = ["data/*.csv"]
enabled = false
disk = "1 GiB"
pin = true
record_trace = "calls.csv"

[cache."*"]
tiers = []
code = "binary"
"#;

fn parsed(text: &str) -> Settings {
    Settings::parse(text, Path::new("/project/heirloom.toml")).expect("it is good")
}

#[test]
fn every_setting_is_read() {
    let settings = parsed(EVERYTHING);
    assert_eq!(settings.root(), Path::new("/project"));
    assert_eq!(settings.store(), Some(Path::new("/project/.heirloom")));
    assert_eq!(settings.memory(), Some(4 << 30));
    assert_eq!(settings.disk(), Some(50 << 30));
    assert_eq!(settings.verify(), Some(Verify::Auto));
    assert_eq!(settings.enabled(), Some(true));
    assert_eq!(settings.versions("my_crate::tables").to_string(), "{dev1: 3, dev2: 1}");
    assert!(settings.versions("tables").is_empty());
    assert_eq!(settings.factories().into_iter().collect::<Vec<_>>(), ["my_crate::tables", "tables"]);
    let expected = CacheSettings {
        tiers: Some(Tiers { memory: true, disk: true }),
        epoch: Some(Duration::from_hours(7 * 24)),
        ttl: Some(Duration::from_hours(1)),
        verify: Some(Verify::Always),
        code: Some(CodeLevel::Function),
        revalidate: Some(Revalidate::After(Duration::from_secs(5))),
        files: Some(vec!["data/*.csv".to_owned()]),
        enabled: Some(false),
        disk: Some(1 << 30),
        pin: Some(true),
        record_trace: Some("calls.csv".to_owned()),
    };
    assert_eq!(settings.cache("tables"), expected);
}

#[test]
fn a_factory_is_set_over_the_star() {
    let settings = parsed("[cache.a]\npin = false\n[cache.\"*\"]\npin = true\nttl = \"1h\"\ntiers = []");
    assert_eq!(settings.cache("a").pin, Some(false));
    assert_eq!(settings.cache("a").ttl, Some(Duration::from_hours(1)));
    assert_eq!(settings.cache("b").pin, Some(true));
    assert!(settings.cache("b").tiers.expect("it is set").is_empty());
    assert_eq!(parsed("[cache.a]\npin = false").cache("b"), CacheSettings::default());
}

#[test]
fn nothing_set_is_nothing() {
    let empty = Settings::default();
    assert_eq!(empty.store(), None);
    assert_eq!(empty.memory(), None);
    assert_eq!(empty.cache("tables"), CacheSettings::default());
    assert!(empty.versions("tables").is_empty());
    assert!(empty.factories().is_empty());
    assert_eq!(Settings::parse("", Path::new("")).expect("it is good"), empty);
}

#[test]
fn other_spellings_of_the_same_toml_are_read() {
    let settings = parsed("versions = { t = { dev1 = 3 } }\ncache.t.pin = true\nstore = \"/fast/store\"");
    assert_eq!(settings.versions("t").counter("dev1"), 3);
    assert_eq!(settings.cache("t").pin, Some(true));
    assert_eq!(settings.store(), Some(Path::new("/fast/store")));
}

#[test]
fn the_nearest_file_upwards_is_found_and_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("a/b/c");
    std::fs::create_dir_all(&deep).expect("folders");
    let write = |at: &str, text: &str| std::fs::write(folder.path().join(at), text).expect("it is written");
    write("heirloom.toml", "memory = \"1 GiB\"");
    write("a/heirloom.toml", "store = \"kept\"");
    std::fs::create_dir(folder.path().join("a/b/heirloom.toml")).expect("a folder of that name");

    let found = Settings::find(&deep).expect("it is found");
    assert_eq!(found, folder.path().join("a/heirloom.toml"));
    let settings = Settings::read(&found).expect("it is good");
    assert_eq!(settings.store(), Some(folder.path().join("a/kept").as_path()));
    assert_eq!(Settings::find(&folder.path().join("elsewhere")), Some(folder.path().join("heirloom.toml")));
}

/// Texts that are often almost good: lines of the real file, shuffled, cut and with noise between.
fn almost_good() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => prop::sample::select(EVERYTHING.lines().map(str::to_owned).collect::<Vec<_>>()),
        1 => ".{0,12}",
        1 => prop::sample::select(vec!["\r".to_owned(), "# note".to_owned(), "\u{feff}".to_owned(), "[[".to_owned()]),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

/// Good texts: tables of counters and caches in any order, adjacent or spaced, with comments and both line ends.
fn good() -> impl Strategy<Value = String> {
    let counter =
        ("[a-e]", 0..1_000_u32, prop::sample::select(vec!["", "\n", "# why\n", "\n# why\n", "# é\n\n"]));
    let table = ("[a-d]", prop::collection::btree_map("[a-h]", counter, 1..5), "(\n|# about\n)?");
    let tables = prop::collection::btree_map("[a-f]", table, 0..4);
    (tables, any::<bool>(), any::<bool>(), "(store = \"x\"\n)?").prop_map(|(tables, windows, ends, store)| {
        let mut parts = vec![store];
        for (factory, (_, counters, above)) in tables {
            parts.push(format!("{above}[versions.{factory}] # here\n"));
            for (developer, (_, count, gap)) in counters {
                parts.push(format!("{gap}{developer}={count}  # raised\n"));
            }
            parts.push(format!("[cache.{factory}]\npin = true\n"));
        }
        let text = parts.concat();
        let text = if ends { text } else { text.trim_end().to_owned() };
        if windows { text.replace('\n', "\r\n") } else { text }
    })
}

/// What is left when blank lines and the counters' numbers are taken away.
fn skeleton(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split_inclusive('=').next().unwrap_or(line).to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(text in prop_oneof![any::<String>(), almost_good()]) {
        let origin = PathBuf::from("heirloom.toml");
        let _ = Settings::parse(&text, &origin);
        let _ = bump(&text, &origin, "t", "dev1", 0);
        let _ = parse_duration(&text);
        let _ = parse_size(&text);
    }

    #[test]
    fn a_bump_raises_exactly_one_counter(text in good(), factory in "[a-g]", developer in "[a-i]", at_least in 0..2_000_u64) {
        let origin = Path::new("heirloom.toml");
        let before = Settings::parse(&text, origin).expect("it is good");
        let bumped = bump(&text, origin, &factory, &developer, at_least).expect("it is raised");
        let after = Settings::parse(&bumped.text, origin).expect("it is good still");

        prop_assert_eq!(bumped.old, before.versions(&factory).counter(&developer));
        prop_assert_eq!(bumped.new, at_least.max(bumped.old + 1));
        for other in ["a", "b", "c", "d", "e", "f", "g"] {
            let mut expected = before.versions(other);
            if other == factory {
                expected.set(developer.as_str(), bumped.new);
            }
            prop_assert_eq!(after.versions(other), expected);
            prop_assert_eq!(after.cache(other), before.cache(other));
        }
        prop_assert_eq!(after.store(), before.store());

        let mut left = skeleton(&bumped.text).into_iter();
        for line in skeleton(&text) {
            prop_assert!(left.any(|kept| kept == line), "{line} is lost or moved");
        }
        let again = bump(&bumped.text, origin, &factory, &developer, 0).expect("it is raised again");
        let lines = |text: &str| text.lines().count();
        prop_assert_eq!(lines(&again.text), lines(&bumped.text), "the layout settles at once");
    }
}
