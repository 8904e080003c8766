//! Storing (STOW-RS, PS3.18 10.5): each file to the blobs as it comes, then all documents of the request in one commit.
//!
//! A file up to [`WHOLE`] bytes is held, read to its last byte and stored only if it passes. A larger one flows through; what
//! stands before its pixels is read on the way, and whether its pixel data is complete is looked up in the blob. What is
//! refused after that stays a blob that no document names.

use super::document::{Document, FilePlace, Place};
use super::parts::{Part, Parts};
use super::{DICOM_JSON, DicomService, accept};
use crate::audit::Trail;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use hygea_dicom::stow::{
    Accepted, Failure, Identity, Refused, StoreResponse, StoreStatus, Stored, Upload, check, unreadable,
};
use hygea_dicom::wado::{Plan, Target};
use hygea_dicom::{Encoding, File, HeaderReader, PixelPlace, ReadOptions, Rules};
use hygea_store::{Batch, Blob, Expect, Key};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Read, Seek as _, SeekFrom};

/// The largest file that is held while it is looked at, in bytes.
const WHOLE: u64 = 16 << 20;
/// The most bytes before the pixels, or of a file without pixels.
const LONGEST_HEADER: usize = 512 << 20;

/// What became of a part.
enum Received {
    Refused(Refused),
    /// It is stored already.
    Known(Accepted),
    Pending(Box<Pending>),
}

/// An instance whose file is stored and whose document is not.
struct Pending {
    accepted: Accepted,
    instance: Document,
    series: Document,
    study: Document,
}

/// What a request has stored so far.
#[derive(Default)]
struct Intake {
    response: StoreResponse,
    pending: Vec<Pending>,
    keys: HashSet<Key>,
}

impl DicomService {
    pub(super) fn stow(
        &self,
        exchange: &Exchange<'_>,
        trail: &Trail,
        rules: &Rules,
        study: Option<&str>,
        request: &mut Request<'_>,
    ) -> Result<Response, Error> {
        let answer = match self.take_in(rules, study, request) {
            Ok(intake) if intake.pending.is_empty() => Ok(intake.response),
            Ok(intake) => match self.write(exchange, trail, intake) {
                Ok(response) => return Ok(stored_response(exchange, study, &response)),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        self.noted(trail, answer.map(|response| stored_response(exchange, study, &response)))
    }

    /// Reads the body to its end and stores the files in it.
    fn take_in(
        &self,
        rules: &Rules,
        study: Option<&str>,
        request: &mut Request<'_>,
    ) -> Result<Intake, Error> {
        Plan::of(accept(request).as_deref(), Target::Metadata)?;
        let upload = Upload::of(request.headers().first("content-type"))?;
        let mut parts = Parts::new(upload, request.take_body().into_reader());
        let mut intake = Intake::default();
        loop {
            let received = match parts.next_part()? {
                Some(mut part) => self.receive(&mut part, study, rules, &mut intake.keys),
                None => return Ok(intake),
            };
            if let Some(fault) = parts.fault() {
                return Err(fault);
            }
            match received? {
                Received::Refused(refused) => intake.response.refused(refused),
                Received::Known(accepted) => intake.response.failed(&accepted, Failure::Exists),
                Received::Pending(pending) => intake.pending.push(*pending),
            }
        }
    }

    /// Takes one file, checks it and stores it as a blob.
    fn receive(
        &self,
        part: &mut Part<'_, '_>,
        study: Option<&str>,
        rules: &Rules,
        keys: &mut HashSet<Key>,
    ) -> Result<Received, Error> {
        let broken = |_| Error::from(crate::request::BodyFault::Broken);
        let mut start = Vec::new();
        part.take(WHOLE + 1).read_to_end(&mut start).map_err(broken)?;
        if u64::try_from(start.len()).unwrap_or(u64::MAX) <= WHOLE {
            let file = match File::read(&start, &ReadOptions::new()) {
                Ok(file) => file,
                Err(error) => return Ok(Received::Refused(unreadable(&error))),
            };
            return self.judge(&file, study, rules, keys, || Ok(self.blobs.put(&mut start.as_slice())?));
        }
        let mut tee = Tee {
            from: start.as_slice().chain(part),
            header: HeaderReader::new(ReadOptions::new(), LONGEST_HEADER),
            fault: None,
        };
        let put = self.blobs.put(&mut tee);
        let Tee { header, fault, .. } = tee;
        if let Some(error) = fault {
            return Ok(Received::Refused(unreadable(&error)));
        }
        let blob = put?;
        let file = match header.finish() {
            Ok(file) => file,
            Err(error) => return Ok(Received::Refused(unreadable(&error))),
        };
        if let Some(comment) = self.cut_pixels(&file, &blob)? {
            let comments = vec![comment];
            let refused = Refused { class: None, instance: None, failure: Failure::Validation, comments };
            return Ok(Received::Refused(refused));
        }
        self.judge(&file, study, rules, keys, || Ok(blob))
    }

    /// Holds a file against the rules; what passes and is new is stored by `put`.
    fn judge(
        &self,
        file: &File<'_>,
        study: Option<&str>,
        rules: &Rules,
        keys: &mut HashSet<Key>,
        put: impl FnOnce() -> Result<Blob, Error>,
    ) -> Result<Received, Error> {
        let accepted = match check(file, study, rules) {
            Ok(accepted) => accepted,
            Err(refused) => return Ok(Received::Refused(refused)),
        };
        let place = place(&accepted.identity);
        let key = place.key();
        if keys.contains(&key) || self.store.read(&key)?.is_some() {
            return Ok(Received::Known(accepted));
        }
        let blob = put()?;
        keys.insert(key);
        let transfer_syntax = file.transfer_syntax().clone();
        let at = FilePlace { digest: blob.digest, length: blob.length, transfer_syntax };
        let set = file.data_set();
        let Identity { study, series, .. } = &accepted.identity;
        let instance = Document::instance(&set, place, &at);
        let series = Document::parent(&set, Place::Series(study, series));
        let study = Document::parent(&set, Place::Study(study));
        Ok(Received::Pending(Box::new(Pending { accepted, instance, series, study })))
    }

    /// Writes all documents in one commit. An instance that another request wrote in the meantime is left out.
    fn write(&self, exchange: &Exchange<'_>, trail: &Trail, intake: Intake) -> Result<StoreResponse, Error> {
        let Intake { mut response, mut pending, .. } = intake;
        loop {
            let mut answer = response.clone();
            let mut parents: BTreeMap<&Key, &Document> = BTreeMap::new();
            let mut studies: BTreeSet<&Key> = BTreeSet::new();
            let mut batch = Batch::at(exchange.now());
            for one in &pending {
                batch.writes.push(one.instance.write().expect(Expect::Absent));
                // The last one of a series speaks for it.
                parents.insert(&one.series.key, &one.series);
                parents.insert(&one.study.key, &one.study);
                studies.insert(&one.study.key);
                let retrieve_url = url(exchange, place(&one.accepted.identity));
                answer.stored(Stored { accepted: one.accepted.clone(), retrieve_url });
            }
            batch.writes.extend(parents.values().map(|document| document.write()));
            let status = answer.status().code();
            batch.audit.extend(studies.iter().map(|study| trail.record_of(study, status)));
            match self.store.commit(batch) {
                Ok(_) => return Ok(answer),
                Err(error) => match error.write().filter(|place| *place < pending.len()) {
                    Some(known) => {
                        let known = pending.remove(known);
                        response.failed(&known.accepted, Failure::Exists);
                    }
                    None => return Err(error.into()),
                },
            }
            if pending.is_empty() {
                self.store.note(trail.record(response.status().code()))?;
                return Ok(response);
            }
        }
    }

    /// Where the pixel data of a file that flowed through is cut, in words.
    fn cut_pixels(&self, file: &File<'_>, blob: &Blob) -> Result<Option<String>, Error> {
        let Some(PixelPlace { tag, position, length, .. }) = file.pixels() else { return Ok(None) };
        let says = |what: &str, at: u64| Some(format!("DICOM100: {tag} - {what}, byte {at}"));
        let ends = |at: u64| says("the file ends inside of the pixel data", at);
        let size = if file.transfer_syntax().encoding() == Encoding::DeflatedExplicitLittle {
            u64::try_from(file.data_set_bytes().len()).unwrap_or(u64::MAX)
        } else {
            blob.length
        };
        if let Some(length) = length {
            return Ok(if position.saturating_add(length) > size { ends(size) } else { None });
        }
        let failed = |error| Error::from(hygea_store::Error::io("read a blob that was just stored", error));
        let missing = || Error::new(crate::error::ErrorKind::Storage, "a blob that was just stored is gone");
        let mut reader = self.blobs.open(&blob.digest)?.ok_or_else(missing)?;
        let mut at = position;
        loop {
            if at.saturating_add(8) > blob.length {
                return Ok(ends(blob.length));
            }
            let mut header = [0; 8];
            reader.seek(SeekFrom::Start(at)).map_err(failed)?;
            reader.read_exact(&mut header).map_err(failed)?;
            let [0xFE, 0xFF, kind, 0xE0, a, b, c, d] = header else {
                return Ok(says("wanted a fragment or the end of the pixel data", at));
            };
            match kind {
                0x00 => at = at.saturating_add(8 + u64::from(u32::from_le_bytes([a, b, c, d]))),
                0xDD => return Ok(None),
                _ => return Ok(says("wanted a fragment or the end of the pixel data", at)),
            }
        }
    }
}

/// Passes a file on while the start of it is read.
struct Tee<R> {
    from: R,
    header: HeaderReader,
    fault: Option<hygea_dicom::Error>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        if let Err(error) = self.header.push(into.get(..count).unwrap_or_default()) {
            let told = io::Error::new(io::ErrorKind::InvalidData, error.to_string());
            self.fault = Some(error);
            return Err(told);
        }
        Ok(count)
    }
}

fn place(identity: &Identity) -> Place<'_> {
    Place::Instance(&identity.study, &identity.series, &identity.instance)
}

/// The address of a place.
pub(super) fn url(exchange: &Exchange<'_>, place: Place<'_>) -> String {
    let base = exchange.base();
    match place {
        Place::Study(study) => format!("{base}/studies/{study}"),
        Place::Series(study, series) => format!("{base}/studies/{study}/series/{series}"),
        Place::Instance(study, series, instance) => {
            format!("{base}/studies/{study}/series/{series}/instances/{instance}")
        }
    }
}

fn stored_response(exchange: &Exchange<'_>, study: Option<&str>, response: &StoreResponse) -> Response {
    let status = response.status();
    let answer = Response::new(status.code());
    if status == StoreStatus::NoContent {
        return answer;
    }
    let study = study.map(|study| url(exchange, Place::Study(study)));
    answer.body(DICOM_JSON, response.to_json(study.as_deref()).into_bytes())
}
