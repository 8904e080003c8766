//! What every collection of blobs must do.

use std::io::{self, Read, Seek, SeekFrom};

use super::build::kind_of;
use crate::{Blob, Blobs, Digest, ErrorKind};

/// A reader that fails in the middle.
struct Broken(usize);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("broken"));
        }
        let count = buffer.len().min(self.0);
        buffer[..count].fill(7);
        self.0 -= count;
        Ok(count)
    }
}

/// Contents are put, read whole and in parts, found, listed and removed.
pub fn contents_by_digest(blobs: &dyn Blobs) {
    let contents: Vec<Vec<u8>> = [0usize, 1, 5_000, 300_000]
        .iter()
        .map(|length| (0..*length).map(|at| (at % 251) as u8 ^ (*length % 256) as u8).collect())
        .collect();
    for content in &contents {
        let blob = blobs.put(&mut &content[..]).unwrap();
        assert_eq!((blob.digest, blob.length), (Digest::of(content), content.len() as u64));
        assert_eq!(Digest::parse(&blob.digest.to_string()), Some(blob.digest));
        let mut read = Vec::new();
        let mut reader = blobs.open(&blob.digest).unwrap().unwrap();
        assert_eq!(reader.length(), blob.length);
        reader.read_to_end(&mut read).unwrap();
        assert!(read == *content);
        reader.seek(SeekFrom::Start(blob.length / 2)).unwrap();
        read.clear();
        reader.read_to_end(&mut read).unwrap();
        assert!(read == content[content.len() / 2..]);
        for (offset, length) in
            [(0, 10), (1, 0), (4_990, 100), (blob.length, 10), (u64::MAX, usize::MAX), (3, usize::MAX)]
        {
            let part = blobs.read_range(&blob.digest, offset, length).unwrap().unwrap();
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
            let end = start.saturating_add(length).min(content.len());
            assert!(part == content[start..end], "{offset} {length}");
        }
        assert!(blobs.verify(&blob.digest).unwrap());
        assert_eq!(blobs.find(&blob.digest).unwrap().map(|found| found.length), Some(blob.length));
    }
    let again = blobs.put(&mut &contents[2][..]).unwrap();
    let listed = blobs.list(None, 100).unwrap();
    assert_eq!(listed.len(), 4, "equal contents are stored once");
    assert!(listed.windows(2).all(|pair| pair[0].digest < pair[1].digest));
    let mut parts: Vec<Blob> = Vec::new();
    while parts.len() < 4 {
        let part = blobs.list(parts.last().map(|blob| &blob.digest), 1).unwrap();
        assert_eq!(part.len(), 1);
        parts.extend(part);
    }
    assert_eq!(parts, listed);
    assert!(blobs.list(parts.last().map(|blob| &blob.digest), 1).unwrap().is_empty());
    let absent = Digest::of(b"absent");
    assert!(blobs.open(&absent).unwrap().is_none() && blobs.find(&absent).unwrap().is_none());
    assert_eq!(blobs.read_range(&absent, 0, 1).unwrap(), None);
    assert!(!blobs.verify(&absent).unwrap() && !blobs.remove(&absent, None).unwrap());
    assert!(!blobs.remove(&again.digest, Some(again.written)).unwrap(), "too young");
    assert!(blobs.find(&again.digest).unwrap().is_some());
    let mut held = blobs.open(&again.digest).unwrap().unwrap();
    assert!(blobs.remove(&again.digest, Some(again.written + 1)).unwrap());
    assert!(blobs.find(&again.digest).unwrap().is_none());
    let mut read = Vec::new();
    held.read_to_end(&mut read).unwrap();
    assert!(read == contents[2], "who reads is not disturbed");
    assert!(!blobs.remove(&again.digest, None).unwrap());
}

/// A reader that fails leaves nothing.
pub fn a_broken_reader_leaves_nothing(blobs: &dyn Blobs) {
    for length in [0, 10, 400_000] {
        assert_eq!(kind_of(blobs.put(&mut Broken(length))), Some(ErrorKind::Io));
    }
    assert!(blobs.list(None, 10).unwrap().is_empty());
}

/// Several contents at once, some of them equal, some of them there already; a broken one among them.
pub fn several_at_once(blobs: &dyn Blobs) {
    let contents: Vec<Vec<u8>> = (0..150u8).map(|number| vec![number % 100; 1_000]).collect();
    blobs.put(&mut &contents[3][..]).unwrap();
    let mut readers: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let mut readers: Vec<&mut dyn Read> = readers.iter_mut().map(|reader| reader as _).collect();
    let stored = blobs.put_all(&mut readers).unwrap();
    assert!(stored.iter().zip(&contents).all(|(blob, content)| blob.digest == Digest::of(content)));
    assert_eq!(blobs.list(None, 1_000).unwrap().len(), 100);
    assert!(stored.iter().all(|blob| blobs.verify(&blob.digest).unwrap()));
    assert!(blobs.put_all(&mut []).unwrap().is_empty());
    let (mut good, mut broken) = (&b"good"[..], Broken(10));
    assert_eq!(kind_of(blobs.put_all(&mut [&mut good, &mut broken])), Some(ErrorKind::Io));
}

/// Many threads put the same contents and remove them at once; what is there is whole.
pub fn threads_put_and_remove(blobs: &dyn Blobs) {
    std::thread::scope(|scope| {
        for worker in 0..6u8 {
            scope.spawn(move || {
                for round in 0..30u8 {
                    let content = vec![round % 3; 2_000];
                    let digest = Digest::of(&content);
                    if worker == 0 {
                        blobs.remove(&digest, None).unwrap();
                    } else {
                        assert_eq!(blobs.put(&mut &content[..]).unwrap().digest, digest);
                        blobs.verify(&digest).unwrap();
                    }
                }
            });
        }
    });
    for blob in blobs.list(None, 10).unwrap() {
        assert!(blobs.verify(&blob.digest).unwrap());
    }
}
