//! Bytes from a reader, a piece at a time, with the place in the whole.

use super::Place;
use crate::error::{Error, ErrorKind, Position};
use crate::json::text::plain_end;
use std::io::{self, Read};

const PIECE: usize = 64 << 10;

pub(super) struct Source<R> {
    reader: R,
    piece: Box<[u8]>,
    /// What of the piece is still to be taken.
    at: usize,
    end: usize,
    /// Bytes, and line feeds, before `at`.
    offset: u64,
    line: u64,
    /// Where the line starts.
    line_start: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R, place: Place) -> Self {
        Self {
            reader,
            piece: vec![0; PIECE].into_boxed_slice(),
            at: 0,
            end: 0,
            offset: place.offset,
            line: place.line,
            line_start: place.offset,
        }
    }

    /// The bytes at hand, at least one of them unless the source is at its end.
    pub(super) fn fill(&mut self) -> Result<&[u8], Error> {
        if self.at >= self.end {
            self.at = 0;
            self.end = loop {
                match self.reader.read(&mut self.piece) {
                    Ok(count) => break count.min(PIECE),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.end = 0;
                        let detail = format!("the source cannot be read: {}", error.kind());
                        return Err(Error::new(ErrorKind::Source, "", Some(self.position()), detail));
                    }
                }
            };
        }
        Ok(self.piece.get(self.at..self.end).unwrap_or_default())
    }

    /// Takes bytes that [`Self::fill`] gave.
    pub(super) fn take(&mut self, count: usize) {
        let end = (self.at + count).min(self.end);
        let taken = self.piece.get(self.at..end).unwrap_or_default();
        if let Some(last) = memchr::memrchr(b'\n', taken) {
            self.line += wide(memchr::memchr_iter(b'\n', taken).count());
            self.line_start = self.offset + wide(last) + 1;
        }
        self.offset += wide(taken.len());
        self.at = end;
    }

    /// The next byte that is not white space, which is not taken; nothing at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let piece = self.fill()?;
            if piece.is_empty() {
                return Ok(None);
            }
            let space = piece.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
            let found = piece.get(space).copied();
            self.take(space);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Takes one JSON value as far as its brackets and quotes tell, from its first byte on, into `out`. False if it
    /// has more than `most` bytes, of which none are kept then.
    pub(super) fn value(&mut self, out: &mut Vec<u8>, most: usize) -> Result<bool, Error> {
        let mut depth = 0_u64;
        let (mut quoted, mut escaped, mut started, mut fits) = (false, false, false, true);
        loop {
            let piece = self.fill()?;
            if piece.is_empty() {
                // The reader of the item says what is missing.
                return Ok(fits);
            }
            let mut at = 0;
            let mut ended = false;
            while let Some(&byte) = piece.get(at) {
                if quoted {
                    if escaped {
                        escaped = false;
                        at += 1;
                        continue;
                    }
                    let end = plain_end(piece, at);
                    let found = piece.get(end);
                    escaped = found == Some(&b'\\');
                    quoted = found != Some(&b'"');
                    // A control character in a string is for the reader of the item to refuse.
                    at = piece.len().min(end + 1);
                    if !quoted && depth == 0 {
                        ended = true;
                        break;
                    }
                    continue;
                }
                match byte {
                    b'"' if depth == 0 && started => {
                        ended = true;
                        break;
                    }
                    b'"' => quoted = true,
                    b'{' | b'[' if depth == 0 && started => {
                        ended = true;
                        break;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth <= 1 => {
                        // Of a number or a word it is the end of what holds it.
                        at += usize::from(depth == 1);
                        ended = true;
                        break;
                    }
                    b'}' | b']' => depth -= 1,
                    b',' | b' ' | b'\t' | b'\r' | b'\n' | b':' if depth == 0 => {
                        ended = true;
                        break;
                    }
                    _ => {}
                }
                started = true;
                at += 1;
            }
            fits &= out.len().saturating_add(at) <= most;
            if fits {
                out.extend_from_slice(piece.get(..at).unwrap_or_default());
            } else {
                *out = Vec::new();
            }
            self.take(at);
            if ended {
                return Ok(fits);
            }
        }
    }

    pub(super) fn place(&self, index: u64) -> Place {
        Place { offset: self.offset, line: self.line, index }
    }

    pub(super) fn position(&self) -> Position {
        Position {
            offset: narrow(self.offset),
            line: narrow(self.line),
            column: narrow(self.offset - self.line_start).saturating_add(1),
        }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn narrow(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
