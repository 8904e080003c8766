//! Blobs as files in a folder: `ab/ab…` by digest, written to `temporary/` first, synchronised, then renamed.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::{Blob, BlobReader, Blobs, Digest, digest_of, micros};
use crate::{Error, ErrorKind, Result};

/// Where a blob is written before it has its name.
const TEMPORARY: &str = "temporary";
/// Age from which an unfinished file is one that a crash has left.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Files that are open at once while several contents are put.
const AT_ONCE: usize = 64;

/// Blobs in a folder of files.
#[derive(Debug)]
pub struct FolderBlobs {
    root: PathBuf,
    counter: AtomicU64,
    /// Held while a name appears, is renewed or disappears, so that a sweeper never removes what was just put again.
    names: Mutex<()>,
}

impl FolderBlobs {
    /// Opens a folder, makes it if it is not there, and removes unfinished files older than a day.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`] and the other failures of the disk.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        let temporary = root.join(TEMPORARY);
        let failed = |error| Error::io(format!("open the folder of blobs {}", root.display()), error);
        fs::create_dir_all(&temporary).map_err(failed)?;
        // All folders at once, so that no later name waits for the folder above to be durable.
        let mut made = false;
        for byte in 0..=u8::MAX {
            match fs::create_dir(root.join(format!("{byte:02x}"))) {
                Ok(()) => made = true,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        if made {
            synchronise_folder(&root).map_err(failed)?;
        }
        for file in fs::read_dir(&temporary).map_err(failed)? {
            let file = file.map_err(failed)?;
            let age = file
                .metadata()
                .and_then(|found| found.modified())
                .map(|time| time.elapsed().unwrap_or_default());
            if age.is_ok_and(|age| age > ABANDONED) {
                fs::remove_file(file.path()).map_err(failed)?;
            }
        }
        Ok(Self { root, counter: AtomicU64::new(0), names: Mutex::new(()) })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn folder_of(&self, digest: &Digest) -> PathBuf {
        self.root.join(format!("{:02x}", digest.as_bytes()[0]))
    }

    fn path_of(&self, digest: &Digest) -> PathBuf {
        self.folder_of(digest).join(digest.to_string())
    }

    fn names(&self) -> MutexGuard<'_, ()> {
        // The lock guards no data of its own, so a panic elsewhere leaves nothing half done.
        self.names.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn temporary(&self) -> PathBuf {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let started = micros(SystemTime::now());
        self.root.join(TEMPORARY).join(format!("{}-{started}-{number}", process::id()))
    }

    /// Writes a content to a file without a name. It is not durable yet.
    fn write(&self, content: &mut dyn Read) -> Result<Unnamed> {
        let path = self.temporary();
        let failed = |error| Error::io("write a blob", error);
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        let removed = RemovedOnDrop(Some(path));
        let (digest, length) = digest_of(content, &mut file)?;
        Ok(Unnamed { file, removed, digest, length })
    }

    /// Gives a durable file its name, or renews the file that has it. The name is durable when its folder is.
    fn name(&self, unnamed: Unnamed) -> io::Result<Blob> {
        let Unnamed { file, mut removed, digest, length } = unnamed;
        drop(file);
        let path = self.path_of(&digest);
        let _names = self.names();
        let written = match OpenOptions::new().write(true).open(&path) {
            Ok(existing) => {
                let now = SystemTime::now();
                existing.set_modified(now)?;
                now
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(unnamed) = &removed.0 {
                    fs::rename(unnamed, &path)?;
                }
                removed.0 = None;
                fs::metadata(&path)?.modified()?
            }
            Err(error) => return Err(error),
        };
        Ok(Blob { digest, length, written: micros(written) })
    }
}

/// Makes the names in a folder durable. Windows has no such call; there a rename is journaled by the file system.
fn synchronise_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A content that is written and has no name yet.
struct Unnamed {
    file: File,
    removed: RemovedOnDrop,
    digest: Digest,
    length: u64,
}

/// Removes a file that did not get its name.
struct RemovedOnDrop(Option<PathBuf>);

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What cannot be removed now is removed by a later open.
            let _ = fs::remove_file(path);
        }
    }
}

impl Blobs for FolderBlobs {
    fn put(&self, content: &mut dyn Read) -> Result<Blob> {
        let mut stored = self.put_all(&mut [content])?;
        stored.pop().ok_or_else(|| Error::new(ErrorKind::Io, "a blob was not written"))
    }

    fn put_all(&self, contents: &mut [&mut dyn Read]) -> Result<Vec<Blob>> {
        let failed = |error| Error::io("write a blob", error);
        let mut stored = Vec::with_capacity(contents.len());
        for part in contents.chunks_mut(AT_ONCE) {
            let mut written = Vec::with_capacity(part.len());
            for content in part {
                written.push(self.write(*content)?);
            }
            // The first makes the journal of the file system durable, and with it most of what the others wait for.
            for unnamed in &written {
                unnamed.file.sync_all().map_err(failed)?;
            }
            let mut folders = BTreeSet::new();
            for unnamed in written {
                let blob = self.name(unnamed).map_err(failed)?;
                folders.insert(self.folder_of(&blob.digest));
                stored.push(blob);
            }
            // Also where the name was there before: another thread may have given it a moment ago.
            for folder in folders {
                synchronise_folder(&folder).map_err(failed)?;
            }
        }
        Ok(stored)
    }

    fn open(&self, digest: &Digest) -> Result<Option<BlobReader>> {
        let failed = |error| Error::io(format!("open blob {digest}"), error);
        match File::open(self.path_of(digest)) {
            Ok(file) => {
                let length = file.metadata().map_err(failed)?.len();
                Ok(Some(BlobReader::file(file, length)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn find(&self, digest: &Digest) -> Result<Option<Blob>> {
        described(*digest, &self.path_of(digest))
    }

    fn remove(&self, digest: &Digest, unless_since: Option<i64>) -> Result<bool> {
        let path = self.path_of(digest);
        let _names = self.names();
        match described(*digest, &path)? {
            Some(blob) if unless_since.is_none_or(|since| blob.written < since) => {}
            _ => return Ok(false),
        }
        fs::remove_file(&path).map_err(|error| Error::io(format!("remove blob {digest}"), error))?;
        Ok(true)
    }

    fn list(&self, after: Option<&Digest>, limit: usize) -> Result<Vec<Blob>> {
        let first = after.map_or(0, |digest| digest.as_bytes()[0]);
        let mut listed = Vec::new();
        for byte in first..=u8::MAX {
            let room = limit.saturating_sub(listed.len());
            if room == 0 {
                break;
            }
            let mut digests = digests_in(&self.root.join(format!("{byte:02x}")))?;
            digests.retain(|digest| after.is_none_or(|after| digest > after));
            digests.sort_unstable();
            for digest in digests.into_iter().take(room) {
                listed.extend(described(digest, &self.path_of(&digest))?);
            }
        }
        Ok(listed)
    }
}

fn described(digest: Digest, path: &Path) -> Result<Option<Blob>> {
    let failed = |error| Error::io(format!("look at blob {digest}"), error);
    match fs::metadata(path) {
        Ok(found) => {
            let written = micros(found.modified().map_err(failed)?);
            Ok(Some(Blob { digest, length: found.len(), written }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn digests_in(folder: &Path) -> Result<Vec<Digest>> {
    let failed = |error| Error::io(format!("list {}", folder.display()), error);
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut digests = Vec::new();
    for file in files {
        digests.extend(file.map_err(failed)?.file_name().to_str().and_then(Digest::parse));
    }
    Ok(digests)
}
