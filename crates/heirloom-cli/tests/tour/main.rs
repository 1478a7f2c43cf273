//! The tour of the README, as a stranger takes it: the example `code_search` and the `heirloom` command, process after
//! process, over a small folder.
//!
//! Promises: the example is built from its own source, as a program of a project of its own. Refuses: the sources of
//! all crates; they take a while.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

#[path = "../../../heirloom/tests/crates/trial.rs"]
#[expect(dead_code, reason = "what it checks by `explain` the example prints")]
mod trial;

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::trial::{Trial, finish, root};

const DEPENDENCIES: &str = "bytes = \"1\"\nindicatif = \"0.18\"\n";

/// The example's own source, as a project.
fn project() -> Trial {
    let example = |name: &str| {
        std::fs::read_to_string(root().join("crates/heirloom/examples/code_search").join(name)).unwrap()
    };
    let sources = ["main.rs", "index.rs", "sources.rs"].map(|name| (format!("src/{name}"), example(name)));
    let mut files: Vec<(&str, &str)> =
        sources.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("heirloom.toml", "# Settings of the tour.\nmemory = \"64 MiB\"\n"));
    files.push(("searched/a.rs", "pub fn one() -> impl Iterator<Item = u8> {\n    0..1\n}\n"));
    files.push(("searched/deep/b.rs", "pub fn two() {}\n"));
    files.push(("searched/notes.txt", "impl Iterator, but no Rust\n"));
    Trial::new(DEPENDENCIES, &files)
}

/// Searches in a process of its own; what it printed.
fn search(trial: &Trial, program: &Path) -> String {
    finish(on_stage(Command::new(program), trial).args(["impl Iterator", "searched"]))
}

/// In the project's folder, with the store that belongs there.
fn on_stage(mut command: Command, trial: &Trial) -> Command {
    command.current_dir(trial.path("")).env_remove("HEIRLOOM_DISABLE").env_remove("HEIRLOOM_STORE");
    command
}

fn heirloom(trial: &Trial, words: &[&str]) -> String {
    finish(on_stage(Command::new(env!("CARGO_BIN_EXE_heirloom")), trial).args(words))
}

/// A terminal: the end that is read, and the one that a program writes to; `None` where the machine has none to give.
#[expect(unsafe_code, reason = "a function of the C library; the argument stands at the block")]
fn terminal() -> Option<(File, OwnedFd)> {
    let (mut ours, mut theirs) = (-1, -1);
    let (name, mode, size) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: both numbers live while they are written; nothing else is asked for; each file has one owner afterwards.
    unsafe {
        let opened = libc::openpty(&raw mut ours, &raw mut theirs, name, mode, size) == 0;
        opened.then(|| (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)))
    }
}

/// Searches before a terminal, where there is one; what it printed, and what the terminal showed meanwhile.
fn search_watched(trial: &Trial, program: &Path) -> (String, Option<String>) {
    let Some((mut ours, theirs)) = terminal() else { return (search(trial, program), None) };
    let mut command = on_stage(Command::new(program), trial);
    command.args(["impl Iterator", "searched"]).stdout(Stdio::piped()).stderr(theirs);
    let child = command.spawn().unwrap();
    // Its copy of the terminal must close for the reading to end.
    drop(command);
    let mut shown = Vec::new();
    // A terminal that nobody writes to any more says so by an error.
    ours.read_to_end(&mut shown).ok();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    (String::from_utf8(output.stdout).unwrap(), Some(String::from_utf8_lossy(&shown).into_owned()))
}

#[track_caller]
fn built(told: &str, why: &str) {
    assert!(told.contains("index: Absent → InMemory in ") && told.contains(&format!("why: {why}")), "{told}");
}

#[track_caller]
fn handed_down(told: &str) {
    assert!(told.contains("index: OnDisk → InMemory in "), "{told}");
    assert!(told.contains("handed down: building it took ") && told.contains("so this run saved "), "{told}");
}

#[test]
fn the_strangers_tour() {
    let trial = project();
    let program = trial.build();
    let (first, shown) = search_watched(&trial, &program);
    built(&first, "never built");
    if let Some(shown) = shown {
        assert!(shown.contains("indexing ") && shown.contains("/2 files"), "no progress bar: {shown}");
    }
    assert!(first.contains("a.rs:1: pub fn one() -> impl Iterator<Item = u8> {"), "{first}");
    assert!(first.contains("1 lines in 2 files"), "{first}");
    handed_down(&search(&trial, &program));

    trial.edit("searched/deep/b.rs", "fn two", "fn second");
    built(&search(&trial, &program), "file ./searched/deep/b.rs changed: 16 → 19 bytes");
    handed_down(&search(&trial, &program));
    trial.write("searched/c.rs", "// impl Iterator\n");
    built(&search(&trial, &program), "directory ./searched lists other names now");

    heirloom(&trial, &["bump", "code_search", "--as", "you"]);
    built(&search(&trial, &program), "you 0 → 1");
    handed_down(&search(&trial, &program));
    let explained = heirloom(&trial, &["explain"]);
    assert!(explained.contains("code_search") && explained.contains("you 0 → 1"), "{explained}");

    let cached = "    let files = sources::rust_files";
    trial.edit("src/main.rs", cached, &format!("    // Every file counts.\n{cached}"));
    handed_down(&search(&trial, &trial.build()));
    trial.edit(
        "src/index.rs",
        "builder.paths.push(path.to_owned());",
        "builder.paths.push(path.to_path_buf());",
    );
    built(&search(&trial, &trial.build()), "`trial::index::add` changed in src/index.rs:");
    let told = search(&trial, &trial.build());
    handed_down(&told);
    assert!(told.contains("2 lines in 3 files"), "{told}");
}
