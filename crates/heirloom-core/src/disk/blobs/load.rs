//! Opens a blob: a mapping for large ones, an aligned copy for small ones, verified first unless trusted.
//!
//! Promises: frames start at multiples of 64 bytes in memory, whichever way they were loaded.
//! Refuses: a blob whose length or digest is not the recorded one.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;

use super::mapping;
use super::trust::Seal;
use crate::digest::{Digest, update_large};
use crate::disk::fault::Fault;
use crate::disk::files;
use crate::object::FRAME_ALIGN;
use crate::settings::Verify;

/// Below this size a read is cheaper than a mapping.
const MAPPED_FROM: u64 = 64 << 10;

/// A blob's bytes, ready for the codec.
#[derive(Debug)]
pub(in crate::disk) struct Loaded {
    /// The whole blob.
    pub(in crate::disk) blob: Bytes,
    /// The seal to remember, when the digest was verified just now.
    pub(in crate::disk) verified: Option<Seal>,
}

/// Opens the blob at `path`, whose digest must be `content`; `known` is what it was when last verified.
pub(in crate::disk) fn load(
    path: &Path,
    content: &Digest,
    bytes: u64,
    known: Option<&Seal>,
    verify: Verify,
) -> Result<Loaded, Fault> {
    let file = match files::open(path) {
        Ok(file) => file,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            return Err(Fault::Missing(path.display().to_string()));
        }
        // A link where a blob should be (ELOOP), a pipe, a folder: not what was written.
        Err(fault) if files::is_no_file(&fault) => {
            return Err(Fault::Corrupt(format!("{} is not a regular file", path.display())));
        }
        Err(fault) => return Err(Fault::io("open", path)(fault)),
    };
    let metadata = file.metadata().map_err(Fault::io("look at", path))?;
    if metadata.len() != bytes {
        let (found, name) = (metadata.len(), path.display());
        return Err(Fault::Corrupt(format!("{name} has {found} bytes, {bytes} were written")));
    }
    let blob = if bytes < MAPPED_FROM { read(&file, bytes) } else { mapping::map(&file) };
    let blob = blob.map_err(Fault::io("read", path))?;
    let seal = Seal::of(&metadata);
    let trusted = match verify {
        Verify::Always => false,
        Verify::Auto => seal.is_some() && seal.as_ref() == known,
        Verify::Never => true,
    };
    if trusted {
        return Ok(Loaded { blob, verified: None });
    }
    let found = Digest::of_large(&blob);
    if found != *content {
        let (found, name) = (found.short(), path.display());
        return Err(Fault::Corrupt(format!(
            "{name} has the digest {found}…, {}… was written",
            content.short()
        )));
    }
    Ok(Loaded { blob, verified: seal })
}

/// The digest of a blob's file as it is now, its length, and the seal of the file.
pub(in crate::disk) fn rehash(path: &Path) -> io::Result<(Digest, u64, Option<Seal>)> {
    let file = files::open(path)?;
    let metadata = file.metadata()?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 4 << 20];
    let mut reader = &file;
    loop {
        match reader.read(&mut buffer)? {
            0 => break,
            read => update_large(&mut hasher, &buffer[..read]),
        }
    }
    Ok((hasher.finalize().into(), metadata.len(), Seal::of(&metadata)))
}

fn read(mut file: &File, bytes: u64) -> io::Result<Bytes> {
    let mut content = Vec::with_capacity(usize::try_from(bytes).map_err(io::Error::other)?);
    file.read_to_end(&mut content)?;
    Ok(aligned_copy(&content))
}

/// A copy whose first byte lies at a multiple of 64, as a mapping's does.
pub(in crate::disk) fn aligned_copy(bytes: &[u8]) -> Bytes {
    let mut room = vec![0; bytes.len() + FRAME_ALIGN];
    let start = room.as_ptr().align_offset(FRAME_ALIGN);
    room[start..start + bytes.len()].copy_from_slice(bytes);
    Bytes::from(room).slice(start..start + bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_aligned_and_equal() {
        for length in [0, 1, 63, 64, 5000] {
            let bytes: Vec<u8> = (0..length).map(|at: u32| (at % 251) as u8).collect();
            let copy = aligned_copy(&bytes);
            assert_eq!(copy, bytes);
            assert!(copy.is_empty() || (copy.as_ptr() as usize).is_multiple_of(FRAME_ALIGN));
        }
    }
}
