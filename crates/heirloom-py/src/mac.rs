//! The key of the MAC: what lets this user's processes believe a pickle stream that lies in a store.
//!
//! Promises: 1. the key lies outside every store, readable by its owner only, made on first use; 2. a wrong, cut or
//! foreign stream is refused before a byte of it is unpickled. Refuses: a key file that others can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use heirloom_core::{Digest, Error, Result};

/// The first bytes of what the MAC covers.
const DOMAIN: &[u8] = b"heirloom pickle-5/1\n";

/// The secret.
#[derive(Clone)]
pub(crate) struct MacKey([u8; 32]);

impl MacKey {
    /// Reads the key at `path`, making it where there is none.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        match Self::load(path) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                make(path).map_err(|fault| unavailable(path, fault))?;
                Self::load(path).map_err(|fault| unavailable(path, fault))
            }
            loaded => loaded.map_err(|fault| unavailable(path, fault)),
        }
    }

    fn load(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if file.metadata()?.mode() & 0o077 != 0 {
            let way_out = format!("others can read it; run `chmod 600 {}`", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, way_out));
        }
        let mut key = [0; 32];
        file.read_exact(&mut key)?;
        Ok(Self(key))
    }

    /// The MAC of a pickle stream that stands for the object `key`, beside buffers of these lengths.
    ///
    /// The buffers hold no code; the engine's digest covers them.
    pub(crate) fn mac(&self, key: &Digest, stream: &[u8], buffers: &[Bytes]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(DOMAIN).update(key.as_bytes());
        hasher.update(&(buffers.len() as u64).to_le_bytes());
        for buffer in buffers {
            hasher.update(&(buffer.len() as u64).to_le_bytes());
        }
        hasher.update(stream);
        *hasher.finalize().as_bytes()
    }

    /// Whether `mac` is the right one; takes the same time whatever is wrong.
    pub(crate) fn holds(&self, mac: &[u8], key: &Digest, stream: &[u8], buffers: &[Bytes]) -> bool {
        let right = blake3::Hash::from_bytes(self.mac(key, stream, buffers));
        mac.try_into().is_ok_and(|mac: [u8; 32]| right == blake3::Hash::from_bytes(mac))
    }
}

/// Makes the key file whole or not at all, however many processes try at once.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut key = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    let draft: PathBuf = folder.join(format!(".key.{}.{:02x}{:02x}", std::process::id(), key[0], key[1]));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(&key[..]).and_then(|()| file.sync_all());
    // A link, not a rename: whoever comes first wins, and the others read what is there.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => Err(fault),
        _ => Ok(()),
    }
}

fn unavailable(path: &Path, fault: io::Error) -> Error {
    Error::unavailable(format!("the key file {} cannot be used", path.display())).because(fault)
}
