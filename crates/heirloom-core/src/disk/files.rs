//! The one place where files and folders of a store are made, changed and taken away.
//!
//! Each step is announced to a [`Gate`] first, so that a test can fail every one of them in turn
//! (`testing::FailingDisk`); the real disk's gate lets everything pass. Promises: 1. a file appears whole or not at all:
//! staged, then renamed into place; 2. no step follows a symbolic link at the end of its path, and none waits for a
//! pipe: somebody may have put one there. Refuses: fsync; a power loss is found by the digest, because the boot is
//! another one.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::fs::OFlags;

use super::fault::Fault;
use super::lock_file::LockFile;

const POLL: Duration = Duration::from_millis(5);

/// Is asked before each step that changes the disk, and may refuse it as a disk would.
pub trait Gate: Send + Sync {
    /// Lets `doing`, to the file or folder at `path`, pass.
    ///
    /// # Errors
    /// What the disk says instead.
    fn step(&self, doing: &'static str, path: &Path) -> io::Result<()>;
}

/// The real disk: everything passes.
#[derive(Debug, Default)]
pub struct Open;

impl Gate for Open {
    fn step(&self, _doing: &'static str, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// How a lock is taken.
#[derive(Clone, Copy)]
pub(super) enum Hold {
    /// With others.
    Shared,
    /// By one.
    Alone,
}

/// The steps that change a store.
#[derive(Clone)]
pub(super) struct Files(Arc<dyn Gate>);

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Files")
    }
}

impl Files {
    pub(super) fn new(gate: Arc<dyn Gate>) -> Self {
        Self(gate)
    }

    /// Announces a step that is carried out elsewhere.
    pub(super) fn step(&self, doing: &'static str, path: &Path) -> Result<(), Fault> {
        self.0.step(doing, path).map_err(Fault::io(doing, path))
    }

    /// Makes a folder and those above it.
    pub(super) fn make_folder(&self, path: &Path) -> Result<(), Fault> {
        if is_folder(path) {
            return Ok(());
        }
        let doing = "make the folder";
        self.step(doing, path)?;
        fs::create_dir_all(path).map_err(Fault::io(doing, path))
    }

    /// Makes the folder of a new store, for its owner only; one that is there keeps its mode.
    pub(super) fn make_private_folder(&self, path: &Path) -> Result<(), Fault> {
        let doing = "make the folder";
        self.step(doing, path)?;
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(Fault::io(doing, above))?;
        }
        match DirBuilder::new().mode(0o700).create(path) {
            Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => Err(Fault::io(doing, path)(fault)),
            _ => Ok(()),
        }
    }

    /// Writes a small file that nothing reads.
    pub(super) fn write_mark(&self, path: &Path, text: &str) -> Result<(), Fault> {
        self.step("write", path)?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(path).map_err(Fault::io("write", path))?;
        file.write_all(text.as_bytes()).map_err(Fault::io("write", path))
    }

    /// Writes a read-only file through `staging` and renames it to `path`.
    pub(super) fn stage(&self, staging: &Path, path: &Path, pieces: &[Bytes]) -> Result<(), Fault> {
        self.step("stage a file for", path)?;
        let staged =
            || tempfile::Builder::new().permissions(Permissions::from_mode(0o444)).tempfile_in(staging);
        let mut staged = staged()
            .or_else(|_| {
                // Somebody may have taken the store's folders away while we were running.
                fs::create_dir_all(staging)?;
                staged()
            })
            .map_err(Fault::io("stage a file in", staging))?;
        for piece in pieces {
            self.step("write", path)?;
            staged.as_file_mut().write_all(piece).map_err(Fault::io("write", path))?;
        }
        self.step("move into place", path)?;
        let staged = match staged.persist(path) {
            Ok(_) => return Ok(()),
            Err(fault) => fault.file,
        };
        if let Some(folder) = path.parent() {
            self.make_folder(folder)?;
        }
        staged.persist(path).map_err(|fault| Fault::io("move into place", path)(fault.error))?;
        Ok(())
    }

    /// Moves a file; one that is gone already stays gone.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), Fault> {
        self.step("move", from)?;
        gone_is_fine(fs::rename(from, to)).map_err(Fault::io("move", from))
    }

    /// Removes a file; one that is gone already is what was wanted.
    pub(super) fn remove(&self, path: &Path) -> Result<(), Fault> {
        self.step("remove", path)?;
        gone_is_fine(fs::remove_file(path)).map_err(Fault::io("remove", path))
    }

    /// Opens a lock file, making it and its folder where there are none.
    pub(super) fn open_lock(&self, path: &Path) -> Result<LockFile, Fault> {
        let doing = "open the lock";
        self.step(doing, path)?;
        let open = || {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).custom_flags(careful());
            regular(options.open(path)?)
        };
        let made = || {
            open().or_else(|fault| match (fault.kind(), path.parent()) {
                (io::ErrorKind::NotFound, Some(folder)) => {
                    fs::create_dir_all(folder)?;
                    open()
                }
                // A link or a pipe that somebody has put there is no lock of ours.
                _ if is_no_file(&fault) => {
                    fs::remove_file(path)?;
                    open()
                }
                _ => Err(fault),
            })
        };
        LockFile::open(made).map_err(Fault::io(doing, path))
    }

    /// Takes a lock, waiting for at most `patience`: its holder may be stopped for ever.
    pub(super) fn lock(&self, path: &Path, hold: Hold, patience: Duration) -> Result<LockFile, Fault> {
        let file = self.open_lock(path)?;
        let begun = Instant::now();
        loop {
            let taken = match hold {
                Hold::Shared => file.try_lock_shared(),
                Hold::Alone => file.try_lock(),
            };
            match taken {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(fault)) => return Err(Fault::io("lock", path)(fault)),
                Err(TryLockError::WouldBlock) if begun.elapsed() >= patience => {
                    let waited = io::Error::new(io::ErrorKind::TimedOut, "another process holds it");
                    return Err(Fault::io("lock", path)(waited));
                }
                Err(TryLockError::WouldBlock) => sleep(POLL),
            }
        }
    }
}

/// Opens a regular file for reading; a symbolic link and a pipe are refused.
pub(super) fn open(path: &Path) -> io::Result<File> {
    regular(OpenOptions::new().read(true).custom_flags(careful()).open(path)?)
}

/// Opens a lock file that is there.
pub(super) fn open_present_lock(path: &Path) -> io::Result<LockFile> {
    LockFile::open(|| open(path))
}

/// All bytes of a regular file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open(path)?, &mut bytes)?;
    Ok(bytes)
}

/// Whether a folder stands there, and not a link to one.
pub(super) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// What lies in a folder; nothing in a link to one.
pub(super) fn list(folder: &Path) -> Vec<PathBuf> {
    if !is_folder(folder) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).collect()
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file"))
}

/// Whether something stands there that is no regular file: a link, a pipe, a folder.
pub(super) fn is_no_file(fault: &io::Error) -> bool {
    let link = rustix::io::Errno::LOOP.raw_os_error();
    fault.kind() == io::ErrorKind::InvalidData || fault.raw_os_error() == Some(link)
}

/// Flags for `open`: follow no link, wait for no pipe.
fn careful() -> i32 {
    i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0)
}

fn gone_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
        _ => Ok(()),
    }
}
