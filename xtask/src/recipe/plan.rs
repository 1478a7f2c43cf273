//! Which steps there are, in order: the quick and the talkative ones first.

use super::facts::Facts;
use super::python;
use super::step::{Action, Step};

/// The whole recipe.
pub(super) fn plan(facts: &Facts) -> Vec<Step> {
    let cargo = |words: &str| Step::run("cargo", &facts.cargo, words);
    let mut steps = vec![
        cargo("fmt --all --check"),
        cargo("clippy --workspace --all-targets -- -D warnings"),
        cargo("test --workspace"),
        if facts.has_shuttle {
            cargo("test -p heirloom-core --features shuttle --test shuttle")
        } else {
            Step::skip("shuttle", "crates/heirloom-core/tests/shuttle.rs does not exist")
        },
        cargo("test -p heirloom-reuse --features shuttle --test shuttle"),
        cargo("test -p heirloom-core --features tracing --test engine spans"),
        cargo("test -p heirloom --features rkyv --test face mapped"),
        cargo("doc --workspace --no-deps").with("RUSTDOCFLAGS", "-D warnings"),
        Step { headline: "cargo xtask tidy".to_owned(), action: Action::Tidy },
        if facts.has_deny {
            cargo("deny check bans licenses sources")
        } else {
            Step::skip("cargo deny", "cargo-deny is not installed")
        },
    ];
    if facts.has_python {
        steps.extend(python::steps());
    } else {
        steps.push(Step::skip("Python", "pyproject.toml or python/tests does not exist"));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(facts: &Facts, expected: &[&str]) {
        let lines: Vec<String> = plan(facts)
            .into_iter()
            .map(|step| match step.action {
                Action::Skip { reason } => format!("{}: skipped, {reason}", step.headline),
                _ => step.headline,
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn everything_is_run_where_everything_is_there() {
        let all = Facts { cargo: "cargo".to_owned(), has_shuttle: true, has_deny: true, has_python: true };
        check(
            &all,
            &[
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets -- -D warnings",
                "cargo test --workspace",
                "cargo test -p heirloom-core --features shuttle --test shuttle",
                "cargo test -p heirloom-reuse --features shuttle --test shuttle",
                "cargo test -p heirloom-core --features tracing --test engine spans",
                "cargo test -p heirloom --features rkyv --test face mapped",
                "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps",
                "cargo xtask tidy",
                "cargo deny check bans licenses sources",
                "python -m venv target/python",
                "python -m pip install --quiet .[test]",
                "python -m pytest python/tests tests/staleness tests/faults",
                "python -m ruff check python tests",
                "python -m mypy python/heirloom",
            ],
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let none =
            Facts { cargo: "cargo".to_owned(), has_shuttle: false, has_deny: false, has_python: false };
        let steps = plan(&none);
        let reasons: Vec<&str> = steps
            .iter()
            .filter_map(|step| match step.action {
                Action::Skip { reason } => Some(reason),
                _ => None,
            })
            .collect();
        assert_eq!(
            reasons,
            [
                "crates/heirloom-core/tests/shuttle.rs does not exist",
                "cargo-deny is not installed",
                "pyproject.toml or python/tests does not exist",
            ]
        );
    }
}
