//! Small rooms: how long a file, a function and its tests may grow.
//!
//! Promises: 1. blank lines and comments do not count, so explaining costs nothing; 2. tests written in place do not
//! count as the file's, but have a limit of their own.

use super::Finding;
use crate::Tree;
use crate::rust::Source;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const TEST_LINES_MAX: usize = 150;

/// The one function that shows the whole road may be longer.
const SPINE: &str = "crates/heirloom-core/src/engine/resolve.rs";
const SPINE_LINES_MAX: usize = 90;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().iter().flat_map(in_file).collect()
}

fn in_file(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let tests: usize = source.tests().iter().map(|body| source.code_lines(body.clone())).sum();
    let lines = source.code_lines(0..source.code().len()).saturating_sub(tests);
    if lines > FILE_LINES_MAX {
        let sentence = format!(
            "the file has {lines} lines of code, at most {FILE_LINES_MAX} are allowed; split it by topic"
        );
        found.push(Finding::new(source.path(), 1, sentence));
    }
    for body in source.tests() {
        let lines = source.code()[body.clone()].lines().count();
        if lines > TEST_LINES_MAX {
            let sentence = format!(
                "the tests in place have {lines} lines, at most {TEST_LINES_MAX} are allowed; \
                 move them to a tests.rs next door"
            );
            found.push(Finding::new(source.path(), source.line(body.start), sentence));
        }
    }
    let limit = if source.path() == SPINE { SPINE_LINES_MAX } else { FUNCTION_LINES_MAX };
    for function in source.functions() {
        let Some(body) = function.body else { continue };
        let lines = source.code_lines(function.at..body.end);
        if lines > limit {
            let sentence = format!(
                "function `{}` has {lines} lines of code, at most {limit} are allowed; give a part of it a name",
                function.name
            );
            found.push(Finding::new(source.path(), source.line(function.at), sentence));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    fn refused(path: &str, text: &str, expected: &[&str]) {
        let expected: Vec<String> = expected.iter().map(|line| format!("{path}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(check, &[(path, text)], &expected);
    }

    #[test]
    fn files_stop_at_five_hundred_lines_of_code() {
        let of = |lines: usize| "const A: u8 = 1;\n\n// said\n".repeat(lines);
        let tests = "#[cfg(test)]\nmod tests {\n    const B: u8 = 1;\n}\n";
        refused("xtask/src/a.rs", &of(500), &[]);
        refused("xtask/src/a.rs", &format!("{}{tests}", of(499)), &[]);
        refused(
            "xtask/src/a.rs",
            &of(501),
            &["1: the file has 501 lines of code, at most 500 are allowed; split it by topic"],
        );
    }

    #[test]
    fn functions_stop_at_seventy() {
        let of =
            |lines: usize| format!("\nfn long() {{\n{}}}\n", "    // said\n    go();\n".repeat(lines - 2));
        refused("xtask/src/a.rs", &of(70), &[]);
        let line =
            "2: function `long` has 71 lines of code, at most 70 are allowed; give a part of it a name";
        refused("xtask/src/a.rs", &of(71), &[line]);
        refused(SPINE, &of(90), &[]);
        let line =
            "2: function `long` has 91 lines of code, at most 90 are allowed; give a part of it a name";
        refused(SPINE, &of(91), &[line]);
    }

    #[test]
    fn tests_in_place_stop_at_a_hundred_and_fifty() {
        let of =
            |lines: usize| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    // said\n".repeat(lines - 2));
        refused("xtask/src/a.rs", &of(150), &[]);
        refused(
            "xtask/src/a.rs",
            &of(151),
            &[
                "2: the tests in place have 151 lines, at most 150 are allowed; move them to a tests.rs next door",
            ],
        );
    }
}
