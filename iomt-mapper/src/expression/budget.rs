//! What evaluating may cost: steps over the message and bytes of new values. An expression such as
//! `$..*..*..*` ends in an error instead of taking the process with it.

use crate::error::{Error, ErrorKind};
use crate::options::Limits;
use std::cell::Cell;

/// What a value of an evaluation takes, with its share of what holds it.
const VALUE_BYTES: usize = 64;

/// The rest of a message's allowance.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<u64>,
    bytes: Cell<usize>,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { steps: Cell::new(limits.steps), bytes: Cell::new(limits.bytes) }
    }

    /// Pays for looking at `count` values.
    #[inline]
    pub(crate) fn spend(&self, count: u64) -> Result<(), Error> {
        match self.steps.get().checked_sub(count) {
            Some(rest) => {
                self.steps.set(rest);
                Ok(())
            }
            None => Err(exhausted("the expressions used up the steps that one message is allowed")),
        }
    }

    /// Pays for looking at as many values as a collection has.
    pub(crate) fn spend_len(&self, count: usize) -> Result<(), Error> {
        self.spend(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// Pays for `bytes` of new text.
    pub(crate) fn spend_text(&self, bytes: usize) -> Result<(), Error> {
        match self.bytes.get().checked_sub(bytes) {
            Some(rest) => {
                self.bytes.set(rest);
                Ok(())
            }
            None => Err(exhausted("the expressions built more values than one message is allowed")),
        }
    }

    /// Pays for a new collection of `count` values: looking at each, and the room that they take.
    pub(crate) fn spend_values(&self, count: usize) -> Result<(), Error> {
        self.spend_len(count)?;
        self.spend_text(count.saturating_mul(VALUE_BYTES))
    }
}

#[cold]
fn exhausted(detail: &'static str) -> Error {
    Error::new(ErrorKind::Budget, detail)
}
