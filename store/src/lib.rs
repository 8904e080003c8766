//! What every Hygea store promises: documents, typed index values, one commit for all of them, consistent reads.
//!
//! ```
//! use hygea_store::{Batch, Entry, Key, MemoryStore, Plan, Query, Store, Write};
//!
//! let store = MemoryStore::new();
//! let key = Key::new("Patient", "p1");
//! let index = vec![Entry::token("gender", Some("http://hl7.org/fhir/administrative-gender"), "female")];
//! store.commit(Batch::at(1_700_000_000_000_000).write(Write::put(key, br#"{"gender":"female"}"#.to_vec(), index)))?;
//! let page = store.snapshot()?.search(&Query::new("Patient", Plan::code("gender", "female")))?;
//! assert_eq!(page.rows[0].version, 1);
//! # Ok::<(), hygea_store::Error>(())
//! ```
//!
//! # Overview
//!
//! - [`Store`] is the data of one service: [`Store::commit`] writes a [`Batch`], [`Store::snapshot`] reads.
//! - [`Batch`] holds [`Write`]s, [`Guard`]s and audit records; all of it becomes durable, or none.
//! - [`Entry`] is one value under which a document is found; [`Value`] lists the types, [`Decimal`] is the exact number.
//! - [`Plan`] is the closed algebra of conditions, [`Query`] adds order and page, [`Snapshot`] answers with [`Stored`] documents.
//! - [`Change`] is a row of the feed, [`AuditRecord`] one of the hash-chained audit log.
//! - [`Stores`] opens, lists and removes stores by [`StoreName`]; [`Blobs`] keeps large contents by their SHA-256.
//! - [`MemoryStore`], [`MemoryStores`], [`MemoryBlobs`] and [`FolderBlobs`] are here; `hygea-store-sqlite` is the embedded default.
//!
//! # It is, it is not
//!
//! It is blocking and starts no runtime; a store may own one writer thread. It knows no health standard: it never looks into
//! a body, it does not fold text and does not parse dates. It does not encrypt and does not replicate.
//!
//! # Limits
//!
//! A kind or parameter name is at most 255 bytes, an id at most 4,096, a body at most 512 MiB, a plan at most 10,000 nodes and
//! 32 levels, a page at most 100,000 rows; see [`limits`]. Numbers keep 40 significant digits.
//!
//! # Features
//!
//! - `testing`: module `testing`, the suite that every store must pass, as functions over a store.
//! - `sql`: module `sql`, the compiler from [`Plan`] to SQL that the SQLite and PostgreSQL stores share.

mod audit;
mod batch;
mod blob;
mod decimal;
mod entry;
mod error;
mod key;
pub mod limits;
mod memory;
mod name;
mod plan;
pub mod position;
mod query;
mod store;

pub use audit::{AuditChain, AuditRecord};
pub use batch::{Batch, Commit, Expect, Guard, Write, Written};
pub use blob::{Blob, BlobReader, Blobs, Digest, FolderBlobs, MemoryBlobs};
pub use compact_str::CompactString;
pub use decimal::{Decimal, Rounding};
pub use entry::{Entry, Reference, Text, Value};
pub use error::{Error, ErrorKind, Result};
pub use key::Key;
pub use memory::{MemoryStore, MemoryStores};
pub use name::StoreName;
pub use plan::{Match, Plan, Range, ReferenceTest, TextTest, UriTest};
pub use query::{
    Cursor, Direction, History, HistoryScope, Hits, MissingValues, Query, Selection, Sort, SortKey,
};
pub use store::{Change, Operation, RowId, Snapshot, Store, Stored, Stores, Ticket};

#[cfg(feature = "sql")]
pub mod sql;
#[cfg(feature = "testing")]
pub mod testing;
