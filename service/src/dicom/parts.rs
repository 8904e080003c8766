//! The instances of a storage request, one after the other, read from a body that may be larger than the memory.
//!
//! The splitter of the multipart body is pushed, a blob is pulled: in between waits what one piece of the body held.

use crate::error::Error;
use hygea_dicom::multipart::{Event, Limits, Splitter};
use hygea_dicom::stow::{Upload, is_instance};
use hygea_dicom::write;
use std::collections::VecDeque;
use std::io::{self, Read};

/// How much of a body is read at once.
const PIECE: usize = 64 << 10;
/// Preamble and the four letters after it.
const PREAMBLE: usize = 132;
/// The largest file that is stored, in bytes.
const LARGEST: u64 = 4_000_000_000;

/// A body on its way.
pub(super) struct Parts<'b> {
    body: Box<dyn Read + Send + 'b>,
    /// None for a body that is one instance, and at the end.
    splitter: Option<Splitter>,
    waiting: VecDeque<Found>,
    piece: Vec<u8>,
    /// Whether anything was read at all.
    begun: bool,
    ended: bool,
    /// Inside of a part, whose end has not been taken.
    inside: bool,
    /// Why the body cannot be read on.
    fault: Option<Error>,
}

enum Found {
    Begin,
    Content(Vec<u8>),
    End,
}

impl<'b> Parts<'b> {
    pub(super) fn new(upload: Upload, body: Box<dyn Read + Send + 'b>) -> Self {
        let splitter = match upload {
            Upload::Single => None,
            Upload::Multipart(boundary) => Some(Splitter::new(*boundary, Limits::default())),
        };
        Self {
            body,
            splitter,
            waiting: VecDeque::new(),
            piece: vec![0; PIECE],
            begun: false,
            ended: false,
            inside: false,
            fault: None,
        }
    }

    /// The content of the next part; what is left of the one before is passed over. None at the end of a body that is whole.
    pub(super) fn next_part(&mut self) -> Result<Option<Part<'_, 'b>>, Error> {
        loop {
            match self.take()? {
                Some(Found::Begin) => {
                    self.inside = true;
                    return Ok(Some(Part {
                        parts: self,
                        head: Vec::new(),
                        given: 0,
                        total: 0,
                        opened: false,
                    }));
                }
                Some(Found::Content(_) | Found::End) => {}
                None => return Ok(None),
            }
        }
    }

    /// Why reading a part failed, where it was the body's fault.
    pub(super) fn fault(&mut self) -> Option<Error> {
        self.fault.take()
    }

    fn take(&mut self) -> Result<Option<Found>, Error> {
        while self.waiting.is_empty() && !self.ended {
            self.read()?;
        }
        Ok(self.waiting.pop_front())
    }

    /// Reads one piece.
    fn read(&mut self) -> Result<(), Error> {
        let count = loop {
            match self.body.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(crate::request::BodyFault::Broken.into()),
                Ok(count) => break count,
            }
        };
        let piece = self.piece.get(..count).unwrap_or_default();
        let waiting = &mut self.waiting;
        let first = !self.begun;
        self.begun = self.begun || count > 0;
        if count == 0 {
            self.ended = true;
            return match self.splitter.take() {
                // A body without a byte holds no instance, whatever it says it is.
                _ if first => Ok(()),
                Some(splitter) => Ok(splitter.finish()?),
                None => {
                    waiting.push_back(Found::End);
                    Ok(())
                }
            };
        }
        match &mut self.splitter {
            Some(splitter) => splitter.push(piece, |event| {
                waiting.push_back(match event {
                    Event::Begin(headers) if is_instance(headers.content_type()) => Found::Begin,
                    Event::Begin(_) => {
                        let wanted = "a part of the body is not application/dicom";
                        return Err(Error::new(crate::error::ErrorKind::UnsupportedMediaType, wanted));
                    }
                    Event::Content(bytes) => Found::Content(bytes.to_vec()),
                    Event::End => Found::End,
                });
                Ok(())
            }),
            None => {
                if first {
                    waiting.push_back(Found::Begin);
                }
                waiting.push_back(Found::Content(piece.to_vec()));
                Ok(())
            }
        }
    }
}

/// One instance on its way, its preamble cleared: it may hold anything, a program too (PS3.10 7.5).
pub(super) struct Part<'p, 'b> {
    parts: &'p mut Parts<'b>,
    /// What is given next, up to `given` it is gone.
    head: Vec<u8>,
    given: usize,
    total: u64,
    /// The preamble has been looked at.
    opened: bool,
}

impl Part<'_, '_> {
    /// Takes the next bytes from the body; says whether there were any.
    fn more(&mut self) -> Result<bool, Error> {
        if !self.parts.inside {
            return Ok(false);
        }
        match self.parts.take()? {
            Some(Found::Content(bytes)) => {
                self.total = self.total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                if self.total > LARGEST {
                    let detail = format!("an instance has more than {LARGEST} bytes");
                    return Err(Error::new(crate::error::ErrorKind::TooLarge, detail));
                }
                if self.given == self.head.len() {
                    (self.head, self.given) = (bytes, 0);
                } else {
                    self.head.extend_from_slice(&bytes);
                }
                Ok(true)
            }
            Some(Found::Begin | Found::End) | None => {
                self.parts.inside = false;
                Ok(false)
            }
        }
    }

    fn fill(&mut self) -> Result<(), Error> {
        if !self.opened {
            while self.head.len() < PREAMBLE && self.more()? {}
            write::clear_preamble(&mut self.head);
            self.opened = true;
        }
        while self.given == self.head.len() && self.more()? {}
        Ok(())
    }
}

impl Read for Part<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Err(error) = self.fill() {
            let told = io::Error::new(io::ErrorKind::InvalidData, error.to_string());
            self.parts.fault = Some(error);
            return Err(told);
        }
        let rest = self.head.get(self.given..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}
