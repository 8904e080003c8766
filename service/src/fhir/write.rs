//! Create, update, delete (<https://hl7.org/fhir/R4/http.html#create>): checked, indexed, committed, answered.

use super::stored::{stored_form, write_current};
use super::{FhirService, resource_response};
use crate::audit::Trail;
use crate::error::{Error, ErrorKind, FHIR_JSON, Issue, Severity, outcome};
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use crate::time::{http_date, instant};
use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::validate::{self, Rules};
use hygea_store::{Batch, Expect, Key, Write};
use std::borrow::Cow;

/// A resource as a write left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// The resource type.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// When it was written, in microseconds since 1970.
    pub modified: i64,
    /// Whether there was no such resource before.
    pub created: bool,
}

impl Written {
    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    pub(crate) fn location(&self, base: &str) -> String {
        format!("{base}/{}/{}/_history/{}", self.kind, self.id, self.version)
    }

    pub(crate) fn status_line(&self) -> &'static str {
        if self.created { "201 Created" } else { "200 OK" }
    }

    pub(crate) fn last_modified(&self) -> String {
        instant(self.modified)
    }
}

/// What the caller wants back (`Prefer: return=…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Return {
    Minimal,
    #[default]
    Representation,
    Outcome,
}

impl Return {
    pub(crate) fn of(request: &Request<'_>) -> Result<Self, Error> {
        let mut wanted = Self::default();
        for preference in request.headers().all("prefer").flat_map(|value| value.split([',', ';'])) {
            wanted = match preference.trim().strip_prefix("return=") {
                None => continue,
                Some("minimal") => Self::Minimal,
                Some("representation") => Self::Representation,
                Some("OperationOutcome") => Self::Outcome,
                Some(_) => {
                    let wanted = "Prefer: return= takes minimal, representation or OperationOutcome";
                    return Err(Error::new(ErrorKind::BadRequest, wanted));
                }
            };
        }
        Ok(wanted)
    }
}

impl FhirService {
    pub(super) fn create_request(
        &self,
        exchange: &Exchange<'_>,
        trail: &Trail,
        kind: &str,
        request: &mut Request<'_>,
    ) -> Result<Response, Error> {
        let wanted = Return::of(request)?;
        if request.headers().first("if-none-exist").is_some() {
            return Err(Error::new(ErrorKind::NotSupported, "conditional create is not served yet"));
        }
        let bytes = self.body(request)?;
        let document = self.checked(&bytes)?;
        let id = exchange.new_id();
        let write =
            self.put(document.root(), kind, &id, exchange.base(), &|_, _| None)?.expect(Expect::Absent);
        self.commit_one(exchange, trail, write, wanted)
    }

    pub(super) fn update_request(
        &self,
        exchange: &Exchange<'_>,
        trail: &Trail,
        kind: &str,
        id: &str,
        request: &mut Request<'_>,
    ) -> Result<Response, Error> {
        let wanted = Return::of(request)?;
        let expect = expected(request.headers().first("if-match"), request.headers().first("if-none-match"))?;
        let bytes = self.body(request)?;
        let document = self.checked(&bytes)?;
        self.same_id(document.root(), id)?;
        let write = self.put(document.root(), kind, id, exchange.base(), &|_, _| None)?.expect(expect);
        self.commit_one(exchange, trail, write, wanted)
    }

    pub(super) fn delete_request(
        &self,
        exchange: &Exchange<'_>,
        trail: &Trail,
        kind: &str,
        id: &str,
        request: &Request<'_>,
    ) -> Result<Response, Error> {
        let expect = expected(request.headers().first("if-match"), None)?;
        let write = Write::delete(Key::new(kind, id)).expect(expect);
        let commit = self.store.commit(Batch::at(exchange.now()).write(write).audit(trail.record(204)))?;
        let response = Response::new(204);
        Ok(match commit.results.first() {
            Some(written) if written.version > 0 => {
                response.header("etag", format!("W/\"{}\"", written.version))
            }
            _ => response,
        })
    }

    /// Commits one put and answers as the caller prefers.
    fn commit_one(
        &self,
        exchange: &Exchange<'_>,
        trail: &Trail,
        write: Write,
        wanted: Return,
    ) -> Result<Response, Error> {
        let (key, body) = match &write {
            Write::Put { key, body, .. } if wanted == Return::Representation => (key.clone(), body.clone()),
            other => (other.key().clone(), Vec::new()),
        };
        let status = if write.expectation() == Expect::Absent { 201 } else { 200 };
        let commit =
            self.store.commit(Batch::at(exchange.now()).write(write).audit(trail.record_of(&key, status)))?;
        let written = written(&key, commit.results.first())?;
        let status = if written.created { 201 } else { 200 };
        let response = match wanted {
            Return::Minimal => Response::new(status),
            Return::Representation => {
                let mut bytes = Vec::new();
                write_current(
                    &mut bytes,
                    &written.kind,
                    &written.id,
                    &body,
                    written.version,
                    written.modified,
                );
                resource_response(status, bytes)
            }
            Return::Outcome => {
                let issue = Issue {
                    severity: Severity::Information,
                    code: "informational",
                    diagnostics: format!("version {} was stored", written.version),
                    expression: None,
                    location: None,
                };
                resource_response(status, outcome(&[issue]).to_json().into_bytes())
            }
        };
        let response =
            response.header("etag", written.etag()).header("last-modified", http_date(written.modified));
        Ok(if written.created {
            response.header("location", written.location(exchange.base()))
        } else {
            response
        })
    }

    /// The bytes of a JSON body.
    pub(super) fn body<'b>(&self, request: &mut Request<'b>) -> Result<Cow<'b, [u8]>, Error> {
        json_body(request, self.settings.max_resource_bytes)
    }

    /// Reads a resource and checks its structure: a known type, known elements, JSON types, primitives.
    pub(crate) fn checked<'b>(&self, bytes: &'b [u8]) -> Result<Document<'b>, Error> {
        let document = Document::parse(bytes)?;
        self.check(document.root())?;
        Ok(document)
    }

    /// Checks the structure of a resource: what makes it FHIR JSON, and the format of its primitives. How often elements stand and
    /// which codes they hold is not a reason to refuse a record.
    pub(super) fn check(&self, resource: Node<'_>) -> Result<(), Error> {
        let rules = Rules { cardinality: false, bindings: false, max_issues: 20 };
        let faults: Vec<Issue> = validate::structure_with(resource, self.schema, &rules)
            .into_iter()
            .map(|fault| Issue {
                severity: Severity::Error,
                code: fault.code(),
                diagnostics: fault.detail().to_owned(),
                expression: Some(fault.expression().to_owned()),
                location: Some(resource.document().position(fault.offset()).to_string()),
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::with_issues(ErrorKind::InvalidResource, faults)) }
    }

    /// The write of a resource under an id: its stored text and its index values.
    pub(crate) fn put<'r>(
        &self,
        resource: Node<'_>,
        kind: &str,
        id: &str,
        base: &str,
        rewrite: &dyn Fn(&str, &str) -> Option<Cow<'r, str>>,
    ) -> Result<Write, Error> {
        if resource.get("resourceType").and_then(Node::as_str) != Some(kind) {
            let detail = "resourceType must be the type that the address names";
            return Err(Error::new(ErrorKind::InvalidResource, detail).at("resourceType"));
        }
        check_id(id)?;
        let body = stored_form(resource, kind, id, rewrite);
        let index = self.index.entries(&body, base)?;
        Ok(Write::put(Key::new(kind, id), body, index))
    }

    /// An update's body must hold the id of its address.
    pub(super) fn same_id(&self, resource: Node<'_>, id: &str) -> Result<(), Error> {
        if resource.get("id").and_then(Node::as_str) == Some(id) {
            return Ok(());
        }
        let detail = "the resource must have the id that the address names";
        Err(Error::new(ErrorKind::InvalidResource, detail).at("id"))
    }
}

/// What a put of the store became.
pub(super) fn written(key: &Key, result: Option<&hygea_store::Written>) -> Result<Written, Error> {
    let missing = || Error::new(ErrorKind::Storage, "the store did not say what became of a write");
    let result = result.ok_or_else(missing)?;
    Ok(Written {
        kind: key.kind().to_owned(),
        id: key.id().to_owned(),
        version: result.version,
        modified: result.modified,
        created: result.created,
    })
}

/// The bytes of a body that says it is JSON, or says nothing.
pub(super) fn json_body<'b>(request: &mut Request<'b>, limit: usize) -> Result<Cow<'b, [u8]>, Error> {
    let media_type = request.headers().first("content-type").unwrap_or(FHIR_JSON);
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !matches!(
        media_type,
        "application/fhir+json" | "application/json" | "text/json" | "application/json+fhir"
    ) {
        return Err(Error::new(ErrorKind::UnsupportedMediaType, "this service reads application/fhir+json"));
    }
    let bytes = request.take_body().into_bytes(limit)?;
    if bytes.is_empty() {
        return Err(Error::new(ErrorKind::BadBody, "the request has no body"));
    }
    Ok(bytes)
}

/// The ids of FHIR: 1 to 64 letters, digits, hyphens and dots.
pub(super) fn check_id(id: &str) -> Result<(), Error> {
    let legal = (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if legal {
        return Ok(());
    }
    Err(Error::new(ErrorKind::BadRequest, "an id has 1 to 64 letters, digits, hyphens and dots"))
}

/// What `If-Match` and `If-None-Match` want to find.
pub(super) fn expected(if_match: Option<&str>, if_none_match: Option<&str>) -> Result<Expect, Error> {
    if let Some(none) = if_none_match {
        if none.trim() != "*" || if_match.is_some() {
            let detail = "a write takes If-None-Match: * alone";
            return Err(Error::new(ErrorKind::BadRequest, detail));
        }
        return Ok(Expect::Absent);
    }
    let Some(tag) = if_match else { return Ok(Expect::Any) };
    if tag.trim() == "*" {
        return Ok(Expect::Exists);
    }
    let version = version_of(tag);
    version
        .map(Expect::Version)
        .ok_or_else(|| Error::new(ErrorKind::BadRequest, "If-Match takes an ETag such as W/\"3\""))
}

/// The version in an ETag of ours.
pub(super) fn version_of(tag: &str) -> Option<u64> {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}
