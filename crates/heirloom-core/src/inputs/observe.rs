//! Looks at files, directories, patterns and properties and says what they are now.
//!
//! Promises: a digest belongs to the stat beside it: a file that changes while it is digested is digested again.
//! Refuses: following what it finds; one look, one answer.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clock::{Timestamp, unix_nanos};
use crate::digest::{Digest, update_large};
use crate::identity::{FileState, Property, StoredPath};

/// From this size on a file is digested on all cores.
const LARGE: u64 = 1 << 18;
/// A file changed this shortly before it was read may change again under the same time stamp.
const RACY: Duration = Duration::from_secs(2);
/// Python's folder of compiled code: it comes and goes with imports, and nobody reads it.
const BYTECODE: &str = "__pycache__";
const ATTEMPTS: usize = 3;

/// A file's state now. `now` decides whether its time stamp can be trusted later.
pub(super) fn file(path: &Path, now: Timestamp) -> io::Result<FileState> {
    for _ in 0..ATTEMPTS {
        let file = File::open(path)?;
        let before = file.metadata()?;
        let digest = digest(&file, before.len())?;
        let after = fs::metadata(path)?;
        if same_stat(&before, &after) {
            return Ok(state(&before, digest, now));
        }
    }
    // It keeps changing.
    Ok(FileState::UNKNOWN)
}

/// Whether a look failed because there is nothing to look at.
pub(super) fn is_absence(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A file's content together with its state.
pub(super) fn content(path: &Path, now: Timestamp) -> io::Result<(Vec<u8>, FileState)> {
    let mut file = File::open(path)?;
    let before = file.metadata()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let state = state(&before, Digest::of_large(&bytes), now);
    Ok((bytes, state))
}

/// Whether the stat alone says that the file is what it was.
pub(super) fn stat_holds(recorded: &FileState, metadata: &Metadata) -> bool {
    recorded.mtime_nanos != 0
        && recorded.size == metadata.len()
        && recorded.inode == metadata.ino()
        && recorded.mtime_nanos == unix_nanos(metadata.mtime(), metadata.mtime_nsec())
        && recorded.ctime_nanos == unix_nanos(metadata.ctime(), metadata.ctime_nsec())
}

/// A name in a directory, and the letter of its kind.
pub(super) type Name = (OsString, u8);

/// A directory's sorted names and their kinds.
pub(super) fn listing(path: &Path) -> io::Result<Vec<Name>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name() == BYTECODE {
            continue;
        }
        let kind = entry.file_type()?;
        let letter = match (kind.is_dir(), kind.is_symlink()) {
            (true, _) => b'd',
            (false, true) => b'l',
            (false, false) => b'f',
        };
        names.push((entry.file_name(), letter));
    }
    names.sort();
    Ok(names)
}

/// The digest of a listing, but for names that the build wrote.
pub(super) fn listing_digest(names: &[Name], written: &[String]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for (name, letter) in names {
        if written.iter().any(|written| written.as_str() == name) {
            continue;
        }
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&[*letter]);
    }
    hasher.finalize().into()
}

/// The paths that a pattern matches, sorted.
pub(super) fn matches(pattern: &Path, project: Option<&Path>) -> io::Result<Vec<PathBuf>> {
    let invalid = |words: &str| io::Error::new(io::ErrorKind::InvalidInput, words);
    // The project's own folder is no pattern, whatever letters its name has.
    let inside = project.and_then(|root| Some((root.to_str()?, pattern.strip_prefix(root).ok()?)));
    let escaped = inside.map(|(root, inside)| Path::new(&glob::Pattern::escape(root)).join(inside));
    let pattern = escaped.as_deref().unwrap_or(pattern);
    let text = pattern.to_str().ok_or_else(|| invalid("a pattern must be UTF-8"))?;
    let found = glob::glob(text).map_err(|fault| invalid(&fault.to_string()))?;
    let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).collect();
    paths.sort();
    Ok(paths)
}

/// The digest of what a pattern matched, as stored paths, but for those that the build wrote.
pub(super) fn matches_digest(paths: &[PathBuf], project: Option<&Path>, written: &[StoredPath]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        let path = StoredPath::new(path, project);
        if written.contains(&path) {
            continue;
        }
        let name = path.to_string();
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    hasher.finalize().into()
}

/// One property of a path, in words; an absence is an error.
pub(super) fn property(path: &Path, property: Property) -> io::Result<String> {
    if property == Property::Link {
        return match fs::read_link(path) {
            Ok(target) => Ok(StoredPath::new(&target, None).to_string()),
            Err(fault) if fault.kind() == io::ErrorKind::InvalidInput => Ok("no link".to_owned()),
            Err(fault) => Err(fault),
        };
    }
    let metadata = fs::metadata(path)?;
    Ok(match property {
        Property::Kind if metadata.is_file() => "file".to_owned(),
        Property::Kind if metadata.is_dir() => "directory".to_owned(),
        Property::Kind | Property::Link => "other".to_owned(),
        Property::Size => metadata.len().to_string(),
        Property::Modified => unix_nanos(metadata.mtime(), metadata.mtime_nsec()).to_string(),
        Property::Mode => format!("{:o}", metadata.mode() & 0o7777),
    })
}

fn digest(file: &File, size: u64) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    if size < LARGE {
        hasher.update_reader(file)?;
        return Ok(hasher.finalize().into());
    }
    // Read in large pieces, not mapped: a file that is cut while it is mapped would kill the process.
    let mut buffer = vec![0; 4 << 20];
    let mut reader = file;
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            read => update_large(&mut hasher, &buffer[..read]),
        }
    }
}

fn same_stat(left: &Metadata, right: &Metadata) -> bool {
    let stat = |at: &Metadata| (at.len(), at.ino(), at.mtime(), at.mtime_nsec(), at.ctime(), at.ctime_nsec());
    stat(left) == stat(right)
}

fn state(metadata: &Metadata, digest: Digest, now: Timestamp) -> FileState {
    let mtime_nanos = unix_nanos(metadata.mtime(), metadata.mtime_nsec());
    let ctime_nanos = unix_nanos(metadata.ctime(), metadata.ctime_nsec());
    // Both: a file's mtime can be set back right after it was written, its ctime cannot.
    let changed = u64::try_from(mtime_nanos.max(ctime_nanos)).unwrap_or(0);
    let racy = now.since(Timestamp::from_nanos(changed)) < RACY;
    let mtime_nanos = if racy { 0 } else { mtime_nanos };
    FileState { size: metadata.len(), mtime_nanos, ctime_nanos, inode: metadata.ino(), digest }
}
