//! Writes blobs that appear whole or not at all.
//!
//! Promises: 1. a kill leaves at most a file in `staging/`, which the next sweep takes away; 2. equal content is
//! written once. Refuses: to touch the disk but through `files`.

use std::fs;
use std::path::Path;

use super::trust::Seal;
use crate::disk::fault::Fault;
use crate::disk::files::Files;
use crate::object::Payload;

/// Writes a payload as the blob at `path`, unless a file with the seal that is `known` is there already.
pub(in crate::disk) fn write(
    files: &Files,
    staging: &Path,
    path: &Path,
    payload: &Payload,
    known: impl FnOnce() -> Option<Seal>,
) -> Result<Option<Seal>, Fault> {
    if let Ok(metadata) = fs::symlink_metadata(path)
        && let Some(seal) = Seal::of(&metadata)
        && known().as_ref() == Some(&seal)
    {
        return Ok(Some(seal));
    }
    files.stage(staging, path, &payload.pieces())?;
    let metadata = fs::symlink_metadata(path).map_err(Fault::io("look at", path))?;
    Ok(Seal::of(&metadata))
}
