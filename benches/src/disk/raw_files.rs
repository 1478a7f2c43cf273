//! Raw files: what the machine allows. Written under another name and renamed; read whole, or mapped.
//!
//! Promises: no digest, no index, no lock. Refuses: writing in place, which a reader could see half done.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use memmap2::Mmap;

use super::Keeper;

struct Files {
    folder: PathBuf,
    mapped: bool,
}

pub(super) fn open_read(folder: &Path, _size: usize) -> Box<dyn Keeper> {
    Box::new(Files { folder: folder.to_owned(), mapped: false })
}

pub(super) fn open_mapped(folder: &Path, _size: usize) -> Box<dyn Keeper> {
    Box::new(Files { folder: folder.to_owned(), mapped: true })
}

impl Files {
    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:016x}"))
    }
}

impl Keeper for Files {
    fn put(&self, number: u64, content: Bytes) {
        let path = self.path(number);
        let staged = path.with_extension("staged");
        fs::write(&staged, &content).expect("the file can be written");
        fs::rename(&staged, &path).expect("the file can be renamed");
    }

    fn get(&self, number: u64) -> Bytes {
        let path = self.path(number);
        if self.mapped {
            let file = File::open(path).expect("the file is there");
            Bytes::from_owner(map(&file))
        } else {
            Bytes::from(fs::read(path).expect("the file is there"))
        }
    }

    fn forget(&self, number: u64) {
        fs::remove_file(self.path(number)).ok();
    }
}

#[expect(unsafe_code, reason = "a mapping is sound while nobody writes into the file, and nobody here does")]
fn map(file: &File) -> Mmap {
    // SAFETY: the file is in a folder of ours alone and is never written again once it has its name.
    unsafe { Mmap::map(file) }.expect("the file can be mapped")
}
