//! Every mistake in `heirloom.toml` that we know of, with the sentence it is refused with, in full.

use std::path::Path;

use heirloom_core::ErrorKind;
use heirloom_core::settings::{Settings, bump, set};

#[track_caller]
fn check(text: &str, sentence: &str) {
    let error = Settings::parse(text, Path::new("p/heirloom.toml")).expect_err("it is bad");
    assert_eq!(error.to_string(), sentence);
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn unknown_names() {
    check(
        "memry = \"4 GiB\"",
        "p/heirloom.toml:1:1: `memry` is not a setting; did you mean `memory`? \
         (known: store, key, memory, disk, verify, enabled, versions, cache)",
    );
    check(
        "enabled = true\n\ncolour = 1",
        "p/heirloom.toml:3:1: `colour` is not a setting; \
         write one of: store, key, memory, disk, verify, enabled, versions, cache",
    );
    check(
        "[cache.tables]\nTTL = \"1h\"",
        "p/heirloom.toml:2:1: `TTL` is not a setting of a cache; did you mean `ttl`? \
         (known: tiers, epoch, ttl, verify, code, revalidate, files, enabled, disk, pin, record_trace)",
    );
    check(
        "[cache.tables]\ntll = \"1h\"",
        "p/heirloom.toml:2:1: `tll` is not a setting of a cache; did you mean `ttl`? \
         (known: tiers, epoch, ttl, verify, code, revalidate, files, enabled, disk, pin, record_trace)",
    );
    check(
        "[cache.tables]\nrevaldate = \"always\"",
        "p/heirloom.toml:2:1: `revaldate` is not a setting of a cache; did you mean `revalidate`? \
         (known: tiers, epoch, ttl, verify, code, revalidate, files, enabled, disk, pin, record_trace)",
    );
}

#[test]
fn unknown_words() {
    check(
        "verify = \"alway\"",
        "p/heirloom.toml:1:10: `verify`: `alway` is not a value of `verify`; did you mean `always`? \
         (known: always, auto, never)",
    );
    check(
        "[cache.\"my_crate::tables\"]\ncode = \"funktion\"",
        "p/heirloom.toml:2:8: `code` of `cache.my_crate::tables`: `funktion` is not a level of `code`; \
         did you mean `function`? (known: manual, function, closure, files, crate, binary)",
    );
    check(
        "[cache.t]\nrevalidate = \"proces\"",
        "p/heirloom.toml:2:14: `revalidate` of `cache.t`: `proces` is not a value of `revalidate`; \
         did you mean `process`? (known: process, always, a duration such as \"5s\")",
    );
    check(
        "[cache.t]\ntiers = [\n  \"memory\",\n  \"dsik\",\n]",
        "p/heirloom.toml:4:3: `dsik` is not a tier; did you mean `disk`? (known: memory, disk)",
    );
}

#[test]
fn wrong_types() {
    check(
        "enabled = \"true\"",
        "p/heirloom.toml:1:11: `enabled` must be true or false, without quotes, not a string",
    );
    check(
        "memory = 4096",
        "p/heirloom.toml:1:10: `memory` must be a size in quotes such as \"4 GiB\", not an integer",
    );
    check(
        "store = [\"a\"]",
        "p/heirloom.toml:1:9: `store` must be a path in quotes such as \".heirloom\", not an array",
    );
    check("cache = 1", "p/heirloom.toml:1:9: `cache` must be a table, not an integer");
    check("[[cache]]", "p/heirloom.toml:1:1: `cache` must be a table, not an array of tables");
    check(
        "[versions]\ntables = 3",
        "p/heirloom.toml:2:10: `tables` of `versions` must be a table, not an integer",
    );
    check(
        "[cache.t]\ntiers = \"memory\"",
        "p/heirloom.toml:2:9: `tiers` of `cache.t` must be a list such as [\"memory\", \"disk\"], not a string",
    );
    check(
        "[cache.t]\nfiles = [1]",
        "p/heirloom.toml:2:10: `files` of `cache.t` must be a list such as [\"data/*.csv\"], without an integer",
    );
}

#[test]
fn durations_sizes_and_paths() {
    check(
        "[cache.t]\nttl = \"soon\"",
        "p/heirloom.toml:2:7: `ttl` of `cache.t`: `soon` is not a duration; \
         write for example \"7d\", \"12h\", \"90m\", \"30s\", \"250ms\" or \"1h 30m\"",
    );
    check(
        "[cache.t]\nepoch = \"0d\"",
        "p/heirloom.toml:2:9: `epoch` of `cache.t` is no time at all; \
         write a longer one such as \"1h\", or leave the line out for none",
    );
    check(
        "[cache.t]\nrevalidate = \"0s\"",
        "p/heirloom.toml:2:14: `revalidate` of `cache.t`: `0s` is no time at all; \
         write \"always\" to look again at every request",
    );
    check(
        "disk = \"lots\"",
        "p/heirloom.toml:1:8: `disk`: `lots` is not a size; \
         write for example \"4 GiB\", \"512MB\" or, in bytes, \"1000\"",
    );
    check("store = \"\"", "p/heirloom.toml:1:9: `store` is empty; write a path such as \".heirloom\"");
    check(
        "store = \"~/cache\"",
        "p/heirloom.toml:1:9: `~` is not expanded in `store`; \
         write it relative to the folder of this file, or absolute",
    );
}

#[test]
fn counters_and_names() {
    check(
        "[versions.t]\ndev1 = -1",
        "p/heirloom.toml:2:8: `dev1` of `versions.t` must be a whole number from 0 up, not -1",
    );
    check(
        "[versions.t]\ndev1 = \"3\"",
        "p/heirloom.toml:2:8: `dev1` of `versions.t` must be a whole number from 0 up, not a string",
    );
    check(
        "[versions.t]\njane.doe = 1",
        "p/heirloom.toml:2:1: `jane` of `versions.t` is split at its dot; \
         write a developer's name that has a dot in quotes, such as \"jane.doe\" = 1",
    );
    check(
        "[versions.t]\n\"dev 1\" = 1",
        "p/heirloom.toml:2:1: `dev 1` is not a developer's name; \
         use 1 to 64 letters, digits, `-`, `_`, `.` or `@`, such as jane.doe",
    );
    check(
        "[versions.t]\n[versions.u]\ndev1 = 1",
        "p/heirloom.toml:1:11: `versions.t` has no counters; \
         delete its line, or bring back the counters that a merge dropped",
    );
    check(
        "[versions.\"*\"]\ndev1 = 1",
        "p/heirloom.toml:1:11: counters belong to one factory; \
         write its name in place of `*`, as in [versions.tables]",
    );
    check(
        "[cache.\"\"]\npin = true",
        "p/heirloom.toml:1:8: the factory name is empty; give it at least one letter",
    );
}

#[test]
fn syntax() {
    check(
        "[versions.t]\ndev1 = 3\n\ndev1 = 4",
        "p/heirloom.toml:4:1: `dev1` is set twice; keep one of the two (of a counter the higher)",
    );
    check(
        "[versions.t]\n<<<<<<< HEAD\ndev1 = 3\n=======\ndev2 = 1\n>>>>>>> other\n",
        "p/heirloom.toml:2:9: a merge was not finished; \
         keep the lines of both sides (of one counter the higher) and delete the marks",
    );
    check(
        "# größe\nstore = \"größe\" memory",
        "p/heirloom.toml:2:17: this is not TOML: unexpected key or value, expected newline, `#`",
    );
}

#[track_caller]
fn check_call(result: Result<heirloom_core::settings::Bumped, heirloom_core::Error>, sentence: &str) {
    assert_eq!(result.expect_err("it is bad").to_string(), sentence);
}

#[test]
fn bumps_that_cannot_be() {
    let origin = Path::new("p/heirloom.toml");
    let text = "[versions.t]\ndev1 = 4\n";
    check_call(
        set(text, origin, "t", "dev1", 3),
        "the counter `dev1` of `t` stands at 4 and cannot go back to 3; set 5 or more",
    );
    check_call(
        bump(text, origin, "t", "dev1", u64::MAX),
        "the counter `dev1` of `t` cannot be 18446744073709551615; 9223372036854775807 is the highest there is",
    );
    check_call(
        bump(text, origin, "t", "", 0),
        "`` is not a developer's name; use 1 to 64 letters, digits, `-`, `_`, `.` or `@`, such as jane.doe",
    );
    check_call(
        bump(text, origin, "t", "dev\n1", 0),
        "`dev\\n1` is not a developer's name; use 1 to 64 letters, digits, `-`, `_`, `.` or `@`, such as jane.doe",
    );
    check_call(bump(text, origin, "", "dev1", 0), "the factory name is empty; give it at least one letter");
    check_call(
        bump("[versions]\nt = { dev1 = 1 }\n", origin, "t", "dev1", 0),
        "p/heirloom.toml:1:1: the counters of `t` cannot be raised here; \
         write them one per line under [versions.t]",
    );
    check_call(
        bump("versions.t.dev1 = 1\n", origin, "t", "dev2", 0),
        "p/heirloom.toml:1:1: the counters of `t` cannot be raised here; \
         write them one per line under [versions.t]",
    );
    check_call(
        bump("memry = 1", origin, "t", "dev1", 0),
        "p/heirloom.toml:1:1: `memry` is not a setting; did you mean `memory`? \
         (known: store, key, memory, disk, verify, enabled, versions, cache)",
    );
    check_call(
        bump("", origin, "*", "dev1", 0),
        "counters belong to one factory; write its name in place of `*`, as in [versions.tables]",
    );
}

#[test]
fn a_file_that_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heirloom.toml");
    let error = Settings::read(&path).expect_err("it is absent");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let start = format!("{} cannot be read: ", path.display());
    assert!(error.to_string().starts_with(&start), "{error}");

    std::fs::write(&path, [0xff]).expect("it is written");
    let error = Settings::read(&path).expect_err("it is no text");
    let sentence = format!(
        "{} is not UTF-8; save it as UTF-8 text: invalid utf-8 sequence of 1 bytes from index 0",
        path.display()
    );
    assert_eq!(error.to_string(), sentence);
}
