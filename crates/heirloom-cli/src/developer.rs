//! Whose counter is raised, when nobody says.
//!
//! Promises: 1. one order: `--as`, `HEIRLOOM_DEVELOPER`, git's `user.name`, `USER`; 2. it is always said which was
//! taken; 3. a name that was typed is taken as it is, a name that was found is made to fit. Refuses: guessing.

use std::process::{Command, Stdio};

use crate::stop::Stop;
use crate::surroundings::Surroundings;

const LETTERS_MAX: usize = 64;

/// A developer's name, and where it came from.
pub(crate) struct Developer {
    pub(crate) name: String,
    pub(crate) source: &'static str,
}

/// Finds the developer.
pub(crate) fn find(typed: Option<&str>, surroundings: &Surroundings) -> Result<Developer, Stop> {
    if let Some(name) = typed {
        return Ok(Developer { name: name.to_owned(), source: "--as" });
    }
    let variable = |name| surroundings.set(name).and_then(|value| value.into_string().ok());
    if let Some(name) = variable("HEIRLOOM_DEVELOPER") {
        return Ok(Developer { name, source: "HEIRLOOM_DEVELOPER" });
    }
    let git = git_name(surroundings).map(|name| (name, "git config user.name"));
    let user = variable("USER").map(|name| (name, "USER"));
    let found = git.into_iter().chain(user).map(|(name, source)| Developer { name: fitted(&name), source });
    let mut usable = found.filter(|developer| !developer.name.is_empty());
    usable.next().ok_or_else(|| {
        Stop::invalid("nobody says who you are; give --as NAME, or set HEIRLOOM_DEVELOPER or git's user.name")
    })
}

fn git_name(surroundings: &Surroundings) -> Option<String> {
    let mut git = Command::new("git");
    git.args(["config", "user.name"]).current_dir(&surroundings.folder).stdin(Stdio::null());
    let answer = git.output().ok()?;
    answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// A name as `heirloom.toml` takes it: lower-case letters and digits, `-` for what stands between.
fn fitted(name: &str) -> String {
    let mut fitted = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_alphanumeric() || "_.@".contains(letter) {
            fitted.push(letter);
        } else if !fitted.is_empty() && !fitted.ends_with('-') {
            fitted.push('-');
        }
    }
    let cut: String = fitted.chars().take(LETTERS_MAX).collect();
    cut.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_found_name_is_made_to_fit() {
        assert_eq!(fitted("Anna Maria  O'Neil (work)"), "anna-maria-o-neil-work");
        assert_eq!(fitted("Зоя"), "зоя");
        assert_eq!(fitted("jane.doe@x"), "jane.doe@x");
        assert_eq!(fitted("  \u{202e}\n"), "");
        assert_eq!(fitted(&"x".repeat(99)).len(), 64);
    }
}
