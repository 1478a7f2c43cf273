//! cacache: content-addressed files with an index file per bucket, through its synchronous interface.
//!
//! Promises: its defaults, that is SHA-256 on both ways. Refuses: its unchecked reads; ours are checked too.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::Keeper;

struct Cacache(PathBuf);

pub(super) fn open(folder: &Path, _size: usize) -> Box<dyn Keeper> {
    Box::new(Cacache(folder.to_owned()))
}

impl Keeper for Cacache {
    fn put(&self, number: u64, content: Bytes) {
        cacache::write_sync(&self.0, number.to_string(), &content).expect("it is written");
    }

    fn get(&self, number: u64) -> Bytes {
        Bytes::from(cacache::read_sync(&self.0, number.to_string()).expect("it was written"))
    }

    fn forget(&self, number: u64) {
        if let Ok(Some(metadata)) = cacache::metadata_sync(&self.0, number.to_string()) {
            cacache::remove_hash_sync(&self.0, &metadata.integrity).ok();
        }
        cacache::remove_sync(&self.0, number.to_string()).ok();
    }
}
