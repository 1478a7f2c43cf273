//! Everything that may be wrong with a call, the settings or the store: one sentence and one exit code each.

use std::fs;
use std::os::unix::ffi::OsStringExt;

use crate::stage::{Made, Stage};

/// The call must end with this code and these words, in one line, and print nothing else.
fn check(stage: &Stage, words: &[&str], code: u8, sentence: &str) {
    let answer = stage.run(words);
    assert_eq!(answer.code, code, "{words:?}: {answer:?}");
    assert_eq!(answer.out, "", "{words:?}");
    assert!(answer.err.contains(sentence), "{words:?}: {answer:?}");
    assert_eq!(answer.err.trim_end().lines().count(), 1, "{words:?}: {answer:?}");
}

#[test]
fn calls_that_cannot_be_understood() {
    let stage = Stage::furnished();
    let refused = |words: &[&str], part: &str| {
        let answer = stage.run(words);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{words:?}: {answer:?}");
        assert!(answer.err.contains(part), "{words:?}: {answer:?}");
    };
    refused(&["lss"], "a similar subcommand exists: 'ls'");
    refused(&["ls", "--jsn"], "a similar argument exists: '--json'");
    refused(&["show"], "<KEY>");
    refused(&[], "Usage: heirloom");
    refused(&["gc", "--disk", "lots"], "`lots` is not a size");
    refused(&["gc", "--disk", "-1"], "`-1` is not a size");
    refused(&["bump", "tables", "--to", "-1"], "invalid value '-1' for '--to <N>'");
    refused(&["completions", "tcsh"], "possible values");
}

#[test]
fn keys_that_mean_nothing_or_too_much() {
    let stage = Stage::furnished();
    check(&stage, &["show", "abc"], 2, "`abc` is too short for a digest; give 4 letters or more");
    check(&stage, &["show", "0000000000000000"], 1, "no entry and no key begins with `0000000000000000`");
    check(
        &stage,
        &["show", "xyz!"],
        2,
        "`xyz!` is neither the beginning of a digest (hexadecimal letters) nor",
    );
    check(
        &stage,
        &["show", "tables"],
        2,
        "`tables` is a factory, not one object; `heirloom ls tables` lists",
    );
    check(&stage, &["pin", "tabels"], 2, "did you mean `tables`?");
    check(&stage, &["show", "meshes(\"cub\")"], 1, "did you mean `meshes(\"cube\")`?");
    check(&stage, &["explain", "nonsense"], 2, "`nonsense` is neither the beginning of a digest");
    check(&stage, &["show", ""], 2, "`` is neither");
    check(&stage, &["man", "gcc"], 2, "there is no command `gcc`; did you mean `gc`?");
}

#[test]
fn an_ambiguous_key_is_told_with_its_candidates() {
    let stage = Stage::new();
    stage.write("heirloom.toml", "");
    // Cut where they are shown, so both are called the same.
    let (left, right) = (format!("{}a", "x".repeat(99)), format!("{}b", "x".repeat(99)));
    stage.build(&Made::named("tables"), &left, b"left");
    stage.build(&Made::named("tables"), &right, b"right");
    let name = stage.document(&["ls"])["entries"][0]["name"].as_str().unwrap().to_owned();
    check(&stage, &["show", &name], 2, "may mean 2 things: ");
    // Four letters that two of many keys begin with.
    let engine = stage.engine();
    let factory = engine.register(crate::stage::recipe(&Made::named("many"))).unwrap();
    let digest =
        |number: i32| heirloom_core::identity::Key::of(factory.name(), &number).unwrap().digest().to_string();
    let begins = |number: i32| digest(number)[..4].to_owned();
    let (first, second) = (0..2000)
        .find_map(|second| {
            (0..second).find(|first| begins(*first) == begins(second)).map(|first| (first, second))
        })
        .unwrap();
    stage.request(&engine, &factory, &first, b"x");
    stage.request(&engine, &factory, &second, b"x");
    let answer = stage.run(&["pin", &begins(first)]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains(&format!("many({first})")), "{answer:?}");
    assert!(answer.err.contains(&format!("many({second})")), "{answer:?}");
    assert!(answer.err.contains("give more letters"), "{answer:?}");
}

#[test]
fn looking_makes_no_store() {
    let stage = Stage::new();
    stage.write("heirloom.toml", "");
    for words in [
        &["ls"][..],
        &["show", "abcd"],
        &["explain"],
        &["stats"],
        &["gc"],
        &["verify", "--repair"],
        &["clear", "--yes"],
        &["du"],
        &["adopt", "tables"],
        &["pin", "abcd"],
        &["unpin", "abcd"],
    ] {
        check(&stage, words, 3, "run your program first, or give --store");
        assert!(!stage.store().exists(), "{words:?}");
    }
    let folder = stage.path("empty");
    fs::create_dir(&folder).unwrap();
    check(&stage, &["--store", "empty", "ls"], 3, "there is no store at ");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn stores_that_cannot_be_used() {
    let stage = Stage::furnished();
    stage.write("file", "not a folder");
    check(&stage, &["--store", "file", "ls"], 3, "is a file, not the folder of a store (named by --store)");
    check(&stage, &["--store", "file/below", "ls"], 3, "there is no store at");
    fs::create_dir_all(stage.path("newer/v2")).unwrap();
    check(
        &stage,
        &["--store", "newer", "ls"],
        3,
        "has the format v2, this heirloom reads v1: upgrade heirloom",
    );
    let registry = rusqlite::Connection::open(stage.store().join("v1/registry.sqlite")).unwrap();
    registry.pragma_update(None, "user_version", 99).unwrap();
    drop(registry);
    check(&stage, &["ls"], 3, "registry has version 99, this heirloom reads up to 2: upgrade heirloom");
    let answer = stage.run(&["bump", "tables", "--as", "anna"]);
    assert_eq!(answer.code, 0, "a bump needs no store: {answer:?}");
    assert!(
        answer.err.contains("warning: the store was not asked which numbers were used before"),
        "{answer:?}"
    );
}

#[test]
fn settings_that_cannot_be_read() {
    let stage = Stage::furnished();
    let check_settings = |text: &str, sentence: &str| {
        stage.write("heirloom.toml", text);
        check(&stage, &["ls"], 2, sentence);
        check(&stage, &["bump", "tables", "--as", "anna"], 2, sentence);
        assert_eq!(stage.read("heirloom.toml"), text, "a refused file stays as it is");
    };
    check_settings("stroe = \"x\"\n", "heirloom.toml:1:1: `stroe` is not a setting; did you mean `store`?");
    check_settings("[cache.tables]\nttl = \"soon\"\n", "heirloom.toml:2:7: ");
    check_settings("[versions.tables\n", "heirloom.toml:1:17: this is not TOML");
    fs::write(stage.path("heirloom.toml"), [0xff, 0xfe]).unwrap();
    check(&stage, &["ls"], 2, "is not UTF-8; save it as UTF-8 text");
    check(&stage, &["--config", "nowhere.toml", "ls"], 2, "nowhere.toml is not a file (--config)");
}

#[test]
fn names_that_cannot_be_bumped() {
    let stage = Stage::furnished();
    check(&stage, &["bump", "a/b", "--as", "anna"], 2, "the factory name \"a/b\" has a `/` at letter 2");
    check(&stage, &["bump", "", "--as", "anna"], 2, "the factory name \"\" is empty");
    check(&stage, &["bump", "*", "--as", "anna"], 2, "counters belong to one factory");
    check(&stage, &["bump", "tables", "--as", "an na"], 2, "`an na` is not a developer's name");
}

#[test]
fn words_that_are_not_text() {
    let stage = Stage::furnished();
    let word = std::ffi::OsString::from_vec(vec![b'-', b'-', 0xff]);
    let output = stage.binary().arg("ls").arg(word).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let store = std::ffi::OsString::from_vec(vec![b's', 0xff]);
    let output = stage.binary().arg("ls").arg("--store").arg(store).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn a_failure_is_a_document_too() {
    let stage = Stage::furnished();
    let told = stage.document(&["show", "0000000000000000"]);
    assert_eq!((&told["error"]["kind"], &told["error"]["exit_code"]), (&"not_found".into(), &1.into()));
    let told = stage.document(&["--store", "nowhere", "ls"]);
    assert_eq!((&told["error"]["kind"], &told["error"]["exit_code"]), (&"unavailable".into(), &3.into()));
    let told = stage.document(&["lss"]);
    assert_eq!((&told["error"]["kind"], &told["error"]["exit_code"]), (&"invalid".into(), &2.into()));
    let answer = stage.run(&["--json", "clear"]);
    assert_eq!(answer.code, 2, "a program cannot answer: {answer:?}");
}
