//! The write-ahead log needs memory that all connections share, which a disk on the network does not give. Such a disk is refused
//! where the system says that it is one (Linux).

use std::path::Path;

use hygea_store::{Error, ErrorKind, Result};

/// Types of file systems on the network, as Linux names them.
const NETWORK: [&str; 17] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.sshfs",
    "gfs2",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// Refuses a folder on a network disk.
pub(crate) fn check_local(folder: &Path) -> Result<()> {
    let (Ok(mounts), Ok(folder)) = (std::fs::read_to_string("/proc/self/mountinfo"), folder.canonicalize())
    else {
        // Not Linux, or a folder that will fail by itself.
        return Ok(());
    };
    match folder.to_str().and_then(|folder| type_of(&mounts, folder)) {
        Some(name) if NETWORK.contains(&name) => Err(Error::new(
            ErrorKind::Io,
            format!("the folder is on a network disk ({name}); a store needs a local one"),
        )),
        _ => Ok(()),
    }
}

/// Type of the file system that holds a folder: that of the longest mount point above it, the last one where several are equal.
fn type_of<'a>(mounts: &'a str, folder: &str) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut fields = line.split(' ');
        let (Some(point), Some(name)) =
            (fields.nth(4), line.split(" - ").nth(1).and_then(|rest| rest.split(' ').next()))
        else {
            continue;
        };
        let point = point.replace("\\040", " ");
        let above = folder
            .strip_prefix(point.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if above && best.is_none_or(|(length, _)| point.len() >= length) {
            best = Some((point.len(), name));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:25 / /srv/data rw shared:2 - nfs4 server:/data rw
31 30 254:2 / /srv/data/fast rw - xfs /dev/vdb rw
32 22 0:26 / /mnt/with\\040space rw - cifs //server/share rw
33 22 0:27 / /mnt/twice rw - nfs server:/a rw
34 33 0:28 / /mnt/twice rw - tmpfs tmpfs rw";

    #[test]
    fn the_nearest_mount_point_decides() {
        for (folder, wanted) in [
            ("/", "ext4"),
            ("/home/x", "ext4"),
            ("/srv/data", "nfs4"),
            ("/srv/data/a/b", "nfs4"),
            ("/srv/database", "ext4"),
            ("/srv/data/fast/x", "xfs"),
            ("/mnt/with space/x", "cifs"),
            ("/mnt/twice/x", "tmpfs"),
        ] {
            assert_eq!(type_of(MOUNTS, folder), Some(wanted), "{folder}");
        }
        assert_eq!(type_of("garbage\n\n - ", "/x"), None);
    }

    #[test]
    fn a_local_folder_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        check_local(folder.path()).unwrap();
        check_local(&folder.path().join("absent")).unwrap();
    }
}
