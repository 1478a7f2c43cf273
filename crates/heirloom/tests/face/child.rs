//! Runs one ignored test of this binary in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const FOLDER: &str = "HEIRLOOM_TEST_FOLDER";

/// Starts the ignored test `name` with a folder to work in, as its current directory too.
pub(crate) fn start(name: &str, folder: &Path, variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, folder).env_remove("HEIRLOOM_DISABLE").envs(variables.iter().copied());
    command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs it to its end; its output, when it passed.
pub(crate) fn run(name: &str, folder: &Path, variables: &[(&str, &str)]) -> String {
    finish(start(name, folder, variables))
}

pub(crate) fn finish(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "the child failed:\n{text}");
    text
}

/// The folder that this child process was given.
#[expect(clippy::disallowed_methods, reason = "a child process of a test is told its folder by its parent")]
pub(crate) fn folder() -> PathBuf {
    std::env::var_os(FOLDER).expect("this test is run by another one, in a process of its own").into()
}
