//! DICOMweb (PS3.18): STOW, QIDO and WADO over a store of attributes and blobs that are the files.

mod delete;
mod document;
mod parts;
mod retrieve;
mod search;
mod stow;

use crate::audit::Trail;
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::request::{Method, Request};
use crate::response::Response;
use document::Place;
use hygea_dicom::qido::Resource;
use hygea_dicom::{ApiVersion, Rules, uid};
use hygea_store::{Blobs, Store};
use hygea_workspace::access::DicomAction;
use std::sync::Arc;

/// The media type of the DICOM JSON model.
const DICOM_JSON: &str = "application/dicom+json";

/// One DICOM service: attributes in one store, files among its blobs.
#[derive(Debug)]
pub(crate) struct DicomService {
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
}

/// A transaction of the API, as its address and method tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Transaction<'p> {
    Store { study: Option<&'p str> },
    Search(Resource),
    Retrieve(Place<'p>),
    Metadata(Place<'p>),
    Delete(Place<'p>),
}

impl<'p> Transaction<'p> {
    fn of(method: Method, path: &[&'p str]) -> Result<Self, Error> {
        let method = if method == Method::Head { Method::Get } else { method };
        let (path, metadata) = match path {
            [place @ .., "metadata"] if place.len() >= 2 => (place, true),
            _ => (path, false),
        };
        let found = match (method, path) {
            (Method::Get, ["studies", ..]) if metadata => Self::Metadata(Place::of(path)?),
            (Method::Post, ["studies"]) => Self::Store { study: None },
            (Method::Post, ["studies", study]) => Self::Store { study: Some(uid::check(study)?) },
            (Method::Get, ["studies"]) => Self::Search(Resource::Studies),
            (Method::Get, ["series"]) => Self::Search(Resource::Series),
            (Method::Get, ["instances"]) => Self::Search(Resource::Instances),
            (Method::Get, ["studies", study, "series"]) => {
                Self::Search(Resource::StudySeries { study: (*study).to_owned() })
            }
            (Method::Get, ["studies", study, "instances"]) => {
                Self::Search(Resource::StudyInstances { study: (*study).to_owned() })
            }
            (Method::Get, ["studies", study, "series", series, "instances"]) => {
                let (study, series) = ((*study).to_owned(), (*series).to_owned());
                Self::Search(Resource::SeriesInstances { study, series })
            }
            (Method::Get, ["studies", ..]) => Self::Retrieve(Place::of(path)?),
            (Method::Delete, ["studies", _, ..]) if !metadata => Self::Delete(Place::of(path)?),
            (_, ["studies" | "series" | "instances"] | ["studies", ..]) => {
                let detail = format!("{} is not for this address", method.as_str());
                return Err(Error::new(ErrorKind::MethodNotAllowed, detail));
            }
            _ => return Err(Error::new(ErrorKind::NotFound, "there is no such address in a DICOM service")),
        };
        if let Self::Search(resource) = &found {
            resource.check()?;
        }
        Ok(found)
    }

    fn needs(&self) -> DicomAction {
        match self {
            Self::Store { .. } => DicomAction::Write,
            Self::Search(_) | Self::Retrieve(_) | Self::Metadata(_) => DicomAction::Read,
            Self::Delete(_) => DicomAction::Delete,
        }
    }

    /// The name of the transaction in the audit record.
    fn name(&self) -> &'static str {
        match self {
            Self::Store { .. } => "store-instances",
            Self::Search(_) => "search",
            Self::Retrieve(_) => "retrieve",
            Self::Metadata(_) => "retrieve-metadata",
            Self::Delete(_) => "delete",
        }
    }

    /// Kind and id of what the address names, for the audit record.
    fn target(&self) -> (Option<&'static str>, Option<String>) {
        match self {
            Self::Store { study } => (Some(document::STUDY), study.map(str::to_owned)),
            Self::Search(resource) => {
                let id = match (resource.study(), resource.series()) {
                    (Some(study), Some(series)) => Some(format!("{study}/{series}")),
                    (study, _) => study.map(str::to_owned),
                };
                (Some(document::kind_of(resource.level())), id)
            }
            Self::Retrieve(place) | Self::Metadata(place) | Self::Delete(place) => {
                let key = place.key();
                (Some(place.kind()), Some(key.id().to_owned()))
            }
        }
    }
}

impl DicomService {
    pub(crate) fn new(store: Arc<dyn Store>, blobs: Arc<dyn Blobs>) -> Self {
        Self { store, blobs }
    }

    /// Answers a request whose path below the service's version is `path`.
    pub(crate) fn handle(&self, exchange: &Exchange<'_>, path: &[&str], request: Request<'_>) -> Response {
        let head = request.method() == Method::Head;
        let response = self.answer(exchange, path, request).unwrap_or_else(Error::into_plain);
        if head { response.without_body() } else { response }
    }

    fn answer(
        &self,
        exchange: &Exchange<'_>,
        path: &[&str],
        mut request: Request<'_>,
    ) -> Result<Response, Error> {
        let transaction = Transaction::of(request.method(), path)?;
        let (kind, id) = transaction.target();
        let trail = exchange.trail(transaction.name(), kind, id.as_deref());
        exchange
            .allow_dicom(transaction.needs())
            .or_else(|denied| self.noted(&trail, Err(denied)).map(|_| ()))?;
        let rules = rules(exchange);
        match transaction {
            Transaction::Store { study } => self.stow(exchange, &trail, &rules, study, &mut request),
            Transaction::Delete(place) => self.delete(exchange, &trail, place),
            Transaction::Search(resource) => {
                self.noted(&trail, self.search(exchange, &rules, &resource, &request))
            }
            Transaction::Retrieve(place) => self.noted(&trail, self.retrieve(exchange, place, &request)),
            Transaction::Metadata(place) => self.noted(&trail, self.metadata(exchange, place, &request)),
        }
    }

    /// Leaves the audit record of a call that wrote nothing.
    fn noted(&self, trail: &Trail, answer: Result<Response, Error>) -> Result<Response, Error> {
        let status = match &answer {
            Ok(response) => response.status(),
            Err(error) => error.status(),
        };
        self.store.note(trail.record(status))?;
        answer
    }
}

/// The rules of the version that the address names.
fn rules(exchange: &Exchange<'_>) -> Rules {
    let api = if exchange.base().ends_with("/v1") { ApiVersion::V1 } else { ApiVersion::V2 };
    Rules::HYGEA.with_api(api)
}

/// All Accept headers as one.
fn accept(request: &Request<'_>) -> Option<String> {
    let all: Vec<&str> = request.headers().all("accept").collect();
    (!all.is_empty()).then(|| all.join(", "))
}
