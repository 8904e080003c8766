//! Inflating a deflated data set (PS3.5 A.5) with a bound on what comes out.

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::{Error, ErrorKind, Result};

/// Inflates raw deflate data; `position` is where it starts in the file. The flag tells that the end of the stream is
/// missing, which only a tolerant reading takes.
pub(super) fn inflate(bytes: &[u8], position: usize, limit: usize) -> Result<(Vec<u8>, bool)> {
    let mut stream = Decompress::new(false);
    let mut out = Vec::new();
    let mut chunk = vec![0_u8; 64 << 10];
    loop {
        let (taken, made) = (stream.total_in(), stream.total_out());
        let rest = usize::try_from(taken).ok().and_then(|t| bytes.get(t..)).unwrap_or_default();
        let status = stream.decompress(rest, &mut chunk, FlushDecompress::None).map_err(|source| {
            let at = usize::try_from(stream.total_in()).unwrap_or(0).saturating_add(position);
            Error::new(ErrorKind::InflateFailed, "the deflated data set does not inflate")
                .at(at)
                .with_source(source)
        })?;
        let made = usize::try_from(stream.total_out() - made).unwrap_or(0);
        let fresh = chunk.get(..made).unwrap_or_default();
        if out.len().saturating_add(fresh.len()) > limit {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the deflated data set inflates to more than {limit} bytes"),
            )
            .at(position));
        }
        out.extend_from_slice(fresh);
        match status {
            Status::StreamEnd => return Ok((out, false)),
            Status::Ok | Status::BufError if made == 0 && stream.total_in() == taken => {
                return Ok((out, true));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}
