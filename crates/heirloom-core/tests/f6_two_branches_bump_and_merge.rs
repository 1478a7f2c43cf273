//! F6 with real git: two branches bump, they merge, and the merged version is a third one that dominates both.
//!
//! The second half holds the truth that `docs/guide/heirloom-toml.md` tells about what git does not merge.

use std::path::Path;
use std::process::{Command, Output};

use heirloom_core::identity::{Standing, VersionVector};
use heirloom_core::settings::{Settings, bump};

const FILE: &str = "heirloom.toml";
const UNION: &str = "heirloom.toml merge=union\n";

/// A repository with a `main` that holds one heirloom.toml.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new(text: &str, attributes: &str) -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        repository.git(&["init", "-q"]);
        repository.git(&["checkout", "-q", "-b", "main"]);
        if !attributes.is_empty() {
            std::fs::write(repository.folder.path().join(".gitattributes"), attributes)
                .expect("it is written");
        }
        repository.commit(text, "main");
        repository
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("git");
        command.current_dir(self.folder.path());
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(["-c", "user.name=Dev", "-c", "user.email=dev@example.org"]);
        command.args(["-c", "core.autocrlf=false", "-c", "commit.gpgsign=false"]);
        command.args(arguments).output().expect("git runs")
    }

    fn git(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(FILE)).expect("it is there")
    }

    /// The message tells the branches' commits apart: git takes equal ones of one second for the same commit.
    fn commit(&self, text: &str, message: &str) {
        std::fs::write(self.folder.path().join(FILE), text).expect("it is written");
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// A branch from `main` on which each of `bumps` (factory, developer) is made in turn.
    fn branch(&self, name: &str, bumps: &[(&str, &str)]) {
        self.git(&["checkout", "-q", "-b", name, "main"]);
        for (factory, developer) in bumps {
            let bumped = bump(&self.text(), Path::new(FILE), factory, developer, 0).expect("it is raised");
            self.commit(&bumped.text, name);
        }
    }

    /// Merges `theirs` into `ours` on a branch of its own; the text, or `None` for a conflict.
    fn merge(&self, ours: &str, theirs: &str) -> Option<String> {
        self.git(&["checkout", "-q", "-b", &format!("{ours}-{theirs}"), ours]);
        let clean = self.run(&["merge", "-q", "--no-edit", theirs]).status.success();
        let text = self.text();
        if !clean {
            self.git(&["merge", "--abort"]);
        }
        clean.then_some(text)
    }

    fn versions_on(&self, branch: &str, factory: &str) -> VersionVector {
        self.git(&["checkout", "-q", branch]);
        versions(&self.text(), factory)
    }
}

fn versions(text: &str, factory: &str) -> VersionVector {
    Settings::parse(text, Path::new(FILE)).expect("it is good").versions(factory)
}

/// Both branches bump from `text`, and both orders of merging give the union, which dominates both.
#[track_caller]
fn check_merges(text: &str, left: &[(&str, &str)], right: &[(&str, &str)], merged: &str) {
    let repository = Repository::new(text, "");
    repository.branch("left", left);
    repository.branch("right", right);
    let (of_left, of_right) = (repository.versions_on("left", "t"), repository.versions_on("right", "t"));
    assert_eq!(of_left.standing(&of_right), Standing::Concurrent);
    for (ours, theirs) in [("left", "right"), ("right", "left")] {
        let text = repository.merge(ours, theirs).expect("git merges without conflict");
        let third = versions(&text, "t");
        assert_eq!(third.to_string(), merged);
        assert_eq!(third, of_left.union(&of_right));
        assert_eq!(of_left.standing(&third), Standing::Dominated);
        assert_eq!(of_right.standing(&third), Standing::Dominated);
    }
}

/// The text that `bumps` make of `text`.
fn bumped(text: &str, bumps: &[(&str, &str)]) -> String {
    let step = |text: String, (factory, developer): &(&str, &str)| {
        bump(&text, Path::new(FILE), factory, developer, 0).expect("it is raised").text
    };
    bumps.iter().fold(text.to_owned(), step)
}

#[test]
fn two_developers_bump_on_two_branches() {
    let text = bumped("", &[("t", "dev1"), ("t", "dev2")]);
    check_merges(&text, &[("t", "dev1")], &[("t", "dev2")], "{dev1: 2, dev2: 2}");
}

#[test]
fn neighbouring_lines_are_parted_by_the_first_bump() {
    let text =
        "[versions.t]\n# the parser\ndev1 = 3\n# the schema\ndev2 = 1\ndev3 = 7\n[cache.t]\npin = true\n";
    let parted = bumped(text, &[("t", "dev3")]);
    check_merges(&parted, &[("t", "dev1"), ("t", "dev1")], &[("t", "dev2")], "{dev1: 5, dev2: 2, dev3: 8}");

    let parted = bumped("[versions.t]\na = 1\nb = 1\nc = 1\nd = 1\n", &[("t", "c")]);
    assert_eq!(parted, "[versions.t]\na = 1\n\nb = 1\n\nc = 2\n\nd = 1\n");
    check_merges(&parted, &[("t", "a")], &[("t", "b")], "{a: 2, b: 2, c: 2, d: 1}");
}

#[test]
fn several_developers_bump_on_each_branch() {
    let text = bumped("", &[("t", "a"), ("t", "b"), ("t", "c"), ("t", "d"), ("t", "e")]);
    let left = [("t", "a"), ("t", "c"), ("t", "e"), ("t", "e")];
    let right = [("t", "d"), ("t", "b"), ("t", "b")];
    check_merges(&text, &left, &right, "{a: 2, b: 3, c: 2, d: 2, e: 3}");
}

#[test]
fn first_bumps_at_different_places_merge() {
    let text = bumped("", &[("t", "m")]);
    check_merges(&text, &[("t", "a")], &[("t", "x")], "{a: 1, m: 1, x: 1}");
}

#[test]
fn a_first_bump_merges_with_a_raise_of_the_counter_above_it() {
    let text = bumped("", &[("t", "a"), ("t", "m")]);
    check_merges(&text, &[("t", "a")], &[("t", "c")], "{a: 2, c: 1, m: 1}");
}

/// Two branches whose merge git reports as a conflict, in both orders.
#[track_caller]
fn check_conflicts(text: &str, left: &[(&str, &str)], right: &[(&str, &str)]) {
    let repository = Repository::new(text, "");
    repository.branch("left", left);
    repository.branch("right", right);
    assert_eq!(repository.merge("left", "right"), None);
    assert_eq!(repository.merge("right", "left"), None);
}

#[test]
fn what_git_calls_a_conflict() {
    let text = bumped("", &[("t", "m")]);
    // Two first bumps at the same place.
    check_conflicts(&text, &[("t", "a")], &[("t", "b")]);
    check_conflicts(&text, &[("t", "x")], &[("t", "y")]);
    check_conflicts("", &[("t", "a")], &[("t", "b")]);
    // A first bump just above a counter that the other branch raises.
    check_conflicts(&text, &[("t", "a")], &[("t", "m")]);
    // A first bump below the last line of the file, which the other branch raises.
    check_conflicts(&text, &[("t", "x")], &[("t", "m")]);
    // Neighbouring lines that each branch parts on its own.
    check_conflicts("[versions.t]\na = 1\nb = 1\n", &[("t", "a")], &[("t", "b")]);
    // The same developer, to two numbers.
    check_conflicts(&text, &[("t", "m")], &[("t", "m"), ("t", "m")]);
    // Two first bumps of one developer for two factories: only the headers differ.
    check_conflicts(&text, &[("u", "m")], &[("v", "m")]);
}

#[test]
fn the_same_number_on_both_branches_is_no_third_version() {
    let text = bumped("", &[("t", "m")]);
    let repository = Repository::new(&text, "");
    repository.branch("left", &[("t", "m")]);
    repository.branch("right", &[("t", "m")]);
    let merged = repository.merge("left", "right").expect("git merges without conflict");
    assert_eq!(versions(&merged, "t").to_string(), "{m: 2}");
}

#[test]
fn a_first_bump_merges_with_a_raise_of_the_last_counter_before_a_blank_line() {
    let text = bumped("", &[("t", "m")]) + "\n[cache.t]\npin = true\n";
    check_merges(&text, &[("t", "x")], &[("t", "m")], "{m: 2, x: 1}");
}

/// What `merge=union` makes of two branches, left first.
fn united(text: &str, left: &[(&str, &str)], right: &[(&str, &str)]) -> String {
    let repository = Repository::new(text, UNION);
    repository.branch("left", left);
    repository.branch("right", right);
    repository.merge("left", "right").expect("union never conflicts")
}

#[test]
fn union_merges_two_first_bumps() {
    let text = bumped("", &[("t", "m")]);
    let merged = united(&text, &[("t", "x")], &[("t", "y")]);
    assert_eq!(merged, "[versions.t]\nm = 1\n\nx = 1\ny = 1\n");
    assert_eq!(versions(&merged, "t").to_string(), "{m: 1, x: 1, y: 1}");
}

#[test]
fn union_keeps_both_numbers_of_one_counter_and_the_file_is_refused() {
    let text = bumped("", &[("t", "m")]);
    let merged = united(&text, &[("t", "m")], &[("t", "m"), ("t", "m")]);
    assert_eq!(merged, "[versions.t]\nm = 2\nm = 3\n");
    let error = Settings::parse(&merged, Path::new(FILE)).expect_err("it is bad");
    let sentence = "heirloom.toml:3:1: `m` is set twice; keep one of the two (of a counter the higher)";
    assert_eq!(error.to_string(), sentence);

    let merged = united(&text, &[("t", "m")], &[("t", "x")]);
    assert_eq!(merged, "[versions.t]\nm = 2\nm = 1\n\nx = 1\n");
    let error = Settings::parse(&merged, Path::new(FILE)).expect_err("it is bad");
    assert_eq!(error.to_string(), sentence);
}

#[test]
fn union_drops_a_counter_where_two_tables_end_alike() {
    let text = bumped("", &[("t", "m")]);
    let merged = united(&text, &[("u", "m")], &[("v", "m")]);
    assert_eq!(merged, "[versions.t]\nm = 1\n\n[versions.u]\n[versions.v]\nm = 1\n");
    let error = Settings::parse(&merged, Path::new(FILE)).expect_err("it is bad");
    let sentence = "heirloom.toml:4:11: `versions.u` has no counters; \
                    delete its line, or bring back the counters that a merge dropped";
    assert_eq!(error.to_string(), sentence);

    // The same with a counter more: nothing can tell that `m` of `u` was dropped.
    let merged = united(&text, &[("u", "a"), ("u", "m")], &[("v", "m")]);
    assert_eq!(versions(&merged, "u").to_string(), "{a: 1}");
}
