//! Trust without reading again: a verified blob stays trusted while its stat and the machine's boot are the same.
//!
//! A changed byte changes `ctime`, which nobody can set back; a power loss, which may lose bytes silently, changes
//! the boot. Pure but for [`boot`]. Refuses: trusting a blob on a machine whose boot cannot be told.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use crate::clock::unix_nanos;
use crate::digest::Digest;

/// What a blob's file was when its full digest was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::disk) struct Seal {
    pub(in crate::disk) device: u64,
    pub(in crate::disk) inode: u64,
    pub(in crate::disk) size: u64,
    pub(in crate::disk) mtime_nanos: i64,
    pub(in crate::disk) ctime_nanos: i64,
    pub(in crate::disk) boot: String,
}

impl Seal {
    /// The seal of a file on this boot; `None` when the boot cannot be told.
    pub(in crate::disk) fn of(metadata: &Metadata) -> Option<Self> {
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            mtime_nanos: unix_nanos(metadata.mtime(), metadata.mtime_nsec()),
            ctime_nanos: unix_nanos(metadata.ctime(), metadata.ctime_nsec()),
            boot: boot()?.to_owned(),
        })
    }

    /// The digest that stands for the note "the blob `content` was verified, and this was its file then": what its
    /// MAC covers.
    pub(in crate::disk) fn statement(&self, content: &Digest) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"heirloom seal 1\n").update(content.as_bytes());
        for number in [self.device, self.inode, self.size] {
            hasher.update(&number.to_le_bytes());
        }
        for nanos in [self.mtime_nanos, self.ctime_nanos] {
            hasher.update(&nanos.to_le_bytes());
        }
        hasher.update(self.boot.as_bytes());
        hasher.finalize().into()
    }
}

/// The identity of this boot of the machine, from the kernel.
fn boot() -> Option<&'static str> {
    static BOOT: OnceLock<Option<String>> = OnceLock::new();
    BOOT.get_or_init(|| {
        let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(text.trim().to_owned())
    })
    .as_deref()
}
