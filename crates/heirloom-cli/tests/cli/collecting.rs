//! `gc`, `clear`, `pin`, `unpin` and `adopt`: what goes, what stays, and what was said before.

use std::time::Duration;

use heirloom_core::identity::Lifetime;

use crate::stage::{HOUR, Made, Stage};

fn names(stage: &Stage) -> Vec<String> {
    let listed = stage.document(&["ls"]);
    listed["entries"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_dry_run_prints_the_plan_that_is_carried_out() {
    let stage = Stage::furnished();
    stage.write("heirloom.toml", "[versions.tables]\nanna = 4\n");
    let dry = stage.document(&["gc", "--dry-run"]);
    assert_eq!(names(&stage).len(), 3, "a dry run changes nothing");
    let text = stage.run(&["gc", "-n"]);
    assert!(
        text.out.contains("version {anna: 3} is dominated by {anna: 4}: 2 entries, 39.2 KiB\n"),
        "{text:?}"
    );
    assert!(text.out.contains("would remove 2 entries and 0 left-over files: 39.2 KiB; "), "{text:?}");
    assert_eq!(text.err, "by the settings of heirloom.toml\n");
    let real = stage.document(&["gc"]);
    assert_eq!(dry["remove"], real["remove"]);
    assert_eq!(dry["groups"], real["groups"]);
    assert_eq!(dry["collected"], serde_json::Value::Null);
    assert_eq!(real["collected"]["entries"], 2);
    assert_eq!(real["collected"]["bytes"], dry["freed_bytes"]);
    assert_eq!(names(&stage), ["meshes(\"cube\")"]);
}

#[test]
fn entries_of_two_unmerged_branches_both_stay() {
    let stage = Stage::new();
    let (left, right) = ([("anna", 4), ("kim", 1)], [("anna", 3), ("kim", 2)]);
    stage.build(&Made { counters: &left, ..Made::named("tables") }, &1, b"of this checkout");
    stage.build(&Made { counters: &right, ..Made::named("tables") }, &1, b"of the branch that ran last");
    stage.build(
        &Made { counters: &[("anna", 3), ("kim", 1)], ..Made::named("tables") },
        &2,
        b"of their base",
    );
    stage.build(&Made { counters: &right, ..Made::named("tables") }, &3, b"of the branch that ran last");
    stage.write("heirloom.toml", "[versions.tables]\nanna = 4\n\nkim = 1\n");
    let told = stage.document(&["gc"]);
    let removed = told["remove"].as_array().unwrap();
    assert_eq!(removed.len(), 1, "only the base is obsolete: {told}");
    assert_eq!(removed[0]["arguments"], "2");
}

#[test]
fn counters_of_the_file_and_of_the_code_count_together() {
    let stage = Stage::new();
    // The code counts kim; the file, with a bump that no program has seen yet, counts anna.
    stage.build(&Made { counters: &[("anna", 1), ("kim", 1)], ..Made::named("tables") }, &1, b"old");
    stage.build(&Made { counters: &[("anna", 1), ("kim", 2)], ..Made::named("tables") }, &1, b"seen last");
    stage.write("heirloom.toml", "[versions.tables]\nanna = 2\n");
    let told = stage.document(&["gc"]);
    assert_eq!(told["remove"].as_array().unwrap().len(), 1, "what ran last is still there: {told}");
    assert_eq!(told["remove"][0]["why"]["old"]["kim"], 1);
}

#[test]
fn lifetimes_of_the_settings_hold_over_the_recorded_ones() {
    let stage = Stage::new();
    let day = Lifetime { ttl: Some(Duration::from_hours(24)), epoch: None };
    stage.build(&Made { lifetime: day, ..Made::named("tables") }, &1, b"x");
    stage.write("heirloom.toml", "");
    stage.wait(2 * HOUR);
    assert_eq!(stage.document(&["gc", "-n"])["remove"].as_array().unwrap().len(), 0);
    stage.write("heirloom.toml", "[cache.tables]\nttl = \"1h\"\n");
    let out = stage.run(&["gc", "-n"]).out;
    assert!(out.contains("older than its time to live of 1 h: 1 entry"), "{out}");
    stage.write("heirloom.toml", "[cache.tables]\nttl = \"1h\"\npin = true\n");
    assert_eq!(stage.document(&["gc", "-n"])["remove"].as_array().unwrap().len(), 0, "pinned");
}

#[test]
fn a_budget_takes_what_saves_least_and_leaves_what_is_pinned() {
    let stage = Stage::furnished();
    let out = stage.fine(&["-q", "gc", "--disk", "10 KiB"]);
    assert!(out.contains("over the budget of 10.0 KiB, saving least: 1 entry, 39.1 KiB\n"), "{out}");
    assert!(out.contains("tables(\"flights.csv\", 2013)"), "{out}");
    assert_eq!(names(&stage).len(), 2);
    stage.fine(&["pin", "meshes(\"cube\")"]);
    stage.fine(&["-q", "gc", "--disk", "0"]);
    assert_eq!(names(&stage), ["meshes(\"cube\")"]);
    stage.fine(&["unpin", "meshes(\"cube\")"]);
    stage.write("heirloom.toml", "disk = \"1 B\"\n");
    stage.fine(&["-q", "gc"]);
    assert_eq!(names(&stage), [""; 0], "the budget of the settings");
}

#[test]
fn a_factory_may_have_a_budget_of_its_own() {
    let stage = Stage::furnished();
    stage.write("heirloom.toml", "[cache.tables]\ndisk = \"1 KiB\"\n");
    stage.fine(&["-q", "gc"]);
    assert_eq!(names(&stage), ["meshes(\"cube\")", "tables(\"weather.csv\", 2014)"]);
}

#[test]
fn orphans_are_swept() {
    let stage = Stage::furnished();
    let orphan = stage.store().join("v1/blobs/ab").join(format!("{}.blob", "ab".repeat(32)));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, b"nobody's").unwrap();
    let out = stage.run(&["gc", "-n"]).out;
    assert!(out.contains("nothing points to 1 file\n  .heirloom/v1/blobs/ab/ababab"), "{out}");
    assert!(out.contains("would remove 0 entries and 1 left-over file: 8 B; "), "{out}");
    assert!(orphan.exists());
    let out = stage.run(&["gc"]).out;
    assert!(out.contains("removed 0 entries and 1 left-over file: 8 B; 39.3 KiB stay"), "{out}");
    assert!(!orphan.exists());
}

#[test]
fn pinning_shows() {
    let stage = Stage::furnished();
    let entry = stage.entry("meshes");
    assert_eq!(stage.fine(&["pin", &entry[..6]]), "pinned meshes(\"cube\"): 1 entry\n");
    assert!(stage.fine(&["ls", "meshes"]).contains("pinned"));
    assert!(stage.fine(&["show", &entry]).contains("yes, kept from every eviction"));
    assert_eq!(stage.fine(&["unpin", &entry[..6]]), "unpinned meshes(\"cube\"): 1 entry\n");
    assert!(!stage.fine(&["ls", "meshes"]).contains("pinned"));
}

#[test]
fn clear_asks_and_takes_no_for_an_answer() {
    let mut stage = Stage::furnished();
    let nobody = stage.run(&["clear", "tables"]);
    assert_eq!(nobody.code, 2);
    assert!(nobody.err.contains("nobody is here to agree to removing 2 entries of `tables`"), "{nobody:?}");
    assert!(nobody.err.contains("give --yes"), "{nobody:?}");
    stage.answer = Some(|| Ok("\n".into()));
    let no = stage.run(&["clear", "tables"]);
    assert_eq!((no.code, no.out.as_str()), (1, "nothing was removed\n"));
    assert_eq!(no.err, "Remove 2 entries of `tables` (39.2 KiB)? [y/N] ");
    assert_eq!(names(&stage).len(), 3);
    stage.answer = Some(|| Ok("Yes\n".into()));
    let yes = stage.run(&["clear", "tables"]);
    assert_eq!((yes.code, yes.out.as_str()), (0, "removed 2 entries of `tables` (39.2 KiB)\n"));
    assert_eq!(names(&stage), ["meshes(\"cube\")"]);
    stage.answer = None;
    assert!(stage.fine(&["clear", "-y"]).starts_with("removed 1 entry ("));
    assert_eq!(stage.fine(&["clear"]), "removed 0 entries (0 B)\n", "nothing to ask about");
}

#[test]
fn adopted_objects_are_served_to_changed_code() {
    let stage = Stage::furnished();
    let out = stage.fine(&["adopt", "tables"]);
    assert_eq!(out, "tables: 2 entries will be served to the changed code that asks next\n");
    let waits = "built waits for the changed code that asks next\n";
    let told = |words: &[&str]| stage.fine(words).contains(waits);
    let line = "tables was adopted 2026-11-21T10:15:00Z (just now): what 1 older code ";
    assert!(stage.fine(&["explain"]).contains(line), "{}", stage.fine(&["explain"]));
    let entries = [stage.entry("tables(\"weather"), stage.entry("meshes")];
    assert!(told(&["explain", "tables"]) && told(&["explain", &entries[0]]));
    assert!(!told(&["explain", "meshes"]) && !told(&["explain", &entries[1]]));
    // Built again, it would be three bytes long.
    stage.build(&Made { code: "load, changed", ..Made::named("tables") }, &("weather.csv", 2014), b"new");
    assert_eq!(names(&stage).len(), 3, "nothing was built");
    assert!(!told(&["explain"]), "it was taken");
    let answer = stage.run(&["adopt", "mesh"]);
    assert_eq!(
        (answer.code, answer.err.as_str()),
        (1, "error: nothing of `mesh` is kept; did you mean `meshes`?\n")
    );
}
