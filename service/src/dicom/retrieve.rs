//! Retrieving (WADO-RS, PS3.18 10.4): files from the blobs to the caller as they are read, metadata from the documents.

use super::document::{FilePlace, INSTANCE, Place, attributes};
use super::{DICOM_JSON, DicomService, accept};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use hygea_dicom::multipart::Writer;
use hygea_dicom::wado::{Container, Delivery, Plan as Form, Target, metadata};
use hygea_dicom::write::{self, Implementation};
use hygea_dicom::{File, ReadOptions, TransferSyntax, tags};
use hygea_store::{BlobReader, Blobs, Query, Snapshot, Sort, SortKey, Stored};
use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

/// The largest file that is converted on its way out, in bytes: it is held whole.
const LARGEST_CONVERTED: u64 = 512 << 20;
/// The rows that are read at once.
const ROWS: usize = 1_000;

/// Whom files name as their writer: a UID made of a UUID (PS3.5 B.2).
const WRITER: Implementation<'static> =
    Implementation { class_uid: "2.25.250526787926177895941926259504873239254", version_name: "HYGEA" };

impl DicomService {
    pub(super) fn retrieve(
        &self,
        exchange: &Exchange<'_>,
        place: Place<'_>,
        request: &Request<'_>,
    ) -> Result<Response, Error> {
        let single = matches!(place, Place::Instance(..));
        let target = if single { Target::Instance } else { Target::Instances };
        let forms = Form::choices(accept(request).as_deref(), target)?;
        let snapshot = self.store.snapshot()?;
        let mut files = Vec::new();
        for_each(&*snapshot, place, |row| {
            files.push(FilePlace::split(&row.body)?.0);
            Ok(())
        })?;
        if files.is_empty() {
            return Err(nothing());
        }
        let form = forms.into_iter().find(|form| files.iter().all(|file| can_give(form, file)));
        let form = form.ok_or_else(|| {
            let detail =
                "pixels are given in the transfer syntax they are stored in; accept transfer-syntax=*";
            Error::new(ErrorKind::NotAcceptable, detail)
        })?;
        if form.container == Container::Single
            && let [file] = files.as_slice()
        {
            let content = open(&*self.blobs, &form, file)?;
            let length = content.length();
            let media_type = form.part_type(Some(&file.transfer_syntax));
            return Ok(Response::new(200).stream(&media_type, Box::new(content), Some(length)));
        }
        let writer = Writer::new(&exchange.new_id())?;
        let media_type = writer.content_type(form.media.essence());
        let parts = Outgoing::new(Arc::clone(&self.blobs), form, files, writer);
        Ok(Response::new(200).stream(&media_type, Box::new(parts), None))
    }

    pub(super) fn metadata(
        &self,
        exchange: &Exchange<'_>,
        place: Place<'_>,
        request: &Request<'_>,
    ) -> Result<Response, Error> {
        Form::of(accept(request).as_deref(), Target::Metadata)?;
        let snapshot = self.store.snapshot()?;
        let etag = etag(&*snapshot, place)?.ok_or_else(nothing)?;
        let known = request.headers().all("if-none-match").flat_map(|value| value.split(','));
        let known = known.map(|tag| tag.trim().trim_start_matches("W/"));
        if known.into_iter().any(|tag| tag == "*" || tag == etag) {
            return Ok(Response::new(304).header("etag", etag));
        }
        let mut array = metadata::Array::new(&format!("{}/", exchange.base()));
        let mut out = Vec::new();
        for_each(&*snapshot, place, |row| {
            array.push(attributes(&row.body), &mut out);
            Ok(())
        })?;
        array.end(&mut out);
        Ok(Response::new(200).header("etag", etag).body(DICOM_JSON, out))
    }
}

fn nothing() -> Error {
    Error::new(ErrorKind::NotFound, "there is no such study, series or instance")
}

/// Passes on the instances of a place, in the order in which they were stored.
fn for_each(
    snapshot: &dyn Snapshot,
    place: Place<'_>,
    mut found: impl FnMut(&Stored) -> Result<(), Error>,
) -> Result<(), Error> {
    let query = Query::new(INSTANCE, place.instances()).limit(ROWS);
    let mut after = None;
    loop {
        let page = snapshot.search(&query.clone().after(after))?;
        page.rows.iter().try_for_each(&mut found)?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// The newest time of the instances of a place and their number, as an ETag: none without an instance.
fn etag(snapshot: &dyn Snapshot, place: Place<'_>) -> Result<Option<String>, Error> {
    let query = Query::new(INSTANCE, place.instances());
    let newest = query.clone().sort(Sort::descending(SortKey::Modified)).limit(1).without_bodies();
    let Some(newest) = snapshot.search(&newest)?.rows.into_iter().next() else { return Ok(None) };
    Ok(Some(match place {
        Place::Instance(..) => format!("\"{}\"", newest.modified),
        _ => format!("\"{}-{}\"", newest.modified, snapshot.count(&query.selections)?),
    }))
}

/// Whether an instance can be given in a form.
fn can_give(form: &Form, file: &FilePlace) -> bool {
    match form.delivery(&file.transfer_syntax) {
        Delivery::AsStored => true,
        Delivery::Rewrite => file.length <= LARGEST_CONVERTED,
        Delivery::Transcode(_) => false,
    }
}

/// The content of one instance.
enum Content {
    Stored(BlobReader),
    Converted(Cursor<Vec<u8>>),
}

impl Content {
    fn length(&self) -> u64 {
        match self {
            Self::Stored(reader) => reader.length(),
            Self::Converted(cursor) => u64::try_from(cursor.get_ref().len()).unwrap_or(u64::MAX),
        }
    }
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(reader) => reader.read(into),
            Self::Converted(cursor) => cursor.read(into),
        }
    }
}

fn open(blobs: &dyn Blobs, form: &Form, file: &FilePlace) -> Result<Content, Error> {
    let missing = || Error::new(ErrorKind::Storage, "the file of an instance is not among the blobs");
    let mut reader = blobs.open(&file.digest)?.ok_or_else(missing)?;
    if form.delivery(&file.transfer_syntax) == Delivery::AsStored {
        return Ok(Content::Stored(reader));
    }
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| hygea_store::Error::io("read a blob", error))?;
    let source = File::read(&bytes, &ReadOptions::new())?;
    // Samples of more than 16 bits cross the words that a change of byte order swaps (PS3.5 8.1.1): the file is given as it is or not.
    let data_set = source.data_set();
    let wide = data_set.integer(tags::BITS_ALLOCATED).is_some_and(|bits| bits > 16);
    if wide && data_set.element(tags::PIXEL_DATA).is_some_and(|pixels| pixels.is_big_endian()) {
        let detail = "wide samples in big-endian order are given as stored only; ask for transfer-syntax=*";
        return Err(Error::new(ErrorKind::NotAcceptable, detail));
    }
    let mut out = Vec::with_capacity(bytes.len());
    write::file(&data_set, &TransferSyntax::EXPLICIT_LITTLE, WRITER, &mut out)?;
    Ok(Content::Converted(Cursor::new(out)))
}

/// A multipart body whose files are opened when their turn comes.
struct Outgoing {
    blobs: Arc<dyn Blobs>,
    form: Form,
    files: VecDeque<FilePlace>,
    writer: Writer,
    framing: Cursor<Vec<u8>>,
    content: Option<Content>,
    ended: bool,
}

impl Outgoing {
    fn new(blobs: Arc<dyn Blobs>, form: Form, files: Vec<FilePlace>, writer: Writer) -> Self {
        let framing = Cursor::new(Vec::new());
        Self { blobs, form, files: files.into(), writer, framing, content: None, ended: false }
    }
}

impl Read for Outgoing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.framing.read(into)?;
            if count > 0 {
                return Ok(count);
            }
            if let Some(content) = &mut self.content {
                let count = content.read(into)?;
                if count > 0 {
                    return Ok(count);
                }
                self.content = None;
            }
            let mut framing = Vec::new();
            match self.files.pop_front() {
                Some(file) => {
                    let content = open(&*self.blobs, &self.form, &file).map_err(io::Error::other)?;
                    let media_type = self.form.part_type(Some(&file.transfer_syntax));
                    let length = content.length().to_string();
                    let headers =
                        [("Content-Type", media_type.as_str()), ("Content-Length", length.as_str())];
                    self.writer.begin(headers, &mut framing);
                    self.content = Some(content);
                }
                None if self.ended => return Ok(0),
                None => {
                    self.writer.end(&mut framing);
                    self.ended = true;
                }
            }
            self.framing = Cursor::new(framing);
        }
    }
}
