//! Reading the header of a file that arrives in pieces, without holding its pixels.
//!
//! An upload of gigabytes goes to the blob store as it comes; beside it a [`HeaderReader`] takes the same pieces until it
//! has everything before the pixel data.

use std::fmt;

use super::{File, ReadOptions, Reading};
use crate::dataset::Bytes;
use crate::error::{Error, ErrorKind, Result};

/// Collects the start of a file until the data set is complete up to the pixel data.
pub struct HeaderReader {
    buffer: Vec<u8>,
    options: ReadOptions,
    limit: usize,
    next_try: usize,
    complete: bool,
}

impl HeaderReader {
    /// Takes at most `limit` bytes. The options are made to stop before the pixels.
    #[must_use]
    pub fn new(options: ReadOptions, limit: usize) -> Self {
        let options = options.stop_before_pixels();
        Self { buffer: Vec::new(), options, limit, next_try: 8 << 10, complete: false }
    }

    /// Takes the next piece of the file; says whether the header is complete, so that no more need be given.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] where the header is longer than the limit; those of [`File::read`] for what is no DICOM.
    pub fn push(&mut self, piece: &[u8]) -> Result<bool> {
        if self.complete {
            return Ok(true);
        }
        let room = self.limit.saturating_sub(self.buffer.len());
        self.buffer.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
        let full = piece.len() > room;
        // Trying anew only when the bytes have doubled keeps the work linear.
        if full || self.buffer.len() >= self.next_try {
            self.next_try = self.buffer.len().saturating_mul(2);
            match Reading::of(&self.buffer, &self.options, true) {
                Ok(reading) => self.complete = reading.data_set.stopped.is_some(),
                Err(error) if error.kind() != ErrorKind::Truncated => return Err(error),
                Err(_) => {}
            }
        }
        if full && !self.complete {
            let detail = format!("no pixel data within the first {} bytes", self.limit);
            return Err(Error::new(ErrorKind::TooLarge, detail).at(self.limit));
        }
        Ok(self.complete)
    }

    /// Reads what was taken: the header where it is complete, else the whole file.
    ///
    /// # Errors
    /// As [`File::read`].
    pub fn finish(self) -> Result<File<'static>> {
        let bytes = std::sync::Arc::new(self.buffer);
        let reading = Reading::of(&bytes, &self.options, self.complete)?;
        Ok(reading.into_file(&Bytes::Shared(bytes)))
    }
}

impl fmt::Debug for HeaderReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderReader")
            .field("bytes", &self.buffer.len())
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}
