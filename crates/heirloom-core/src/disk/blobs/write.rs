//! Writes files that appear whole or not at all: staged, then renamed into place.
//!
//! Promises: 1. a kill leaves at most a file in `staging/`, which the next sweep takes away; 2. equal content is
//! written once. Refuses: fsync; a power loss is found by the digest, because the boot is another one.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::trust::Seal;
use crate::disk::fault::Fault;
use crate::object::Payload;

/// Writes a payload as the blob at `path`, unless a file with the seal that is `known` is there already.
pub(in crate::disk) fn write(
    staging: &Path,
    path: &Path,
    payload: &Payload,
    known: impl FnOnce() -> Option<Seal>,
) -> Result<Option<Seal>, Fault> {
    if let Ok(metadata) = fs::metadata(path)
        && let Some(seal) = Seal::of(&metadata)
        && known().as_ref() == Some(&seal)
    {
        return Ok(Some(seal));
    }
    let pieces = payload.pieces();
    stage(staging, path, |file| pieces.iter().try_for_each(|piece| file.write_all(piece)))?;
    let metadata = fs::metadata(path).map_err(Fault::io("look at", path))?;
    Ok(Seal::of(&metadata))
}

/// Writes a read-only file through `staging` and renames it to `path`.
pub(in crate::disk) fn stage(
    staging: &Path,
    path: &Path,
    content: impl FnOnce(&mut fs::File) -> io::Result<()>,
) -> Result<(), Fault> {
    let mut staged = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o444))
        .tempfile_in(staging)
        .or_else(|_| {
            // Somebody may have taken the store's folders away while we were running.
            fs::create_dir_all(staging)?;
            tempfile::Builder::new().permissions(Permissions::from_mode(0o444)).tempfile_in(staging)
        })
        .map_err(Fault::io("stage a file in", staging))?;
    content(staged.as_file_mut()).map_err(Fault::io("write", path))?;
    let staged = match staged.persist(path) {
        Ok(_) => return Ok(()),
        Err(fault) => fault.file,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Fault::io("make the folder", folder))?;
    }
    staged.persist(path).map_err(|fault| Fault::io("move into place", path)(fault.error))?;
    Ok(())
}
