//! Large contents kept outside the documents, named by their SHA-256, so that equal contents are stored once.
//!
//! A service puts a blob first and commits the document that names it second. A crash in between leaves a blob that nobody
//! names; a sweeper finds it with [`Blobs::list`] and removes it with [`Blobs::remove`] once it is old enough.

mod folder;
mod memory;

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

pub use folder::FolderBlobs;
pub use memory::MemoryBlobs;

use crate::{Error, ErrorKind, Result};

/// Contents by digest. Calls block; any number of threads may call at once.
pub trait Blobs: Send + Sync + fmt::Debug {
    /// Stores what the reader gives, in constant memory. It is durable when this returns. A content that is there already
    /// is not stored twice, and counts as written now.
    ///
    /// # Errors
    /// The failures of the reader and of the disk; nothing is kept then.
    fn put(&self, content: &mut dyn Read) -> Result<Blob>;

    /// Stores several contents; all are durable when this returns. Waits for the disk once where [`Blobs::put`] would wait for each.
    ///
    /// # Errors
    /// The failures of the readers and of the disk. Some contents may be kept then, as if they had been put by themselves.
    fn put_all(&self, contents: &mut [&mut dyn Read]) -> Result<Vec<Blob>> {
        contents.iter_mut().map(|content| self.put(*content)).collect()
    }

    /// The content, from its beginning.
    ///
    /// # Errors
    /// The failures of the disk.
    fn open(&self, digest: &Digest) -> Result<Option<BlobReader>>;

    /// What is known of a content without reading it.
    ///
    /// # Errors
    /// The failures of the disk.
    fn find(&self, digest: &Digest) -> Result<Option<Blob>>;

    /// At most `length` bytes from `offset`; fewer at the end of the content, none behind it.
    ///
    /// # Errors
    /// The failures of the disk.
    fn read_range(&self, digest: &Digest, offset: u64, length: usize) -> Result<Option<Vec<u8>>> {
        let Some(mut reader) = self.open(digest)? else { return Ok(None) };
        let rest = reader.length().saturating_sub(offset);
        let length = rest.min(u64::try_from(length).unwrap_or(u64::MAX));
        let failed = |error| Error::io("read a range of a blob", error);
        reader.seek(SeekFrom::Start(offset.min(reader.length()))).map_err(failed)?;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        reader.take(length).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    /// Removes a content; false if it is not there, or was written at `unless_since` (microseconds since
    /// 1970-01-01T00:00Z) or later. A put of the same content at the same moment wins.
    ///
    /// # Errors
    /// The failures of the disk.
    fn remove(&self, digest: &Digest, unless_since: Option<i64>) -> Result<bool>;

    /// At most `limit` contents in the order of their digests, after one.
    ///
    /// # Errors
    /// The failures of the disk.
    fn list(&self, after: Option<&Digest>, limit: usize) -> Result<Vec<Blob>>;

    /// Reads a content and compares it with its name; false if it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Digest`] where they differ, and the failures of the disk.
    fn verify(&self, digest: &Digest) -> Result<bool> {
        let Some(mut reader) = self.open(digest)? else { return Ok(false) };
        let (found, _) = digest_of(&mut reader, &mut io::sink())?;
        if found == *digest {
            Ok(true)
        } else {
            Err(Error::new(ErrorKind::Digest, format!("the content of blob {digest} has another digest")))
        }
    }
}

/// What is known of a stored content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its name.
    pub digest: Digest,
    /// Its length in bytes.
    pub length: u64,
    /// When it was last put, in microseconds since 1970-01-01T00:00Z by the clock of the file system.
    pub written: i64,
}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// A digest from its 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of bytes at hand.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(content).into())
    }

    /// Reads the 64 hexadecimal digits that [`fmt::Display`] writes, in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let nibble = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
            b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
            _ => None,
        };
        let mut bytes = [0; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Some(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A stored content that is being read. Removing the blob does not disturb it.
#[derive(Debug)]
pub struct BlobReader {
    source: Source,
    length: u64,
}

#[derive(Debug)]
enum Source {
    File(std::fs::File),
    Memory(io::Cursor<Arc<[u8]>>),
}

impl BlobReader {
    /// A reader of a file.
    #[must_use]
    pub fn file(file: std::fs::File, length: u64) -> Self {
        Self { source: Source::File(file), length }
    }

    /// A reader of bytes in memory.
    #[must_use]
    pub fn memory(content: Arc<[u8]>) -> Self {
        let length = content.len() as u64;
        Self { source: Source::Memory(io::Cursor::new(content)), length }
    }

    /// The length of the whole content in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::File(file) => file.read(buffer),
            Source::Memory(cursor) => cursor.read(buffer),
        }
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match &mut self.source {
            Source::File(file) => file.seek(position),
            Source::Memory(cursor) => cursor.seek(position),
        }
    }
}

/// Copies a content and gives its digest and length.
fn digest_of(content: &mut dyn Read, target: &mut dyn io::Write) -> Result<(Digest, u64)> {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    let mut length = 0u64;
    loop {
        let count = match content.read(&mut buffer) {
            Ok(0) => return Ok((Digest(hasher.finalize().into()), length)),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Error::new(ErrorKind::Io, "read the content of a blob").with_source(error));
            }
        };
        let part = buffer.get(..count).unwrap_or_default();
        hasher.update(part);
        target.write_all(part).map_err(|error| Error::io("write a blob", error))?;
        length = length.saturating_add(part.len() as u64);
    }
}

/// A moment in microseconds since 1970-01-01T00:00Z.
fn micros(time: std::time::SystemTime) -> i64 {
    match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, i64::wrapping_neg),
    }
}
