//! The log as a chain of lines: appending, and finding out whether a line was altered, removed or added.

use super::merkle::{self, Frontier, Hash};
use super::record::AuditRecord;
use crate::json::Json;
use crate::{Error, ErrorKind};

/// The end of an audit log: how long it is, its last line and its tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    last: Option<Hash>,
    tree: Frontier,
}

impl Chain {
    /// The end of a stored log: the hash of its last line, and its tree.
    ///
    /// # Errors
    /// `InvalidProof` if one says that the log is empty and the other does not.
    pub fn new(last: Option<Hash>, tree: Frontier) -> Result<Self, Error> {
        if last.is_none() == (tree.size() == 0) {
            Ok(Self { last, tree })
        } else {
            Err(Error::new(ErrorKind::InvalidProof, "the last line and the tree do not belong together"))
        }
    }

    /// Appends a record, which gets its number and the hash of the line before it. Returns the line, without a line
    /// break, to be stored with the change that it records.
    pub fn append(&mut self, record: &AuditRecord) -> String {
        let line = record.line(self.tree.size(), self.last.as_ref());
        self.add(&line);
        line
    }

    /// Takes the next line of a log that is being verified.
    ///
    /// # Errors
    /// `BrokenLog`, at the number of the line: it is not canonical, has another number, or does not follow the line
    /// before it.
    pub fn verify(&mut self, line: &str) -> Result<(), Error> {
        let number = self.tree.size();
        let broken = |what: &str| Error::new(ErrorKind::BrokenLog, what).on(format!("[{number}]"));
        let record = Json::parse(line.as_bytes()).map_err(|_| broken("the line is no JSON"))?;
        if record.to_string() != line {
            return Err(broken("the line is not canonical"));
        }
        if record.member("seq").and_then(Json::as_i64) != i64::try_from(number).ok() {
            return Err(broken("the line has another number: a line was removed or added"));
        }
        let previous = record.member("prevHash").and_then(Json::as_str).map(str::to_owned);
        if previous != self.last.as_ref().map(hexadecimal) {
            return Err(broken("the line does not follow the line before it: one of them was altered"));
        }
        self.add(line);
        Ok(())
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.tree.size()
    }

    /// Whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.size() == 0
    }

    /// The hash of the last line.
    #[must_use]
    pub fn last(&self) -> Option<&Hash> {
        self.last.as_ref()
    }

    /// The Merkle tree of the lines.
    #[must_use]
    pub fn tree(&self) -> &Frontier {
        &self.tree
    }

    fn add(&mut self, line: &str) {
        let hash = merkle::leaf(line.as_bytes());
        self.last = Some(hash);
        self.tree.push(hash);
    }
}

/// A hash in lower-case hexadecimal digits.
pub(super) fn hexadecimal(hash: &Hash) -> String {
    hash.iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
