//! The real binary: where it finds its store, its help, its pages, and what it does when nobody reads.

use std::process::Stdio;

use crate::stage::Stage;

#[test]
fn the_store_is_found_in_the_documented_order() {
    let stage = Stage::furnished();
    let store = |words: &[&str]| {
        let words: Vec<&str> = ["du"].iter().chain(words).copied().collect();
        stage.document(&words)["store"].as_str().map(str::to_owned)
    };
    let here = stage.store().to_str().unwrap().to_owned();
    assert_eq!(store(&[]), Some(here.clone()), "beside heirloom.toml");
    std::fs::rename(stage.store(), stage.path("elsewhere")).unwrap();
    let elsewhere = stage.path("elsewhere").to_str().unwrap().to_owned();
    stage.write("heirloom.toml", "store = \"elsewhere\"\n");
    assert_eq!(store(&[]), Some(elsewhere.clone()), "named by heirloom.toml");
    stage.write("heirloom.toml", "store = \"nowhere\"\n");
    assert_eq!(store(&["--store", "elsewhere"]), Some(elsewhere.clone()), "named by --store");
    stage.set("HEIRLOOM_STORE", "elsewhere");
    assert_eq!(store(&[]), Some(elsewhere.clone()), "named by HEIRLOOM_STORE");
    let answer = stage.run(&["--store", "missing", "du"]);
    assert!(answer.err.contains("missing (named by --store)"), "--store wins: {answer:?}");
    stage.variables.borrow_mut().clear();
    std::fs::remove_file(stage.path("heirloom.toml")).unwrap();
    std::fs::rename(stage.path("elsewhere"), stage.path("heirloom")).unwrap();
    stage.set("HEIRLOOM_STORE", "");
    stage.set("XDG_CACHE_HOME", stage.folder.path());
    assert_eq!(store(&[]), Some(stage.path("heirloom").to_str().unwrap().to_owned()), "the cache directory");
    stage.variables.borrow_mut().clear();
    let answer = stage.run(&["du"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("no store is named and there is no cache directory"), "{answer:?}");
}

#[test]
fn the_binary_is_the_same_program() {
    let stage = Stage::furnished();
    let output = stage.binary().args(["--json", "ls"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told, stage.document(&["ls"]));
    let output = stage.binary().args(["show", "0000"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let output = stage.binary().arg("clear").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "nobody is there to answer");
}

#[test]
fn a_closed_pipe_ends_it_in_silence() {
    let stage = Stage::furnished();
    for words in
        [&["ls"][..], &["completions", "bash"], &["--json", "explain"], &["--help"], &["man"], &["verify"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        // Nobody will ever read.
        drop(reader);
        let child = stage.binary().args(words).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    let stage = Stage::furnished();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = stage.binary().arg("ls").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("the output could not be written"),
        "{output:?}"
    );
}

#[test]
fn every_command_has_help_with_an_example() {
    let stage = Stage::new();
    let help = stage.fine(&["--help"]);
    for line in [
        "Exit codes:",
        "  0  fine",
        "  1  a finding",
        "  2  an invalid call",
        "  3  the store is unavailable",
    ] {
        assert!(help.contains(line), "{line:?} is not in\n{help}");
    }
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = listed.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(
        commands,
        [
            "ls",
            "show",
            "explain",
            "stats",
            "bump",
            "gc",
            "verify",
            "clear",
            "du",
            "advise",
            "adopt",
            "pin",
            "unpin",
            "keys",
            "completions",
            "man"
        ]
    );
    for command in commands {
        let help = stage.fine(&[command, "--help"]);
        assert!(help.contains("Example") && help.contains(&format!("heirloom {command}")), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 110), "{help}");
        let page = stage.fine(&["man", command]);
        assert!(page.contains(&format!(".TH heirloom-{command} 1")), "{page}");
    }
    assert!(stage.fine(&["--version"]).starts_with("heirloom "));
}

#[test]
fn completions_and_pages_name_the_commands() {
    let stage = Stage::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stage.fine(&["completions", shell]);
        assert!(script.contains("unpin") && script.contains("heirloom"), "{shell}");
    }
    let page = stage.fine(&["man"]);
    assert!(page.contains(".TH heirloom 1") && page.contains("Exit codes:"), "{page}");
}

#[test]
fn quiet_leaves_the_notes_out() {
    let stage = Stage::furnished();
    assert_eq!(stage.run(&["gc", "-n"]).err, "by the settings of heirloom.toml\n");
    assert_eq!(stage.run(&["-q", "gc", "-n"]).err, "");
}
