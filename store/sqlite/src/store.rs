//! One store: the file, its writer thread, and the connections that read.

use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use hygea_store::{Batch, Error, ErrorKind, Key, Result, Snapshot, Store, Stored, Ticket, limits};

use crate::Options;
use crate::catalog::Catalog;
use crate::codec::{self, Dictionary};
use crate::connection::Linked;
use crate::failure::{corrupt, failed};
use crate::network;
use crate::reader::{self, View};
use crate::schema;
use crate::verify::{self, Verified};
use crate::writer::{self, Job, Queue};

/// A store in one SQLite file.
pub struct SqliteStore {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    lock: Mutex<Option<File>>,
}

/// What the writer and the readers share.
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) options: Options,
    pub(crate) queue: Queue,
    catalog: RwLock<Arc<Catalog>>,
    dictionaries: RwLock<HashMap<i64, Arc<Dictionary>>>,
    readers: Mutex<Vec<Linked>>,
    closed: AtomicBool,
}

impl SqliteStore {
    /// Opens the store in a file, or makes it, with the default [`Options`].
    ///
    /// # Errors
    /// As [`SqliteStore::open_with`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Options::default())
    }

    /// Opens the store in a file, or makes it, and starts its writer thread. Beside the file lie its log (`-wal`, `-shm`) and its
    /// lock (`-lock`).
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] where another process or another handle has it open, [`ErrorKind::Foreign`], [`ErrorKind::Version`],
    /// [`ErrorKind::Corrupt`] and the failures of the disk.
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self> {
        let path = path.as_ref().to_owned();
        if let Some(folder) = path.parent() {
            network::check_local(folder)?;
        }
        let lock = lock(&path)?;
        let linked = Linked::open(&path, options.writer_cache)?;
        schema::prepare(&linked.connection)?;
        if let Some(pages) = options.most_pages {
            linked
                .connection
                .pragma_update(None, "max_page_count", pages.max(16))
                .map_err(failed("limit the size of the store"))?;
        }
        let dictionaries = load_dictionaries(&linked, options.compression)?;
        let catalog = Catalog::load(&linked.connection, &dictionaries)?;
        let shared = Arc::new(Shared {
            path,
            queue: Queue::new(options.queue),
            options,
            catalog: RwLock::new(Arc::new(catalog.clone())),
            dictionaries: RwLock::new(dictionaries),
            readers: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let writer = writer::Writer::new(linked, catalog, Arc::clone(&shared))?;
        let thread = thread::Builder::new()
            .name("hygea-store".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| Error::io("start the writer of the store", error))?;
        Ok(Self { shared, writer: Mutex::new(Some(thread)), lock: Mutex::new(Some(lock)) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Checks the whole file: SQLite's own structure, every index against the documents, the feed, the checksum of every body, and the chain of the
    /// audit log. Reads everything; writers go on meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] with the first contradiction, and the failures of the disk.
    pub fn verify(&self) -> Result<Verified> {
        let view = self.view()?;
        let chain = view.verify_audit()?;
        verify::verify(&view, &chain)
    }

    fn view(&self) -> Result<View<'_>> {
        self.shared.check_open()?;
        View::open(&self.shared)
    }

    fn check_running(&self) -> Result<()> {
        self.shared.check_open()
    }
}

impl Store for SqliteStore {
    fn submit(&self, mut batch: Batch) -> Result<Ticket> {
        self.check_running()?;
        batch.prepare()?;
        let catalog = self.shared.catalog();
        let (job, receiver) = Job::new(batch, &catalog, self.shared.options.compression)?;
        self.shared.queue.push(job)?;
        Ok(Ticket::queued(receiver))
    }

    fn note(&self, record: Vec<u8>) -> Result<()> {
        self.check_running()?;
        if record.len() > limits::AUDIT {
            return Err(Error::new(ErrorKind::TooLarge, "an audit record is too long"));
        }
        self.shared.queue.note(record)
    }

    fn flush(&self) -> Result<()> {
        self.check_running()?;
        self.shared.queue.flush()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>> {
        Ok(Box::new(self.view()?))
    }

    fn read(&self, key: &Key) -> Result<Option<Stored>> {
        self.check_running()?;
        let linked = self.shared.reader()?;
        let found = reader::read(&self.shared, &linked, &self.shared.catalog(), key);
        self.shared.give_back(linked);
        Ok(found?.filter(|stored| !stored.deleted))
    }

    fn close(&self) -> Result<()> {
        self.shared.closed.store(true, Ordering::Release);
        let result = self.shared.queue.close();
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let joined = thread.map_or(Ok(()), |thread| thread.join().map_err(|_| writer::poisoned()));
        self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
        result.and(joined)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Who wants to know whether the last records were written calls `close`.
        let _ = self.close();
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({})", self.shared.path.display())
    }
}

impl Shared {
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Closed, "the store is closed"));
        }
        Ok(())
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn publish(&self, catalog: Catalog) {
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalog);
    }

    pub(crate) fn add_dictionary(&self, dictionary: Arc<Dictionary>) {
        let mut dictionaries = self.dictionaries.write().unwrap_or_else(PoisonError::into_inner);
        dictionaries.insert(dictionary.number, dictionary);
    }

    pub(crate) fn dictionaries(&self) -> HashMap<i64, Arc<Dictionary>> {
        self.dictionaries.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A body from its stored form.
    pub(crate) fn body(&self, codec: i64, stored: &[u8]) -> Result<Vec<u8>> {
        if codec == codec::PLAIN {
            return codec::decompress(stored, None);
        }
        let dictionaries = self.dictionaries.read().unwrap_or_else(PoisonError::into_inner);
        let dictionary = dictionaries.get(&codec).cloned();
        drop(dictionaries);
        let dictionary =
            dictionary.ok_or_else(|| corrupt("the compression dictionary of a body is missing"))?;
        codec::decompress(stored, Some(&dictionary))
    }

    /// A connection to read with, one that was given back or a new one.
    pub(crate) fn reader(&self) -> Result<Linked> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match kept {
            Some(linked) => Ok(linked),
            None => {
                let linked = Linked::open(&self.path, self.options.reader_cache)?;
                linked
                    .connection
                    .pragma_update(None, "query_only", true)
                    .map_err(failed("set up a reader"))?;
                Ok(linked)
            }
        }
    }

    pub(crate) fn give_back(&self, linked: Linked) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < self.options.readers_kept && !self.closed.load(Ordering::Acquire) {
            readers.push(linked);
        }
    }
}

fn load_dictionaries(linked: &Linked, level: i32) -> Result<HashMap<i64, Arc<Dictionary>>> {
    let failed = failed("read the compression dictionaries");
    let mut statement = linked
        .connection
        .prepare("SELECT dictionary, content FROM dictionary WHERE length(content) > 0")
        .map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    let mut dictionaries = HashMap::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let (number, content): (i64, Vec<u8>) = (row.get(0).map_err(&failed)?, row.get(1).map_err(&failed)?);
        dictionaries.insert(number, Dictionary::new(number, &content, level)?);
    }
    Ok(dictionaries)
}

/// Takes the lock beside the file. The system gives it free when the process ends, however it ends.
fn lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options.open(&name).map_err(|error| Error::io("open the lock of the store", error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::Locked, "another process has the store open"))
        }
        Err(TryLockError::Error(error)) => Err(Error::io("lock the store", error)),
    }
}
