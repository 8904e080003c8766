//! FHIR's RESTful API (<https://hl7.org/fhir/R4/http.html>): one file an interaction.

mod bundle;
mod capability;
mod history;
mod index;
mod read;
mod search;
mod stored;
mod write;

use crate::audit::Trail;
use crate::error::{Error, ErrorKind, FHIR_JSON};
use crate::exchange::Exchange;
use crate::headers::Headers;
use crate::request::{Method, Request};
use crate::response::Response;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_store::Store;
use hygea_workspace::access::FhirInteraction;
use std::borrow::Cow;
use std::sync::Arc;

/// One FHIR service: the resources of one version in one store.
#[derive(Debug)]
pub(crate) struct FhirService {
    store: Arc<dyn Store>,
    schema: &'static Schema,
    index: index::Index,
    settings: Settings,
}

/// What a FHIR service allows and how it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The most bytes of a resource; 64 MB unless set.
    pub max_resource_bytes: usize,
    /// The most bytes of a Bundle; 256 MB unless set.
    pub max_bundle_bytes: usize,
    /// The entries of a page where the search does not say; 20 unless set.
    pub page: usize,
    /// The most entries of a page; 1,000 unless set.
    pub max_page: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_resource_bytes: 64_000_000, max_bundle_bytes: 256_000_000, page: 20, max_page: 1000 }
    }
}

/// An interaction of the API, as its address and method tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interaction<'p> {
    Capabilities,
    Bundle,
    Create { kind: &'p str },
    Search { kind: &'p str, form: bool },
    Read { kind: &'p str, id: &'p str },
    ReadVersion { kind: &'p str, id: &'p str, version: &'p str },
    History { kind: &'p str, id: &'p str },
    Update { kind: &'p str, id: &'p str },
    Delete { kind: &'p str, id: &'p str },
}

impl<'p> Interaction<'p> {
    /// The interaction of a method and the path below the service's base.
    pub(crate) fn of(method: Method, path: &[&'p str]) -> Result<Self, Error> {
        let method = if method == Method::Head { Method::Get } else { method };
        Ok(match (method, path) {
            (Method::Get, ["metadata"]) => Self::Capabilities,
            (Method::Post, []) => Self::Bundle,
            (Method::Post, [kind, "_search"]) => Self::Search { kind, form: true },
            (_, [.., last]) if last.starts_with('$') => {
                return Err(Error::new(ErrorKind::NotSupported, "this service has no operations yet"));
            }
            (Method::Get, [kind]) if is_type_name(kind) => Self::Search { kind, form: false },
            (Method::Post, [kind]) if is_type_name(kind) => Self::Create { kind },
            (Method::Get, [kind, id]) if *id != "_history" => Self::Read { kind, id },
            (Method::Put, [kind, id]) => Self::Update { kind, id },
            (Method::Delete, [kind, id]) => Self::Delete { kind, id },
            (Method::Get, [kind, id, "_history"]) => Self::History { kind, id },
            (Method::Get, [kind, id, "_history", version]) => Self::ReadVersion { kind, id, version },
            (_, [] | [_] | [_, _] | [_, _, "_history"] | [_, _, "_history", _]) => {
                let detail = format!("{} is not for this address", method.as_str());
                return Err(Error::new(ErrorKind::MethodNotAllowed, detail));
            }
            _ => return Err(Error::new(ErrorKind::NotFound, "there is no such address in a FHIR service")),
        })
    }

    /// What the caller must be allowed to do, as the roles name it. A bundle needs nothing for itself, its entries do.
    fn needs(self, headers: &Headers) -> Option<FhirInteraction> {
        Some(match self {
            Self::Capabilities | Self::Bundle => return None,
            Self::Create { .. } => FhirInteraction::Create,
            Self::Search { .. } => FhirInteraction::Search,
            Self::Read { .. } | Self::ReadVersion { .. } | Self::History { .. } => FhirInteraction::Read,
            Self::Update { .. } if headers.first("if-none-match").is_some() => FhirInteraction::Create,
            Self::Update { .. } if headers.first("if-match").is_some() => FhirInteraction::Update,
            Self::Update { .. } => FhirInteraction::Upsert,
            Self::Delete { .. } => FhirInteraction::Delete,
        })
    }

    /// The name of the interaction in the standard (<https://hl7.org/fhir/R4/valueset-type-restful-interaction.html>).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::Bundle => "transaction",
            Self::Create { .. } => "create",
            Self::Search { .. } => "search-type",
            Self::Read { .. } => "read",
            Self::ReadVersion { .. } => "vread",
            Self::History { .. } => "history-instance",
            Self::Update { .. } => "update",
            Self::Delete { .. } => "delete",
        }
    }

    /// The type and id that the address names, for the audit record.
    fn target(self) -> (Option<&'p str>, Option<&'p str>) {
        match self {
            Self::Capabilities | Self::Bundle => (None, None),
            Self::Create { kind } | Self::Search { kind, .. } => (Some(kind), None),
            Self::Read { kind, id }
            | Self::ReadVersion { kind, id, .. }
            | Self::History { kind, id }
            | Self::Update { kind, id }
            | Self::Delete { kind, id } => (Some(kind), Some(id)),
        }
    }
}

fn is_type_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

impl FhirService {
    /// The service over its store.
    ///
    /// # Errors
    /// [`ErrorKind::Unprocessable`] if this build has no tables for the version.
    pub(crate) fn new(version: Version, store: Arc<dyn Store>, settings: Settings) -> Result<Self, Error> {
        let missing =
            || Error::new(ErrorKind::Unprocessable, format!("this build does not serve FHIR {version}"));
        let schema = Schema::of(version).ok_or_else(missing)?;
        let index = index::Index::of(version).ok_or_else(missing)?;
        Ok(Self { store, schema, index, settings })
    }

    /// Answers a request whose path below the service is `path`.
    pub(crate) fn handle(&self, exchange: &Exchange<'_>, path: &[&str], request: Request<'_>) -> Response {
        let head = request.method() == Method::Head;
        let response = self.answer(exchange, path, request).unwrap_or_else(Error::into_fhir);
        if head { response.without_body() } else { response }
    }

    fn answer(
        &self,
        exchange: &Exchange<'_>,
        path: &[&str],
        mut request: Request<'_>,
    ) -> Result<Response, Error> {
        let interaction = Interaction::of(request.method(), path)?;
        accepts_json(&request)?;
        if let (Some(kind), _) = interaction.target() {
            self.known_type(kind)?;
        }
        let (kind, id) = interaction.target();
        let trail = exchange.trail(interaction.name(), kind, id);
        if let Some(needed) = interaction.needs(request.headers()) {
            exchange.allow_fhir(needed, kind).or_else(|denied| self.noted(&trail, Err(denied)))?;
        }
        match interaction {
            Interaction::Capabilities => Ok(self.capabilities(exchange)),
            Interaction::Bundle => self.bundle(exchange, &mut request),
            Interaction::Create { kind } => self.create_request(exchange, &trail, kind, &mut request),
            Interaction::Update { kind, id } => self.update_request(exchange, &trail, kind, id, &mut request),
            Interaction::Delete { kind, id } => self.delete_request(exchange, &trail, kind, id, &request),
            Interaction::Read { kind, id } => {
                self.noted(&trail, self.read_request(exchange, kind, id, &request))
            }
            Interaction::ReadVersion { kind, id, version } => {
                self.noted(&trail, self.read_version_request(exchange, kind, id, version))
            }
            Interaction::History { kind, id } => {
                self.noted(&trail, self.history_request(exchange, kind, id, &request))
            }
            Interaction::Search { kind, form } => {
                let answer = self.search_request(exchange, kind, form, &mut request);
                self.noted(&trail, answer)
            }
        }
    }

    /// Leaves the audit record of a call that wrote nothing.
    fn noted<T: Answered>(&self, trail: &Trail, answer: Result<T, Error>) -> Result<T, Error> {
        let status = match &answer {
            Ok(response) => response.status(),
            Err(error) => error.status(),
        };
        self.store.note(trail.record(status))?;
        answer
    }

    fn known_type(&self, kind: &str) -> Result<(), Error> {
        match self.schema.resource(kind) {
            Some(_) => Ok(()),
            None => {
                let version = self.schema.version();
                Err(Error::new(
                    ErrorKind::UnknownType,
                    format!("FHIR {version} has no resource type of this name"),
                ))
            }
        }
    }
}

/// What a call ends with, as far as its audit record is concerned.
trait Answered {
    fn status(&self) -> u16;
}

impl Answered for Response {
    fn status(&self) -> u16 {
        Self::status(self)
    }
}

impl Answered for () {
    fn status(&self) -> u16 {
        200
    }
}

/// Refuses a caller that takes no JSON.
fn accepts_json(request: &Request<'_>) -> Result<(), Error> {
    let wanted = query_value(request.query(), "_format");
    let wanted = wanted.as_deref().or_else(|| request.headers().first("accept"));
    let Some(wanted) = wanted else { return Ok(()) };
    let json = wanted.split(',').any(|range| {
        let range = range.split(';').next().unwrap_or_default().trim();
        matches!(
            range,
            "" | "*/*"
                | "application/*"
                | "json"
                | "application/json"
                | "text/json"
                | "application/fhir json"
        ) || range == "application/fhir+json"
    });
    if json {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::NotAcceptable, "this service answers application/fhir+json"))
    }
}

/// The first value of a query parameter, decoded.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (crate::address::decode_query(key)? == name)
            .then(|| crate::address::decode_query(value))
            .flatten()
            .map(Cow::into_owned)
    })
}

/// The answer that carries one resource.
fn resource_response(status: u16, bytes: Vec<u8>) -> Response {
    Response::new(status).body(FHIR_JSON, bytes)
}
