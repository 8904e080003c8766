//! Read and vread (<https://hl7.org/fhir/R4/http.html#read>): one lookup, the stored bytes, a version and a time.

use super::stored::write_current;
use super::write::{check_id, version_of};
use super::{FhirService, resource_response};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use crate::time::http_date;
use hygea_store::{Key, Stored};

impl FhirService {
    pub(super) fn read_request(
        &self,
        _exchange: &Exchange<'_>,
        kind: &str,
        id: &str,
        request: &Request<'_>,
    ) -> Result<Response, Error> {
        let stored = self.read(kind, id)?;
        let known = request.headers().first("if-none-match").and_then(version_of);
        if known == Some(stored.version) {
            return Ok(tagged(Response::new(304), &stored));
        }
        Ok(whole(&stored))
    }

    pub(super) fn read_version_request(
        &self,
        _exchange: &Exchange<'_>,
        kind: &str,
        id: &str,
        version: &str,
    ) -> Result<Response, Error> {
        let unknown = || Error::new(ErrorKind::NotFound, "there is no such version");
        let version = version.parse().ok().ok_or_else(unknown)?;
        let stored =
            self.store.snapshot()?.read_version(&Key::new(kind, id), version)?.ok_or_else(unknown)?;
        if stored.deleted { Err(gone(&stored)) } else { Ok(whole(&stored)) }
    }

    /// The store of the service, for those who write several resources at once.
    #[cfg(feature = "iomt")]
    pub(crate) fn store(&self) -> &dyn hygea_store::Store {
        &*self.store
    }

    /// The current version of a resource, if there is one.
    #[cfg(feature = "iomt")]
    pub(crate) fn current(&self, kind: &str, id: &str) -> Result<Option<Stored>, Error> {
        Ok(self.store.read(&Key::new(kind, id))?)
    }

    /// The current version of a resource.
    ///
    /// # Errors
    /// [`ErrorKind::Gone`] with its version if it was deleted, [`ErrorKind::NotFound`] if it never was.
    pub(crate) fn read(&self, kind: &str, id: &str) -> Result<Stored, Error> {
        check_id(id).map_err(|_| Error::new(ErrorKind::NotFound, "there is no such resource"))?;
        let key = Key::new(kind, id);
        if let Some(stored) = self.store.read(&key)? {
            return Ok(stored);
        }
        match self.store.snapshot()?.read(&key)? {
            Some(stored) if stored.deleted => Err(gone(&stored)),
            // Written between the two looks.
            Some(stored) => Ok(stored),
            None => Err(Error::new(ErrorKind::NotFound, "there is no such resource")),
        }
    }
}

fn gone(tombstone: &Stored) -> Error {
    Error::new(ErrorKind::Gone, "the resource has been deleted").version(tombstone.version)
}

/// The answer that is a whole resource.
fn whole(stored: &Stored) -> Response {
    tagged(resource_response(200, current(stored)), stored)
}

fn tagged(response: Response, stored: &Stored) -> Response {
    response
        .header("etag", format!("W/\"{}\"", stored.version))
        .header("last-modified", http_date(stored.modified))
}

/// The text of a resource with its version and time.
pub(crate) fn current(stored: &Stored) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_current(
        &mut bytes,
        stored.key.kind(),
        stored.key.id(),
        &stored.body,
        stored.version,
        stored.modified,
    );
    bytes
}
