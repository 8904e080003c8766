//! The suite on the stores and blobs of this crate.
#![allow(clippy::unwrap_used, missing_docs, unused_crate_dependencies, reason = "tests fail by panicking")]

use hygea_store::testing::{blobs, stores};
use hygea_store::{FolderBlobs, MemoryBlobs, MemoryStore, MemoryStores, Store};

fn open() -> ((), Box<dyn Store>) {
    ((), Box::new(MemoryStore::new()))
}

hygea_store::suite!(open);

#[test]
fn stores_by_name() {
    stores::stores_by_name(&MemoryStores::new());
}

#[test]
fn contents_by_digest() {
    blobs::contents_by_digest(&MemoryBlobs::new());
    let folder = tempfile::tempdir().unwrap();
    blobs::contents_by_digest(&FolderBlobs::open(folder.path().join("blobs")).unwrap());
}

#[test]
fn a_broken_reader_leaves_nothing() {
    blobs::a_broken_reader_leaves_nothing(&MemoryBlobs::new());
    let folder = tempfile::tempdir().unwrap();
    blobs::a_broken_reader_leaves_nothing(&FolderBlobs::open(folder.path()).unwrap());
    assert_eq!(std::fs::read_dir(folder.path().join("temporary")).unwrap().count(), 0);
}

#[test]
fn several_at_once() {
    blobs::several_at_once(&MemoryBlobs::new());
    let folder = tempfile::tempdir().unwrap();
    blobs::several_at_once(&FolderBlobs::open(folder.path()).unwrap());
    assert_eq!(std::fs::read_dir(folder.path().join("temporary")).unwrap().count(), 0);
}

#[test]
fn threads_put_and_remove() {
    blobs::threads_put_and_remove(&MemoryBlobs::new());
    let folder = tempfile::tempdir().unwrap();
    blobs::threads_put_and_remove(&FolderBlobs::open(folder.path()).unwrap());
}

#[test]
fn a_damaged_blob_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let stored = FolderBlobs::open(folder.path()).unwrap();
    let digest = hygea_store::Blobs::put(&stored, &mut &b"content"[..]).unwrap().digest;
    let path = folder.path().join(format!("{:02x}", digest.as_bytes()[0])).join(digest.to_string());
    std::fs::write(path, b"c0ntent").unwrap();
    let error = hygea_store::Blobs::verify(&stored, &digest).unwrap_err();
    assert_eq!(error.kind(), hygea_store::ErrorKind::Digest);
}
