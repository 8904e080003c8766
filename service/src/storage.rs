//! Where an engine keeps its data: a store and a place for blobs for each service, given by the caller.
//!
//! The engine never names a concrete store (ARCHITECTURE.md, "Arrows"): the program that embeds it decides.

use hygea_store::{Blobs, FolderBlobs, MemoryBlobs, MemoryStores, Result, StoreName, Stores};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The stores and blobs of one engine.
pub trait Storage: Send + Sync + fmt::Debug {
    /// The stores, by name.
    fn stores(&self) -> &dyn Stores;

    /// The blobs that go with the store of this name.
    ///
    /// # Errors
    /// The failures of the disk.
    fn blobs(&self, name: &StoreName) -> Result<Arc<dyn Blobs>>;

    /// Removes the store of this name and its blobs for good.
    ///
    /// # Errors
    /// The failures of the disk.
    fn remove(&self, name: &StoreName) -> Result<()>;
}

/// Everything in memory, for tests and for data that need not outlive the process.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    stores: MemoryStores,
    blobs: Mutex<HashMap<StoreName, Arc<MemoryBlobs>>>,
}

impl MemoryStorage {
    /// Nothing stored yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Storage for MemoryStorage {
    fn stores(&self) -> &dyn Stores {
        &self.stores
    }

    fn blobs(&self, name: &StoreName) -> Result<Arc<dyn Blobs>> {
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let of_store = blobs.entry(name.clone()).or_default();
        Ok(Arc::clone(of_store) as _)
    }

    fn remove(&self, name: &StoreName) -> Result<()> {
        self.stores.remove(name)?;
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }
}

/// Stores of any kind, with the blobs of each in a folder of its own below `root`.
#[derive(Debug)]
pub struct FolderStorage<S> {
    stores: S,
    root: PathBuf,
}

impl<S: Stores> FolderStorage<S> {
    /// Stores beside a folder that holds nothing but blobs; it is made when the first one is stored.
    pub fn new(stores: S, root: impl Into<PathBuf>) -> Self {
        Self { stores, root: root.into() }
    }

    fn folder(&self, name: &StoreName) -> PathBuf {
        // Parts of names are plain path components; the suffix keeps `a` and `a/b` apart.
        let mut folder = self.root.clone();
        folder.extend(name.parts().map(|part| format!("{part}.store")));
        folder.join("blobs")
    }
}

impl<S: Stores> Storage for FolderStorage<S> {
    fn stores(&self) -> &dyn Stores {
        &self.stores
    }

    fn blobs(&self, name: &StoreName) -> Result<Arc<dyn Blobs>> {
        Ok(Arc::new(FolderBlobs::open(self.folder(name))?))
    }

    fn remove(&self, name: &StoreName) -> Result<()> {
        self.stores.remove(name)?;
        match std::fs::remove_dir_all(self.folder(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(hygea_store::Error::io("remove the blobs of a store", error))
            }
            _ => Ok(()),
        }
    }
}
