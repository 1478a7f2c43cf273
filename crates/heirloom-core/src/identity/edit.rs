//! The difference of two texts in one line, when it fits into one.
//!
//! Promises: blank lines, indentation and what stands around the line do not show. Refuses: anything longer than a
//! sentence can hold; `heirloom explain --diff` prints the rest.

use super::Change;

/// Letters of a line that a sentence still holds.
const LINE_MAX: usize = 100;

impl Change {
    /// Says of a change of code how its one line read and reads, when exactly one line differs.
    pub(crate) fn telling(&mut self, before: &str, now: &str) {
        if let Self::Code { old, new, .. } = self
            && let Some((left, right)) = one_line(before, now)
        {
            (*old, *new) = (Some(left.to_owned()), Some(right.to_owned()));
        }
    }
}

fn one_line<'a>(old: &'a str, new: &'a str) -> Option<(&'a str, &'a str)> {
    let lines = |text: &'a str| -> Vec<&'a str> {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    };
    let (old, new) = (lines(old), lines(new));
    if old.len() != new.len() {
        return None;
    }
    let mut differing = old.into_iter().zip(new).filter(|(old, new)| old != new);
    let found = differing.next()?;
    let short = |line: &str| line.chars().count() <= LINE_MAX && !line.contains('`');
    (differing.next().is_none() && short(found.0) && short(found.1)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn one_line_is_found_among_equal_ones() {
        let (old, new) = ("fn f() {\n    x * 0.5\n}", "fn f() {\n\n  x * 0.7\n}\n");
        assert_eq!(one_line(old, new), Some(("x * 0.5", "x * 0.7")));
    }

    #[test]
    fn what_does_not_fit_into_a_sentence_is_not_told() {
        let long = "x".repeat(101);
        for (old, new) in
            [("a\nb\nc", "d\nb\ne"), ("a", "a\nb"), ("a", "a"), ("a", long.as_str()), ("`a`", "b")]
        {
            assert_eq!(one_line(old, new), None, "{old:?} {new:?}");
        }
    }
}
