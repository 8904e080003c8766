//! How closely the reference mapper is followed, and how much one message may cost.

use crate::error::{Error, ErrorKind};
use std::str::FromStr;

/// Whose rules decide where the reference mapper and good sense differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// The reference mapper's, quirks included; only its endless loops and retries end in an error, and ids of
    /// two devices never run together.
    #[default]
    Compat,
    /// Sound ones: numbers and strings stay as the message has them, times need a zone, integer division gives
    /// fractions, overflow is an error, a message is mapped whole or not at all, and a later partial message
    /// replaces values one by one.
    Strict,
}

impl Mode {
    pub(crate) fn is_compat(self) -> bool {
        self == Self::Compat
    }
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "compat" => Ok(Self::Compat),
            "strict" => Ok(Self::Strict),
            _ => Err(Error::new(ErrorKind::InvalidValue, "the mode must be `compat` or `strict`")),
        }
    }
}

/// What one message, and one Observation, may cost at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Values that the expressions of all templates may look at for one message; 10,000,000 unless set.
    pub steps: u64,
    /// Measurements of one message; 100,000 unless set.
    pub measurements: usize,
    /// Bytes of values and texts that the expressions of all templates may build for one message; 64 MiB
    /// unless set.
    pub bytes: usize,
    /// Samples in one SampledData; 1,000,000 unless set (a day at ten a second fits).
    pub samples: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 10_000_000, measurements: 100_000, bytes: 64 << 20, samples: 1_000_000 }
    }
}
