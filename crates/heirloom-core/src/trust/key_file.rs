//! The file of a key: read, made on first use, exported for a team, imported, rotated.
//!
//! 32 secret bytes, or for a team one line `heirloom-team-key 1 HEX`. Promises: 1. the file is made whole or not at all,
//! however many processes try at once: all read the same key; 2. mode 0600, and a file that others can read is
//! refused; 3. a key that was replaced is kept beside, never overwritten. Refuses: symbolic links at the end of the
//! path, and to say where keys lie.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::mac::MacKey;
use crate::digest::Digest;
use crate::error::{Error, Result};

/// How a team's key begins, in its file and when it is exported.
pub const TEAM_HEAD: &str = "heirloom-team-key 1 ";
/// No key file is longer.
const LENGTH_MAX: u64 = 200;

/// Reads the key at `path`; `None` where there is none.
///
/// # Errors
/// [`Unavailable`](crate::ErrorKind::Unavailable) when it cannot be used: others can read it, or it is no key.
pub fn read(path: &Path) -> Result<Option<MacKey>> {
    match load(path) {
        Ok(key) => Ok(Some(key)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(unusable(path, fault)),
    }
}

/// Reads the key at `path`, making one where there is none.
///
/// # Errors
/// As [`read`], and when it cannot be made.
pub fn read_or_make(path: &Path) -> Result<MacKey> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    make(path)
}

/// Reads the key that the settings name: in the folder `keys` beside the user's own key at `own`.
///
/// # Errors
/// As [`read`], and when there is none: a shared key is imported, never made on the way.
pub fn read_named(own: &Path, name: &str) -> Result<MacKey> {
    let path = named(own, name);
    read(&path)?.ok_or_else(|| {
        Error::unavailable(format!(
            "the key `{name}` that heirloom.toml names is not at {}; get it from a colleague (`heirloom keys export`) \
             and run `heirloom keys import`",
            path.display()
        ))
    })
}

/// Where the key of a name lies: in the folder `keys` beside the user's own key at `own`.
pub fn named(own: &Path, name: &str) -> PathBuf {
    own.with_file_name("keys").join(name)
}

/// Makes a key at `path`, unless somebody else was faster; reads what is there then.
///
/// # Errors
/// As [`read_or_make`].
pub fn make(path: &Path) -> Result<MacKey> {
    let mut secret = [0; 32];
    let made = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut secret));
    made.and_then(|()| place(path, &secret)).map_err(|fault| unusable(path, fault))?;
    load(path).map_err(|fault| unusable(path, fault))
}

/// Puts a new key in the place of the one at `path`; the old file is kept as `path.old-IDENTITY`. Returns the old and
/// the new key.
///
/// # Errors
/// As [`read_or_make`].
pub fn rotate(path: &Path) -> Result<(Option<MacKey>, MacKey)> {
    let old = set_aside(path)?;
    Ok((old, make(path)?))
}

/// The line that gives a key to others.
pub fn export(key: &MacKey) -> String {
    format!("{TEAM_HEAD}{}", Digest::from_bytes(*key.secret()))
}

/// Takes an exported key in as that of `path`; one that is there is kept as `path.old-IDENTITY`.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) when `line` is no exported key; as [`read_or_make`].
pub fn import(path: &Path, line: &str) -> Result<MacKey> {
    let Some(key) = team_key(line) else {
        return Err(Error::invalid(format!(
            "this is no exported key: it must be the one line `{TEAM_HEAD}…` that `heirloom keys export` prints"
        )));
    };
    set_aside(path)?;
    place(path, export(&key).as_bytes()).map_err(|fault| unusable(path, fault))?;
    Ok(key)
}

fn set_aside(path: &Path) -> Result<Option<MacKey>> {
    let Some(old) = read(path)? else { return Ok(None) };
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".old-{}", old.identity()));
    fs::rename(path, &aside).map_err(|fault| unusable(path, fault))?;
    Ok(Some(old))
}

fn load(path: &Path) -> io::Result<MacKey> {
    // Neither a link to somewhere else nor a pipe that would be waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a file"));
    }
    if metadata.mode() & 0o077 != 0 {
        let way_out = format!("others can read it; run `chmod 600 {}`", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, way_out));
    }
    let mut bytes = Vec::new();
    file.take(LENGTH_MAX).read_to_end(&mut bytes)?;
    if let Ok(secret) = <[u8; 32]>::try_from(bytes.as_slice()) {
        return Ok(MacKey::new(secret));
    }
    let text = std::str::from_utf8(&bytes).ok();
    text.and_then(team_key).ok_or_else(|| {
        let way_out = "it is no key; move it away, and a new one is made";
        io::Error::new(io::ErrorKind::InvalidData, way_out)
    })
}

fn team_key(line: &str) -> Option<MacKey> {
    let hex = line.trim().strip_prefix(TEAM_HEAD)?.trim();
    let digest: Digest = hex.parse().ok()?;
    Some(MacKey::new(*digest.as_bytes()).of_team())
}

/// Makes a file whole or not at all; one that is there already stays.
fn place(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = draft(folder)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    // A link, not a rename: whoever comes first wins, and the others read what is there.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => Err(fault),
        _ => Ok(()),
    }
}

/// A name for a draft that nobody else has, also among containers whose processes have the same numbers.
fn draft(folder: &Path) -> io::Result<PathBuf> {
    let mut chance = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut chance)?;
    Ok(folder.join(format!(".key.{:016x}", u64::from_le_bytes(chance))))
}

fn unusable(path: &Path, fault: io::Error) -> Error {
    Error::unavailable(format!("the key file {} cannot be used", path.display())).because(fault)
}
