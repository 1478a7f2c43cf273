//! `bump`, and who is taken for the developer.

use crate::stage::{Made, Stage};

#[test]
fn a_bump_raises_one_counter_and_keeps_comments() {
    let stage = Stage::furnished();
    let out = stage.fine(&["bump", "tables", "--as", "anna"]);
    assert_eq!(out, "tables: anna 3 → 4 in heirloom.toml\nanna by --as\n");
    assert_eq!(stage.read("heirloom.toml"), "[versions.tables]\nanna = 4 # the new parser\n");
    let left: Vec<_> =
        std::fs::read_dir(stage.folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "heirloom.toml, the input and the store, no temporary file: {left:?}");
}

#[test]
fn a_bump_goes_past_every_number_the_store_has_seen() {
    let stage = Stage::furnished();
    let counters = [("anna", 9)];
    stage.build(&Made { counters: &counters, ..Made::named("tables") }, &1, b"of another checkout");
    assert!(stage.fine(&["bump", "tables", "--as", "anna"]).starts_with("tables: anna 3 → 10 in"));
    // Seen is enough: the entries may be gone by now.
    stage.fine(&["clear", "--yes"]);
    stage.write("heirloom.toml", "");
    let answer = stage.run(&["bump", "tables", "--as", "anna"]);
    assert!(answer.out.starts_with("tables: anna 0 → 10 in"), "{answer:?}");
}

#[test]
fn a_counter_is_set_and_never_lowered() {
    let stage = Stage::furnished();
    assert!(
        stage.fine(&["bump", "tables", "--as", "anna", "--to", "7"]).starts_with("tables: anna 3 → 7 in")
    );
    assert!(
        stage.fine(&["bump", "tables", "--as", "anna", "--to", "7"]).starts_with("tables: anna stays at 7")
    );
    let answer = stage.run(&["bump", "tables", "--as", "anna", "--to", "6"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("stands at 7 and cannot go back to 6"), "{answer:?}");
    assert!(stage.read("heirloom.toml").contains("anna = 7"));
}

#[test]
fn setting_a_number_that_was_used_before_is_warned_of() {
    let stage = Stage::furnished();
    stage.write("heirloom.toml", "[versions.tables]\nanna = 1\n");
    let answer = stage.run(&["bump", "tables", "--as", "anna", "--to", "2"]);
    assert_eq!(answer.code, 0);
    assert!(answer.err.contains("the store has seen anna at 3 already"), "{answer:?}");
    assert!(answer.err.contains("set 4 or more"), "{answer:?}");
}

#[test]
fn an_unknown_name_is_bumped_with_a_warning() {
    let stage = Stage::furnished();
    let answer = stage.run(&["bump", "tabels", "--as", "anna"]);
    assert_eq!(answer.code, 0);
    assert_eq!(
        answer.err,
        "warning: neither heirloom.toml nor the store knew `tabels`; did you mean `tables`?\n"
    );
    assert!(stage.read("heirloom.toml").contains("[versions.tabels]\nanna = 1\n"));
    // The settings know it from now on, and the store still does not.
    let again = stage.run(&["bump", "tabels", "--as", "anna"]);
    assert_eq!(again.err, "warning: the store has never seen `tabels`; did you mean `tables`?\n");
    stage.write("heirloom.toml", "[versions.flights]\nanna = 1\n");
    assert_eq!(stage.run(&["bump", "flights", "--as", "anna"]).err, "", "a new factory is not kept yet");
}

#[test]
fn the_first_bump_makes_the_file() {
    let stage = Stage::new();
    stage.set("HEIRLOOM_STORE", "nowhere");
    let answer = stage.run(&["bump", "tables", "--as", "anna"]);
    assert_eq!((answer.code, answer.out.lines().next()), (0, Some("tables: anna 0 → 1 in heirloom.toml")));
    assert_eq!(stage.read("heirloom.toml"), "[versions.tables]\nanna = 1\n");
    assert!(!stage.path("nowhere").exists(), "a bump makes no store");
}

#[test]
fn a_bump_finds_the_file_above_and_follows_a_link() {
    let stage = Stage::furnished();
    std::fs::rename(stage.path("heirloom.toml"), stage.path("real.toml")).unwrap();
    std::os::unix::fs::symlink("real.toml", stage.path("heirloom.toml")).unwrap();
    let below = stage.path("src/deep");
    std::fs::create_dir_all(&below).unwrap();
    let mut command = stage.binary();
    let output = command.current_dir(&below).args(["bump", "tables", "--as", "anna"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(stage.path("heirloom.toml").is_symlink());
    assert!(stage.read("real.toml").contains("anna = 4 # the new parser"));
}

#[test]
fn the_developer_is_said() {
    let stage = Stage::new();
    let who = |stage: &Stage, words: &[&str], variables: &[(&str, &str)]| {
        stage.write("heirloom.toml", "");
        let mut command = stage.binary();
        command.args(["--json", "bump", "tables"]).args(words).envs(variables.iter().copied());
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        format!("{} by {}", told["developer"], told["developer_from"])
    };
    stage.write(".gitconfig", "[user]\n\tname = Anna Maria O'Neil\n");
    let both = [("HEIRLOOM_DEVELOPER", "zoe"), ("USER", "Root")];
    assert_eq!(who(&stage, &["--as", "kim"], &both), "\"kim\" by \"--as\"");
    assert_eq!(who(&stage, &[], &both), "\"zoe\" by \"HEIRLOOM_DEVELOPER\"");
    assert_eq!(who(&stage, &[], &both[1..]), "\"anna-maria-o-neil\" by \"git config user.name\"");
    std::fs::remove_file(stage.path(".gitconfig")).unwrap();
    assert_eq!(who(&stage, &[], &both[1..]), "\"root\" by \"USER\"");
    let output = stage.binary().args(["bump", "tables"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nobody says who you are; give --as NAME"));
}
