//! What code read like: keeps the text of each part once, and tells what differs.
//!
//! Beside the road: `keep` hands the texts over with the first object of a fingerprint, `find` asks for them when a
//! miss is about code. Promises: the face is asked for its texts only when one is wanted. Refuses: deciding; a text
//! that is not known makes a sentence shorter and changes nothing else.

use super::engine_state::Engine;
use super::factory::Factory;
use super::gc::unavailable;
use crate::digest::Digest;
use crate::disk::{Disk, Fault};
use crate::error::Result;
use crate::identity::{Change, Fingerprint};

/// Keeps the texts of a factory's code that the store does not have yet.
pub(super) fn keep_texts(disk: &Disk, factory: &Factory) -> std::result::Result<(), Fault> {
    if factory.recipe.texts.is_none() {
        return Ok(());
    }
    let parts = &factory.recipe.fingerprint.code.parts;
    let digests: Vec<Digest> = parts.values().map(|part| part.digest).collect();
    if disk.has_texts(&digests)? {
        return Ok(());
    }
    let texts = factory.texts();
    let known = |(name, part): (&String, &crate::identity::Part)| {
        texts.get(name).map(|text| (part.digest, text.as_str()))
    };
    disk.keep_texts(&parts.iter().filter_map(known).collect::<Vec<_>>())
}

/// What differs from an entry's fingerprint to the present one, with the lines that do where both texts are known.
pub(super) fn told(disk: &Disk, factory: &Factory, old: &Fingerprint) -> Vec<Change> {
    let mut changes = old.changes(&factory.recipe.fingerprint);
    if factory.recipe.texts.is_none() {
        return changes;
    }
    for change in &mut changes {
        let Change::Code { part, .. } = &*change else { continue };
        let before = old.code.parts.get(part).and_then(|part| disk.text(&part.digest).ok().flatten());
        if let (Some(before), Some(now)) = (before, factory.texts().get(part)) {
            change.telling(&before, now);
        }
    }
    changes
}

impl Engine {
    /// What the part of code with this digest read like, when a build that was kept has told it.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    pub fn text(&self, part: &Digest) -> Result<Option<String>> {
        self.store()?.text(part).map_err(unavailable)
    }

    /// What differs from one fingerprint to another, with the lines that do where the store knows both texts.
    ///
    /// # Errors
    /// Those of [`Engine::text`].
    pub fn differences(&self, old: &Fingerprint, new: &Fingerprint) -> Result<Vec<Change>> {
        let mut changes = old.changes(new);
        for change in &mut changes {
            let Change::Code { part, .. } = &*change else { continue };
            let text = |side: &Fingerprint| match side.code.parts.get(part) {
                Some(part) => self.text(&part.digest),
                None => Ok(None),
            };
            if let (Some(before), Some(now)) = (text(old)?, text(new)?) {
                change.telling(&before, &now);
            }
        }
        Ok(changes)
    }
}
