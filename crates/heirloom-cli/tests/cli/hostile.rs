//! Names and arguments that would like to command a terminal, or to be mistaken for others.

use crate::stage::{Made, Stage};

const EVIL: &str = "a\u{1b}[2J\u{202e}txt.exe\nb\u{7}";

fn is_harmless(text: &str) -> bool {
    let marks = ['\u{202e}', '\u{2066}', '\u{2028}', '\u{feff}'];
    text.chars().all(|letter| letter == '\n' || !letter.is_control() && !marks.contains(&letter))
}

#[test]
fn nothing_from_a_store_commands_a_terminal() {
    let mut stage = Stage::new();
    stage.write("heirloom.toml", "");
    stage.build(&Made::named("✈️ полёты שלום \u{2066}"), &(EVIL, "表"), b"x");
    for terminal in [None, Some(80)] {
        stage.terminal = terminal;
        let entry = stage.entry("✈️");
        for words in [
            &["ls"][..],
            &["show", &entry],
            &["explain"],
            &["explain", &entry],
            &["stats"],
            &["du"],
            &["gc", "-n", "--disk", "0"],
            &["pin", &entry],
            &["verify"],
        ] {
            let words: Vec<&str> = ["--color", "never"].iter().chain(words).copied().collect();
            let answer = stage.run(&words);
            assert_eq!(answer.code, 0, "{answer:?}");
            assert!(is_harmless(&answer.out) && is_harmless(&answer.err), "{words:?}: {answer:?}");
        }
    }
    stage.terminal = None;
    let out = stage.fine(&["ls"]);
    assert_eq!(out.lines().count(), 3, "one line an entry: {out}");
    assert!(out.contains("✈️ полёты שלום \\u{2066}(") && out.contains("\\n"), "{out}");
}

#[test]
fn nothing_from_the_call_commands_a_terminal() {
    let stage = Stage::furnished();
    for words in
        [&["show", EVIL][..], &["ls", EVIL], &["bump", EVIL, "--as", "a"], &["bump", "t", "--as", EVIL]]
    {
        let answer = stage.run(words);
        assert!(answer.code == 1 || answer.code == 2, "{answer:?}");
        assert!(is_harmless(&answer.err), "{answer:?}");
        assert_eq!(answer.err.lines().count(), 1, "{answer:?}");
    }
}

#[test]
fn a_name_is_found_as_it_is_and_as_it_is_shown() {
    let stage = Stage::new();
    stage.write("heirloom.toml", "");
    let name = "t\u{2066}x";
    stage.build(&Made::named(name), &"🦀", b"x");
    let listed = stage.fine(&["ls"]);
    assert!(listed.contains("t\\u{2066}x(\"🦀\")"), "{listed}");
    let (escaped, raw) = ("t\\u{2066}x(\"🦀\")", format!("{name}(\"🦀\")"));
    assert_eq!(stage.fine(&["show", escaped]), stage.fine(&["show", &raw]));
}
