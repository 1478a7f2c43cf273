//! A trigram index as one run of bytes: built once, mapped ever after.
//!
//! Source of the method: R. Cox, "Regular Expression Matching with a Trigram Index", 2012. Layout, all numbers
//! little-endian `u32`: files, trigrams; per file the end of its path; per trigram its three bytes and the end of
//! its postings; then all postings (file numbers, ascending); then all paths.
//!
//! Promises: a phrase's candidates hold every file that has it. Refuses: phrases shorter than a trigram.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use heirloom::tracked;

/// The index while it is built.
#[tracked]
#[derive(Default)]
pub(crate) struct Builder {
    paths: Vec<PathBuf>,
    postings: BTreeMap<u32, Vec<u32>>,
}

/// Adds one file.
#[tracked]
pub(crate) fn add(builder: &mut Builder, path: &Path, text: &[u8]) {
    let number = u32::try_from(builder.paths.len()).unwrap_or(u32::MAX);
    builder.paths.push(path.to_owned());
    for window in text.windows(3) {
        let trigram = u32::from_le_bytes([window[0], window[1], window[2], 0]);
        let postings = builder.postings.entry(trigram).or_default();
        if postings.last() != Some(&number) {
            postings.push(number);
        }
    }
}

/// Lays the index out as bytes.
#[tracked]
pub(crate) fn seal(builder: &Builder) -> Bytes {
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, number: usize| {
        bytes.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    };
    number(&mut bytes, builder.paths.len());
    number(&mut bytes, builder.postings.len());
    let mut end = 0;
    for path in &builder.paths {
        end += path.as_os_str().len();
        number(&mut bytes, end);
    }
    end = 0;
    for (trigram, postings) in &builder.postings {
        end += postings.len();
        bytes.extend_from_slice(&trigram.to_le_bytes());
        number(&mut bytes, end);
    }
    for posting in builder.postings.values().flatten() {
        bytes.extend_from_slice(&posting.to_le_bytes());
    }
    for path in &builder.paths {
        bytes.extend_from_slice(path.as_os_str().as_bytes());
    }
    bytes.into()
}

/// The index, read in place.
pub(crate) struct Index<'a> {
    files: usize,
    path_ends: &'a [u8],
    trigrams: &'a [u8],
    postings: &'a [u8],
    paths: &'a [u8],
}

impl<'a> Index<'a> {
    /// Reads the head; `None` for bytes that are no index.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (files, count) = (number(bytes, 0)?, number(bytes, 1)?);
        let (path_ends, rest) = bytes.get(8..)?.split_at_checked(4 * files)?;
        let (trigrams, rest) = rest.split_at_checked(8 * count)?;
        let all = if count == 0 { 0 } else { number(trigrams, 2 * count - 1)? };
        let (postings, paths) = rest.split_at_checked(4 * all)?;
        Some(Self { files, path_ends, trigrams, postings, paths })
    }

    /// How many files are indexed.
    pub(crate) fn files(&self) -> usize {
        self.files
    }

    /// The files that hold every trigram of the phrase.
    pub(crate) fn candidates(&self, phrase: &[u8]) -> Vec<PathBuf> {
        let mut found: Option<Vec<usize>> = None;
        for window in phrase.windows(3) {
            let postings = self.postings_of(u32::from_le_bytes([window[0], window[1], window[2], 0]));
            found = Some(match found {
                None => postings,
                Some(found) => {
                    found.into_iter().filter(|file| postings.binary_search(file).is_ok()).collect()
                }
            });
        }
        found.unwrap_or_default().into_iter().filter_map(|file| self.path(file)).collect()
    }

    fn postings_of(&self, trigram: u32) -> Vec<usize> {
        let count = self.trigrams.len() / 8;
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if number(self.trigrams, 2 * middle).is_some_and(|at| at < trigram as usize) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if number(self.trigrams, 2 * low) != Some(trigram as usize) {
            return Vec::new();
        }
        let start = low.checked_sub(1).and_then(|before| number(self.trigrams, 2 * before + 1)).unwrap_or(0);
        let end = number(self.trigrams, 2 * low + 1).unwrap_or(start);
        (start..end).filter_map(|at| number(self.postings, at)).collect()
    }

    fn path(&self, file: usize) -> Option<PathBuf> {
        let start = file.checked_sub(1).and_then(|before| number(self.path_ends, before)).unwrap_or(0);
        let bytes = self.paths.get(start..number(self.path_ends, file)?)?;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(4 * at..4 * at + 4)?;
    Some(u32::from_le_bytes(word.try_into().ok()?) as usize)
}
