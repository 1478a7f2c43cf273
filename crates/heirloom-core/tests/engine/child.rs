//! Other processes: this very binary, run again with a role.
//!
//! Promises: a child that fails says so by its exit code; a child that is forgotten is killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running child with a role.
pub(crate) struct Other(Child);

/// Starts another process with this role and these words for it.
pub(crate) fn start(role: &str, words: &[&str]) -> Other {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child::other_process", "--exact", "--nocapture", "--test-threads=1"]);
    command.env("HEIRLOOM_TEST_ROLE", role).env("HEIRLOOM_TEST_WORDS", words.join("\n"));
    Other(command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap())
}

impl Other {
    /// The lines that the child says, as they come; each begins with `: `.
    pub(crate) fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        lines.filter_map(|line| line.strip_prefix(": ").map(str::to_owned))
    }

    /// Kills it as nobody can prevent.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits for its end, which must be a good one.
    pub(crate) fn end(mut self) {
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Says a line to the parent.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n: {line}").unwrap();
    out.flush().unwrap();
}

/// Does nothing in an ordinary run; in a child, plays its role.
#[test]
#[expect(clippy::disallowed_methods, reason = "how the parent tells a child its role")]
fn other_process() {
    let Ok(role) = std::env::var("HEIRLOOM_TEST_ROLE") else { return };
    let words = std::env::var("HEIRLOOM_TEST_WORDS").unwrap();
    let words: Vec<&str> = words.lines().collect();
    match role.as_str() {
        "builder" => crate::single_flight::build_in_child(&words),
        "caretaker" => crate::care_storm::care_in_child(&words),
        "writer" => crate::kill_storm::write_in_child(&words),
        other => panic!("no such role: {other}"),
    }
}
