//! Whether a folder lies on a network file system, where SQLite's WAL and kernel locks cannot be relied on.
//!
//! Promises: names the kind, so that the warning can. Refuses: deciding what to do about it.

use std::path::Path;

/// File systems of the network, by the magic number that `statfs` gives on Linux.
const NETWORK: [(i64, &str); 8] = [
    (0x6969, "NFS"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x517B, "SMB"),
    (0x5346_414F, "AFS"),
    (0x00C3_6400, "Ceph"),
    (0x0BD0_0BD0, "Lustre"),
    (0x0102_1997, "9P"),
];

/// The kind of network file system that `folder` lies on, if it does.
#[cfg(target_os = "linux")]
pub(super) fn network_kind(folder: &Path) -> Option<&'static str> {
    let stat = rustix::fs::statfs(folder).ok()?;
    kind_of(stat.f_type)
}

/// Elsewhere the kind cannot be told; a store on a network file system is then taken for a local one.
#[cfg(not(target_os = "linux"))]
pub(super) fn network_kind(_folder: &Path) -> Option<&'static str> {
    None
}

fn kind_of(magic: i64) -> Option<&'static str> {
    // Some kernels give the 32-bit number with its sign.
    let magic = magic & 0xFFFF_FFFF;
    NETWORK.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_named() {
        assert_eq!(kind_of(0x6969), Some("NFS"));
        assert_eq!(kind_of(i64::from(0xFF53_4D42_u32.cast_signed())), Some("CIFS"));
        assert_eq!(kind_of(0xEF53), None, "ext4");
    }
}
