//! A folder of stores: `demo/fhir/r4` is the file `demo/fhir/r4.store` in it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use hygea_store::{Error, ErrorKind, Result, Store, StoreName, Stores};

use crate::{Options, SqliteStore};

const ENDING: &str = "store";

/// The stores in a folder, each in its own file.
#[derive(Debug)]
pub struct SqliteStores {
    root: PathBuf,
    options: Options,
    stores: Mutex<HashMap<StoreName, Arc<SqliteStore>>>,
}

impl SqliteStores {
    /// Opens a folder, and makes it if it is not there. Stores are opened when they are asked for.
    ///
    /// # Errors
    /// The failures of the disk.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(root, Options::default())
    }

    /// Opens a folder whose stores get these options.
    ///
    /// # Errors
    /// The failures of the disk.
    pub fn open_with(root: impl Into<PathBuf>, options: Options) -> Result<Self> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|error| Error::io("open the folder of the stores", error))?;
        Ok(Self { root, options, stores: Mutex::default() })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The store of this name as its own type, made if there is none.
    ///
    /// # Errors
    /// As [`Stores::open`].
    pub fn open_store(&self, name: &StoreName) -> Result<Arc<SqliteStore>> {
        let mut stores = self.stores()?;
        if let Some(store) = stores.get(name) {
            return Ok(Arc::clone(store));
        }
        let path = self.path_of(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Error::io("make the folder of a store", error))?;
        }
        let store = Arc::new(SqliteStore::open_with(path, self.options.clone())?);
        stores.insert(name.clone(), Arc::clone(&store));
        Ok(store)
    }

    fn path_of(&self, name: &StoreName) -> PathBuf {
        // Parts of a name are letters, digits, '-', '_' and inner dots: none leads out of the folder.
        let mut path = self.root.clone();
        path.extend(name.parts());
        path.as_mut_os_string().push(format!(".{ENDING}"));
        path
    }

    fn stores(&self) -> Result<MutexGuard<'_, HashMap<StoreName, Arc<SqliteStore>>>> {
        self.stores
            .lock()
            .map_err(|_| Error::new(ErrorKind::Poisoned, "a thread panicked while it held the stores"))
    }
}

impl Stores for SqliteStores {
    fn open(&self, name: &StoreName) -> Result<Arc<dyn Store>> {
        let store: Arc<dyn Store> = self.open_store(name)?;
        Ok(store)
    }

    fn exists(&self, name: &StoreName) -> Result<bool> {
        self.path_of(name).try_exists().map_err(|error| Error::io("look for a store", error))
    }

    fn remove(&self, name: &StoreName) -> Result<bool> {
        let mut stores = self.stores()?;
        let path = self.path_of(name);
        match stores.remove(name) {
            // What could not be written any more is about to be removed.
            Some(store) => drop(store.close()),
            // Another process may have it open: taking its lock tells.
            None if self.exists(name)? => drop(SqliteStore::open_with(&path, self.options.clone())?),
            None => return Ok(false),
        }
        let mut removed = false;
        // The file itself goes last: a crash in between leaves a store that can be removed again.
        for suffix in ["-wal", "-shm", "-lock", ""] {
            let mut file = path.clone();
            file.as_mut_os_string().push(suffix);
            match fs::remove_file(&file) {
                Ok(()) => removed = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("remove a store", error)),
            }
        }
        self.remove_empty_folders(&path);
        Ok(removed)
    }

    fn list(&self) -> Result<Vec<StoreName>> {
        let mut names = Vec::new();
        let mut folders = vec![(self.root.clone(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            let failed = |error| Error::io("list the stores", error);
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = entry.path();
                let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
                if entry.file_type().map_err(failed)?.is_dir() {
                    folders.push((path, format!("{prefix}{name}/")));
                } else if let Some(stem) = name.strip_suffix(ENDING).and_then(|stem| stem.strip_suffix('.')) {
                    names.extend(StoreName::parse(&format!("{prefix}{stem}")));
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

impl SqliteStores {
    fn remove_empty_folders(&self, path: &Path) {
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.root) {
            // A folder with other stores in it stays.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}
