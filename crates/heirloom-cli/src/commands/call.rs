//! What every command is given: the global options, the surroundings, and where to write.
//!
//! Promises: opening a store that is not there is a sentence, never a new folder. Refuses: opening one that a
//! command did not ask for.

use std::path::Path;
use std::sync::Arc;

use heirloom_core::disk::EntryRow;
use heirloom_core::engine::Engine;
use serde::Serialize;

use crate::arguments::Global;
use crate::console::Console;
use crate::project::Project;
use crate::selection::unknown_factory;
use crate::stop::Stop;
use crate::surroundings::Surroundings;

/// One call of the program.
pub(crate) struct Call<'a> {
    pub(crate) global: &'a Global,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) console: Console<'a>,
}

/// An open store with the settings that hold for it.
pub(crate) struct Open {
    pub(crate) project: Project,
    pub(crate) engine: Arc<Engine>,
}

impl Open {
    /// What is kept of a factory, or of all; a name of which nothing is kept is refused with the nearest one.
    pub(super) fn kept(&self, name: Option<&str>) -> Result<Vec<EntryRow>, Stop> {
        let rows = self.engine.entries(name)?;
        if let Some(name) = name
            && rows.is_empty()
        {
            let kept = self.engine.entries(None)?;
            return Err(unknown_factory(name, kept.iter().map(|row| row.factory.as_str())));
        }
        Ok(rows)
    }
}

impl Call<'_> {
    /// Asks whoever sits at the terminal; `None` when nobody does.
    pub(super) fn agreed(&mut self, question: &str) -> Option<bool> {
        let answer = self.surroundings.answer.filter(|_| !self.console.json)?;
        self.console.question(question);
        // A closed terminal has said nothing, and so not yes.
        let answer = answer().unwrap_or_default();
        Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Opens the store that is meant.
    pub(crate) fn open(&mut self) -> Result<Open, Stop> {
        let project = Project::find(self.global, self.surroundings)?;
        let (engine, notes) = project.open(self.surroundings)?;
        for note in notes {
            self.console.warn(note);
        }
        Ok(Open { project, engine })
    }

    /// A path for people: relative when it lies below the folder that the call was made from.
    pub(crate) fn shown_path(&self, path: &Path) -> String {
        path.strip_prefix(&self.surroundings.folder).unwrap_or(path).display().to_string()
    }
}

impl Open {
    /// Prints the one JSON document of a command about this store.
    pub(crate) fn document(
        &self,
        console: &mut Console<'_>,
        command: &str,
        body: &impl Serialize,
    ) -> Result<(), Stop> {
        Ok(console.document(command, Some(&self.project.store), body)?)
    }
}
