//! Carries the recipe out: one headline for each step, and a stop at the first that fails.

use std::path::Path;
use std::process::Command;

use super::facts::Facts;
use super::plan::plan;
use super::step::{Action, Step};
use crate::tidy;

/// Passes all tests of the repository at `root`.
///
/// # Errors
/// One sentence that names the step that failed; what it said stands above.
pub fn run(root: &Path) -> Result<(), String> {
    perform(root, &plan(&Facts::gather(root)))
}

#[expect(clippy::print_stdout, reason = "headlines belong between the outputs of the steps")]
fn perform(root: &Path, steps: &[Step]) -> Result<(), String> {
    let mut skipped = 0;
    for step in steps {
        println!("\n== {}", step.headline);
        match &step.action {
            Action::Skip { reason } => {
                println!("skipped: {reason}");
                skipped += 1;
            }
            Action::Tidy => tidy::run(root, false)?,
            Action::Run { program, words, variables } => {
                let mut command = Command::new(program_in(root, program));
                command.args(words).current_dir(root).envs(variables.iter().copied());
                let status = command
                    .status()
                    .map_err(|error| format!("cannot start {program}, is it installed? {error}"))?;
                if !status.success() {
                    return Err(format!("`{}` failed ({status}); what it said stands above", step.headline));
                }
            }
        }
    }
    println!("\nall tests pass: {} steps, {skipped} skipped", steps.len());
    Ok(())
}

/// A program named by a path of the repository is looked for there, wherever we were called from.
fn program_in(root: &Path, program: &str) -> std::path::PathBuf {
    if program.contains('/') { root.join(program) } else { program.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(steps: &[Step], expected: Result<(), &str>) {
        let outcome = perform(&crate::root(), steps);
        match expected {
            Ok(()) => assert_eq!(outcome, Ok(())),
            Err(part) => {
                let sentence = outcome.expect_err("a step must fail");
                assert!(sentence.contains(part), "{sentence}");
            }
        }
    }

    #[test]
    #[cfg(unix)]
    fn it_stops_at_the_first_failure() {
        let good = || Step::run("good", "true", "--always");
        let bad = || Step::run("bad", "false", "--always");
        let lost = || Step::run("lost", "no-such-program-anywhere", "");
        check(&[good(), Step::skip("deny", "not here")], Ok(()));
        check(&[good(), bad(), lost()], Err("`bad --always` failed"));
        check(&[good(), lost(), bad()], Err("cannot start no-such-program-anywhere"));
    }
}
