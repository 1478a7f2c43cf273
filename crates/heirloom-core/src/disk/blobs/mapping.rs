//! Maps a blob into memory: the one `unsafe` of the disk tier.
//!
//! Promises: the mapping lives as long as any frame that points into it. Refuses: files that anybody rewrites.

use std::fs::File;
use std::io;

use bytes::Bytes;

/// The whole file, mapped read-only; the mapping ends with the last slice of it.
#[expect(unsafe_code, reason = "a mapping is unsafe by nature; the argument stands at the block")]
pub(super) fn map(file: &File) -> io::Result<Bytes> {
    // SAFETY: the bytes behind a mapping must not change while it lives. A blob is opened read-only here, was made
    // with mode 0444, is renamed into place when whole, and is never written or cut afterwards by any code of ours,
    // only unlinked, which leaves mappings valid. Another program with write access to the store could still cut
    // the file under us; SECURITY.md says that whoever may write the store is trusted not to.
    let mapping = unsafe { memmap2::Mmap::map(file)? };
    Ok(Bytes::from_owner(mapping))
}
