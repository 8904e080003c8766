//! Splitting a multipart body as it arrives, in constant memory.

use super::boundary::{Tail, tail};
use super::split::{HeaderEnd, header_end, may_begin, no_delimiter, too_long, too_many, truncated};
use super::{Boundary, Limits, PartHeaders};
use crate::error::{Error, ErrorKind, Result};

/// What a [`Splitter`] found.
#[derive(Debug)]
pub enum Event<'e> {
    /// A part begins.
    Begin(&'e PartHeaders),
    /// The next bytes of its content.
    Content(&'e [u8]),
    /// The part is complete.
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    Headers,
    Content,
    Epilogue,
}

/// Splits a body given in pieces of any size.
#[derive(Debug)]
pub struct Splitter {
    boundary: Boundary,
    limits: Limits,
    /// What was given and not passed on yet.
    buffer: Vec<u8>,
    /// Where the buffer starts in the body.
    position: usize,
    state: State,
    parts: usize,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Preamble => "Preamble",
            Self::Headers => "Headers",
            Self::Content => "Content",
            Self::Epilogue => "Epilogue",
        })
    }
}

/// A preamble longer than this is no preamble.
const LONGEST_PREAMBLE: usize = 64 << 10;

impl Splitter {
    /// Starts at the begin of a body.
    #[must_use]
    pub fn new(boundary: Boundary, limits: Limits) -> Self {
        // The first delimiter may lack the line end before it.
        Self { boundary, limits, buffer: b"\r\n".to_vec(), position: 0, state: State::Preamble, parts: 0 }
    }

    /// Takes the next piece of the body and passes on what is found in it, in order.
    ///
    /// # Errors
    /// As [`split`](super::split); and whatever `found` returns, which ends the splitting.
    pub fn push<E: From<Error>>(
        &mut self,
        piece: &[u8],
        mut found: impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.state == State::Epilogue {
            return Ok(());
        }
        self.buffer.extend_from_slice(piece);
        let mut done = 0;
        while let Some(taken) = self.step(done, &mut found)? {
            done += taken;
        }
        self.buffer.drain(..done.min(self.buffer.len()));
        self.position += done;
        Ok(())
    }

    /// Ends the body.
    ///
    /// # Errors
    /// [`ErrorKind::TruncatedMultipart`] where the closing delimiter has not come,
    /// [`ErrorKind::MalformedMultipart`] where no delimiter has come at all.
    pub fn finish(self) -> Result<()> {
        let end = (self.position + self.buffer.len()).saturating_sub(2);
        // What looked like a delimiter and was none is gone from the buffer, what may become one is still there.
        let begun = self.boundary.find(&self.buffer).is_some() || may_begin(&self.buffer, &self.boundary);
        match self.state {
            State::Epilogue => Ok(()),
            State::Preamble if !begun => Err(no_delimiter()),
            State::Preamble | State::Headers | State::Content => Err(truncated(end)),
        }
    }

    /// Takes what comes next of the buffer from `at`; none where more bytes are needed.
    fn step<E: From<Error>>(
        &mut self,
        at: usize,
        found: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<Option<usize>, E> {
        let rest = self.buffer.get(at..).unwrap_or_default();
        // The buffer began with a line end that is not in the body.
        let position = (self.position + at).saturating_sub(2);
        match self.state {
            State::Epilogue => Ok((!rest.is_empty()).then_some(rest.len())),
            State::Headers => match header_end(rest, &self.boundary, self.limits.max_headers) {
                HeaderEnd::At { headers, content } => {
                    let headers = PartHeaders::parse(rest.get(..headers).unwrap_or_default(), position)?;
                    found(Event::Begin(&headers))?;
                    self.state = State::Content;
                    Ok(Some(content))
                }
                HeaderEnd::TooLong => Err(too_long(&self.limits, position).into()),
                HeaderEnd::Missing => {
                    let detail = "a part has no empty line after its headers";
                    Err(Error::new(ErrorKind::MalformedMultipart, detail).at(position).into())
                }
                HeaderEnd::Short => Ok(None),
            },
            State::Preamble | State::Content => {
                let in_part = self.state == State::Content;
                let delimiter = self.boundary.delimiter().len();
                let Some(start) = self.boundary.find(rest) else {
                    // The last bytes may be the start of a delimiter.
                    let sure = rest.len().saturating_sub(delimiter - 1);
                    if !in_part && position + sure > LONGEST_PREAMBLE {
                        return Err(no_delimiter().into());
                    }
                    if sure == 0 {
                        return Ok(None);
                    }
                    if in_part {
                        found(Event::Content(rest.get(..sure).unwrap_or_default()))?;
                    }
                    return Ok(Some(sure));
                };
                let after = start + delimiter;
                let (taken, state) = match tail(rest.get(after..).unwrap_or_default()) {
                    Tail::Close(n) => (after + n, State::Epilogue),
                    Tail::Part(n) => (after + n, State::Headers),
                    Tail::No => (start + 2, self.state),
                    Tail::Short => (start, self.state),
                };
                let ended = state != self.state;
                let content = if ended { start } else { taken };
                if in_part && content > 0 {
                    found(Event::Content(rest.get(..content).unwrap_or_default()))?;
                }
                if !ended {
                    return Ok((taken > 0).then_some(taken));
                }
                if in_part {
                    found(Event::End)?;
                }
                if state == State::Headers {
                    if self.parts >= self.limits.max_parts {
                        return Err(too_many(&self.limits, position + taken).into());
                    }
                    self.parts += 1;
                }
                self.state = state;
                Ok(Some(taken))
            }
        }
    }
}
