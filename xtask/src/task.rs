//! What was asked on the command line.
//!
//! Promises: 1. an unknown word is answered by one sentence naming the nearest task. Refuses: abbreviations, and
//! options that a task does not know.

/// The help page.
pub const HELP: &str = "\
The project's chores.

Usage: cargo xtask <TASK>

Tasks:
  test            Passes all tests, in order, stopping at the first that fails: format, lints, tests, feature
                  checks, documentation, tidy, licences (when cargo-deny is installed), Python (when there is any)
  tidy            Checks the rules of the house: crate and module edges, file heads, sizes, names, leftovers,
                  ARCHITECTURE.md and the format documents; lists every finding with its way out
  tidy --bless    The same, after renewing the source hashes in docs/format/ (read the pages first)
  help            Prints this page

Exit codes: 0 all is well, 1 something was found or failed, 2 the call was wrong.
";

/// One task with its options.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Print the help page.
    Help,
    /// Check the rules of the house.
    Tidy {
        /// Renew the hashes in the format documents first.
        bless: bool,
    },
    /// Pass all tests.
    Test,
}

const NAMES: [&str; 3] = ["tidy", "test", "help"];

impl Task {
    /// Reads the arguments.
    ///
    /// # Errors
    /// One sentence for the person who typed them.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["help" | "--help" | "-h"] | [_, "--help" | "-h"] => Ok(Self::Help),
            ["tidy"] => Ok(Self::Tidy { bless: false }),
            ["tidy", "--bless"] => Ok(Self::Tidy { bless: true }),
            ["test"] => Ok(Self::Test),
            [name, rest @ ..] if NAMES.contains(name) => {
                Err(format!("`{name}` does not know `{}`; see `cargo xtask help`", rest.join(" ")))
            }
            [name, ..] => {
                Err(format!("there is no task `{name}`; the nearest is `cargo xtask {}`", nearest(name)))
            }
        }
    }
}

fn nearest(word: &str) -> &'static str {
    NAMES.into_iter().min_by_key(|name| distance(name, word)).unwrap_or("help")
}

/// How many letters must be added, dropped or changed to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (column, other) in to.iter().enumerate() {
            let changed = corner + usize::from(letter != *other);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<Task, &str>) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(Task::parse(&words), expected.map_err(str::to_owned), "{line:?}");
    }

    #[test]
    fn tasks_are_understood() {
        check("", Ok(Task::Help));
        check("--help", Ok(Task::Help));
        check("tidy --help", Ok(Task::Help));
        check("tidy", Ok(Task::Tidy { bless: false }));
        check("tidy --bless", Ok(Task::Tidy { bless: true }));
        check("test", Ok(Task::Test));
    }

    #[test]
    fn a_wrong_call_gets_one_sentence() {
        check("tidi", Err("there is no task `tidi`; the nearest is `cargo xtask tidy`"));
        check("tests", Err("there is no task `tests`; the nearest is `cargo xtask test`"));
        check("test --fast", Err("`test` does not know `--fast`; see `cargo xtask help`"));
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("test", "test"), 0);
        assert_eq!(distance("test", "tst"), 1);
        assert_eq!(distance("tidy", "tdyx"), 2);
        assert_eq!(distance("", "abc"), 3);
    }
}
