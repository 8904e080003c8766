//! DICOMweb (PS3.18): STOW, QIDO and WADO over a store of attributes and a folder of files.

use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use hygea_store::{Blobs, Store};
use std::sync::Arc;

/// One DICOM service: attributes in one store, files among its blobs.
#[derive(Debug)]
pub(crate) struct DicomService {
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
}

impl DicomService {
    pub(crate) fn new(store: Arc<dyn Store>, blobs: Arc<dyn Blobs>) -> Self {
        Self { store, blobs }
    }

    /// Answers a request whose path below the service's version is `path`.
    pub(crate) fn handle(&self, _exchange: &Exchange<'_>, _path: &[&str], _request: Request<'_>) -> Response {
        let _ = (&self.store, &self.blobs);
        Error::new(ErrorKind::NotFound, "there is no such address in a DICOM service").into_plain()
    }
}
