//! One step of the recipe, as a value.

/// What stands between a headline and the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) headline: String,
    pub(super) action: Action,
}

/// How a step is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Run a program in the root of the repository, with these variables set.
    Run { program: String, words: Vec<String>, variables: Vec<(&'static str, &'static str)> },
    /// Check the rules of the house in this very process.
    Tidy,
    /// Leave it out, and say why.
    Skip { reason: &'static str },
}

impl Step {
    /// A program with its words, which are also the headline.
    pub(super) fn run(shown: &str, program: &str, words: &str) -> Self {
        let headline = format!("{shown} {words}");
        let words = words.split_whitespace().map(str::to_owned).collect();
        Self { headline, action: Action::Run { program: program.to_owned(), words, variables: Vec::new() } }
    }

    /// The same with a variable set.
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        if let Action::Run { variables, .. } = &mut self.action {
            variables.push((name, value));
            self.headline = format!("{name}={value:?} {}", self.headline);
        }
        self
    }

    /// A step that is left out.
    pub(super) fn skip(headline: &str, reason: &'static str) -> Self {
        Self { headline: headline.to_owned(), action: Action::Skip { reason } }
    }
}
