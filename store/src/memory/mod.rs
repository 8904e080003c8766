//! The store in memory: every rule of the contract with no file. For tests, for services that keep nothing, and as the plain
//! reading against which the other stores are compared.

mod evaluate;
mod state;
mod view;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{Batch, Error, ErrorKind, Result, Snapshot, Store, StoreName, Stores, Ticket, limits};
use state::State;

/// A store that lives as long as the process.
///
/// Codes, ids and references are indexed; every other condition looks at each document of the kind.
#[derive(Default)]
pub struct MemoryStore {
    state: RwLock<State>,
    closed: AtomicBool,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> Result<RwLockReadGuard<'_, State>> {
        self.check_open()?;
        self.state.read().map_err(|_| poisoned())
    }

    fn state_mut(&self) -> Result<RwLockWriteGuard<'_, State>> {
        self.check_open()?;
        self.state.write().map_err(|_| poisoned())
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Closed, "the store is closed"));
        }
        Ok(())
    }
}

fn poisoned() -> Error {
    Error::new(ErrorKind::Poisoned, "a thread panicked while it held the store")
}

impl Store for MemoryStore {
    fn submit(&self, mut batch: Batch) -> Result<Ticket> {
        batch.prepare()?;
        Ok(Ticket::ready(self.state_mut()?.apply(batch)))
    }

    fn note(&self, record: Vec<u8>) -> Result<()> {
        if record.len() > limits::AUDIT {
            return Err(Error::new(ErrorKind::TooLarge, "an audit record is too long"));
        }
        self.state_mut()?.append_audit(record);
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        self.check_open()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        let mut state = self.state_mut()?;
        Ok(Box::new(view::View::open(self, &mut state)))
    }

    fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

/// Stores in memory by name.
#[derive(Debug, Default)]
pub struct MemoryStores {
    stores: Mutex<BTreeMap<StoreName, Arc<MemoryStore>>>,
}

impl MemoryStores {
    /// No stores yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn stores(&self) -> Result<MutexGuard<'_, BTreeMap<StoreName, Arc<MemoryStore>>>> {
        self.stores.lock().map_err(|_| poisoned())
    }
}

impl Stores for MemoryStores {
    fn open(&self, name: &StoreName) -> Result<Arc<dyn Store>> {
        let mut stores = self.stores()?;
        let store = stores.entry(name.clone()).or_default();
        Ok(Arc::<MemoryStore>::clone(store))
    }

    fn exists(&self, name: &StoreName) -> Result<bool> {
        Ok(self.stores()?.contains_key(name))
    }

    fn remove(&self, name: &StoreName) -> Result<bool> {
        match self.stores()?.remove(name) {
            Some(store) => store.close().map(|()| true),
            None => Ok(false),
        }
    }

    fn list(&self) -> Result<Vec<StoreName>> {
        Ok(self.stores()?.keys().cloned().collect())
    }
}
