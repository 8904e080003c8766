//! Blobs in memory, for tests and for services that keep nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::ops::Bound;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use super::{Blob, BlobReader, Blobs, Digest, digest_of, micros};
use crate::{Error, ErrorKind, Result};

/// A content and when it was last put.
type Contents = BTreeMap<Digest, (Arc<[u8]>, i64)>;

/// Blobs that live as long as the process.
#[derive(Default)]
pub struct MemoryBlobs {
    contents: RwLock<Contents>,
}

impl MemoryBlobs {
    /// No blobs yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> Result<RwLockReadGuard<'_, Contents>> {
        self.contents.read().map_err(|_| poisoned())
    }

    fn contents_mut(&self) -> Result<RwLockWriteGuard<'_, Contents>> {
        self.contents.write().map_err(|_| poisoned())
    }
}

fn poisoned() -> Error {
    Error::new(ErrorKind::Poisoned, "a thread panicked while it held the blobs")
}

impl Blobs for MemoryBlobs {
    fn put(&self, content: &mut dyn Read) -> Result<Blob> {
        let mut bytes = Vec::new();
        let (digest, length) = digest_of(content, &mut bytes)?;
        let written = micros(SystemTime::now());
        self.contents_mut()?.entry(digest).or_insert_with(|| (bytes.into(), written)).1 = written;
        Ok(Blob { digest, length, written })
    }

    fn open(&self, digest: &Digest) -> Result<Option<BlobReader>> {
        Ok(self.contents()?.get(digest).map(|(content, _)| BlobReader::memory(Arc::clone(content))))
    }

    fn find(&self, digest: &Digest) -> Result<Option<Blob>> {
        Ok(self.contents()?.get(digest).map(|(content, written)| Blob {
            digest: *digest,
            length: content.len() as u64,
            written: *written,
        }))
    }

    fn remove(&self, digest: &Digest, unless_since: Option<i64>) -> Result<bool> {
        let mut contents = self.contents_mut()?;
        let old = contents
            .get(digest)
            .is_some_and(|(_, written)| unless_since.is_none_or(|since| *written < since));
        Ok(old && contents.remove(digest).is_some())
    }

    fn list(&self, after: Option<&Digest>, limit: usize) -> Result<Vec<Blob>> {
        let start = after.map_or(Bound::Unbounded, |digest| Bound::Excluded(*digest));
        let contents = self.contents()?;
        let listed = contents.range((start, Bound::Unbounded)).take(limit);
        Ok(listed
            .map(|(digest, (content, written))| Blob {
                digest: *digest,
                length: content.len() as u64,
                written: *written,
            })
            .collect())
    }
}

impl fmt::Debug for MemoryBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryBlobs")
    }
}
