//! What evaluating may cost: steps over the message and bytes of new text. An expression such as
//! `$..*..*..*` ends in an error instead of taking the process with it.

use crate::error::{Error, ErrorKind};
use crate::options::Limits;
use std::cell::Cell;

/// The rest of a message's allowance.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<u64>,
    text: Cell<usize>,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { steps: Cell::new(limits.steps), text: Cell::new(limits.text_bytes) }
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
        match self.text.get().checked_sub(bytes) {
            Some(rest) => {
                self.text.set(rest);
                Ok(())
            }
            None => Err(exhausted("the expressions built more text than one message is allowed")),
        }
    }
}

#[cold]
fn exhausted(detail: &'static str) -> Error {
    Error::new(ErrorKind::Budget, detail)
}
