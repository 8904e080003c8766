//! What is written at once. A batch is atomic: every guard and expectation holds and all of it is durable, or nothing of it.

use std::fmt;

use crate::{Entry, Error, ErrorKind, Key, Result, Selection, Value, limits, name::check_name};

/// Writes, conditions and audit records that become durable together.
///
/// Writes are applied in order, so that a later one sees an earlier one of the same batch; guards are evaluated before the first.
#[derive(Default)]
pub struct Batch {
    /// The caller's clock in microseconds since 1970-01-01T00:00Z. The store never goes back: a document gets the later of this
    /// and the newest time it has given.
    pub at: i64,
    /// Conditions on what is stored, checked by the writer in the same transaction.
    pub guards: Vec<Guard>,
    /// The writes.
    pub writes: Vec<Write>,
    /// Audit records, appended to the audit log in this order.
    pub audit: Vec<Vec<u8>>,
}

/// One change of one document.
#[non_exhaustive]
pub enum Write {
    /// Creates a document or gives it its next version. All index values of the former version are replaced.
    Put {
        /// Which document.
        key: Key,
        /// The bytes that are given back; the store never looks into them.
        body: Vec<u8>,
        /// Under what it is found.
        index: Vec<Entry>,
        /// What must be there before.
        expect: Expect,
    },
    /// Ends a document: its next version is a tombstone and no search finds it. Its history stays. Where there is no live
    /// document nothing changes.
    Delete {
        /// Which document.
        key: Key,
        /// What must be there before.
        expect: Expect,
    },
    /// Removes a document and all its versions for good. A later put starts again at version 1. The feed keeps a row
    /// that says so.
    Purge {
        /// Which document.
        key: Key,
        /// What must be there before.
        expect: Expect,
    },
    /// Removes all versions but the newest one for good.
    PurgeHistory {
        /// Which document.
        key: Key,
        /// What must be there before.
        expect: Expect,
    },
}

/// The state that a write wants to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expect {
    /// Anything, or nothing.
    #[default]
    Any,
    /// No live document: never there, or deleted.
    Absent,
    /// A live document of any version.
    Exists,
    /// A live document of this version.
    Version(u64),
}

/// A condition on the whole store, for conditional operations that must not race.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Guard {
    /// No document is selected.
    None(Selection),
    /// Exactly this document is selected.
    Only(Selection, Key),
    /// The document is in the expected state, without being written.
    Holds(Key, Expect),
}

/// What a batch has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The newest sequence number of the feed when the batch was applied. A snapshot opened from now on has at least it.
    pub sequence: u64,
    /// One per write, in their order.
    pub results: Vec<Written>,
}

/// What a write has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The version that the document has now, 0 where there is none.
    pub version: u64,
    /// Whether there was no live document before a put.
    pub created: bool,
    /// Whether anything changed; false for deleting what is not there.
    pub changed: bool,
    /// Time of that version in microseconds, 0 where there is none.
    pub modified: i64,
}

impl Batch {
    /// An empty batch at a time in microseconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn at(at: i64) -> Self {
        Self { at, ..Self::default() }
    }

    /// The batch with one more write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// The batch with one more guard.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    /// The batch with one more audit record.
    #[must_use]
    pub fn audit(mut self, record: Vec<u8>) -> Self {
        self.audit.push(record);
        self
    }

    /// Checks names, sizes and counts against [`limits`], and exchanges the ends of index values whose low end is above the high
    /// end, as every store does before it takes a batch.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`], [`ErrorKind::Name`], and those of [`Plan::check`](crate::Plan::check).
    pub fn prepare(&mut self) -> Result<()> {
        if self.writes.len() > limits::WRITES {
            return Err(too_large("a batch has too many writes"));
        }
        if self.audit.iter().any(|record| record.len() > limits::AUDIT) {
            return Err(too_large("an audit record is too long"));
        }
        for guard in &self.guards {
            match guard {
                Guard::None(selection) => selection.check()?,
                Guard::Only(selection, key) => {
                    selection.check()?;
                    check_key(key)?;
                }
                Guard::Holds(key, _) => check_key(key)?,
            }
        }
        self.writes.iter_mut().try_for_each(Write::prepare)
    }
}

fn too_large(context: &str) -> Error {
    Error::new(ErrorKind::TooLarge, context)
}

fn check_key(key: &Key) -> Result<()> {
    check_name(key.kind(), "kind")?;
    if key.id().is_empty() || key.id().len() > limits::ID {
        return Err(too_large("an id is empty or too long"));
    }
    Ok(())
}

fn check_value(value: &Value) -> Result<()> {
    let length = |text: &Option<compact_str::CompactString>| text.as_ref().map_or(0, |text| text.len());
    let longest = match value {
        Value::Token { system, code } => code.len().max(length(system)),
        Value::Text(text) => text.folded.len().max(text.exact.len()),
        Value::Date { .. } | Value::Number { .. } => 0,
        Value::Quantity { system, unit, .. } => length(system).max(length(unit)),
        Value::Reference(reference) => {
            if let Some(kind) = &reference.kind {
                check_name(kind, "kind")?;
            }
            reference.id.len().max(length(&reference.base)).max(length(&reference.version))
        }
        Value::Uri(uri) => uri.len(),
    };
    if longest > limits::TEXT { Err(too_large("a text of an index value is too long")) } else { Ok(()) }
}

impl Write {
    /// A put that expects nothing.
    #[must_use]
    pub fn put(key: Key, body: Vec<u8>, index: Vec<Entry>) -> Self {
        Self::Put { key, body, index, expect: Expect::Any }
    }

    /// A delete that expects nothing.
    #[must_use]
    pub fn delete(key: Key) -> Self {
        Self::Delete { key, expect: Expect::Any }
    }

    /// The same write with an expectation.
    #[must_use]
    pub fn expect(mut self, wanted: Expect) -> Self {
        match &mut self {
            Self::Put { expect, .. }
            | Self::Delete { expect, .. }
            | Self::Purge { expect, .. }
            | Self::PurgeHistory { expect, .. } => *expect = wanted,
        }
        self
    }

    /// The document that is written.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. }
            | Self::Delete { key, .. }
            | Self::Purge { key, .. }
            | Self::PurgeHistory { key, .. } => key,
        }
    }

    fn prepare(&mut self) -> Result<()> {
        check_key(self.key())?;
        let Self::Put { body, index, .. } = self else { return Ok(()) };
        if body.len() > limits::BODY {
            return Err(too_large("a body is too long"));
        }
        if index.len() > limits::ENTRIES {
            return Err(too_large("a document has too many index values"));
        }
        for entry in index {
            check_name(&entry.parameter, "parameter")?;
            check_value(&entry.value)?;
            entry.value.put_ends_in_order();
        }
        Ok(())
    }

    /// What must be there before.
    #[must_use]
    pub fn expectation(&self) -> Expect {
        match self {
            Self::Put { expect, .. }
            | Self::Delete { expect, .. }
            | Self::Purge { expect, .. }
            | Self::PurgeHistory { expect, .. } => *expect,
        }
    }
}

impl Expect {
    /// Whether a live document of this version (none: no live document) is what is expected.
    #[must_use]
    pub fn holds(self, live: Option<u64>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => live.is_none(),
            Self::Exists => live.is_some(),
            Self::Version(version) => live == Some(version),
        }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("at", &self.at)
            .field("guards", &self.guards.len())
            .field("writes", &self.writes)
            .field("audit", &self.audit.len())
            .finish()
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Put { .. } => "Put",
            Self::Delete { .. } => "Delete",
            Self::Purge { .. } => "Purge",
            Self::PurgeHistory { .. } => "PurgeHistory",
        };
        write!(f, "{name}({:?}, {:?})", self.key(), self.expectation())
    }
}
