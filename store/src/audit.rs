//! The chain of hashes over the audit log: a record that is changed, removed or moved breaks every hash after it.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// One record of the audit log.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, counted from 1 without gaps.
    pub sequence: u64,
    /// SHA-256 over the hash of the record before (32 zero bytes for the first), the length of this record as 8 bytes
    /// (little end first) and its bytes.
    pub hash: [u8; 32],
    /// The bytes as they were given.
    pub record: Vec<u8>,
}

/// The running hash of an audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditChain {
    records: u64,
    hash: [u8; 32],
}

impl AuditChain {
    /// The chain of an empty log.
    #[must_use]
    pub const fn start() -> Self {
        Self { records: 0, hash: [0; 32] }
    }

    /// A chain continued after a number of records with the hash of the last.
    #[must_use]
    pub const fn after(records: u64, hash: [u8; 32]) -> Self {
        Self { records, hash }
    }

    /// Adds a record and gives its hash.
    pub fn append(&mut self, record: &[u8]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.hash);
        hasher.update((record.len() as u64).to_le_bytes());
        hasher.update(record);
        self.hash = hasher.finalize().into();
        self.records = self.records.saturating_add(1);
        self.hash
    }

    /// Number of records.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Hash of the last record; 32 zero bytes for an empty log. Kept elsewhere, it proves later that nothing was cut off.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

// A record names persons: its length is shown.
impl fmt::Debug for AuditRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditRecord({}, {} bytes)", self.sequence, self.record.len())
    }
}
