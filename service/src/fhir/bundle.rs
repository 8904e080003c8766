//! Batch and transaction (<https://hl7.org/fhir/R4/http.html#transaction>): one entry after the other, or all in one commit.
//!
//! A transaction reads the whole Bundle first, gives every new resource its id, rewrites the references between
//! entries, and hands the store one batch: deletes, then creates, then updates. Reads are answered from the state
//! after the commit.

use super::read::current;
use super::write::{Return, Written, check_id, expected, json_body, written};
use super::{FhirService, Interaction};
use crate::address;
use crate::error::{Error, ErrorKind, FHIR_JSON};
use crate::exchange::Exchange;
use crate::headers::Headers;
use crate::request::{Method, Request};
use crate::response::{Content, Response};
use hygea_fhir_model::json::{Document, Node, Options, Writer};
use hygea_store::{Batch, Expect, Key, Write};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// One entry of a Bundle that asks for something.
struct Entry<'d> {
    index: usize,
    full_url: Option<&'d str>,
    method: Method,
    /// Path and query below the service's base.
    target: &'d str,
    request: Node<'d>,
    resource: Option<Node<'d>>,
}

/// What a transaction does for an entry.
enum Step<'d> {
    Delete { key: Key, expect: Expect },
    Put { key: Key, expect: Expect, resource: Node<'d>, created: bool },
    Get,
}

impl FhirService {
    pub(super) fn bundle(
        &self,
        exchange: &Exchange<'_>,
        request: &mut Request<'_>,
    ) -> Result<Response, Error> {
        let wanted =
            if request.headers().first("prefer").is_some() { Return::of(request)? } else { Return::Minimal };
        let bytes = json_body(request, self.settings.max_bundle_bytes)?;
        let options = Options { max_bytes: self.settings.max_bundle_bytes, ..Options::default() };
        let document = Document::parse_with(&bytes, &options)?;
        let bundle = document.root();
        if bundle.get("resourceType").and_then(Node::as_str) != Some("Bundle") {
            return Err(
                Error::new(ErrorKind::InvalidResource, "the base address takes a Bundle").at("resourceType")
            );
        }
        match bundle.get("type").and_then(Node::as_str) {
            Some("transaction") => self.transaction(exchange, bundle, wanted),
            Some("batch") => self.batch(exchange, bundle),
            _ => {
                let detail = "a Bundle that is posted has the type batch or transaction";
                Err(Error::new(ErrorKind::InvalidResource, detail).at("Bundle.type"))
            }
        }
    }

    /// Carries out each entry by itself; what one does another does not undo.
    fn batch(&self, exchange: &Exchange<'_>, bundle: Node<'_>) -> Result<Response, Error> {
        let mut writer = begin("batch-response");
        for (index, node) in entries(bundle).enumerate() {
            let answer =
                Entry::of(index, node, exchange.base()).and_then(|entry| self.single(exchange, &entry));
            write_answer(&mut writer, answer.unwrap_or_else(Error::into_fhir))?;
        }
        Ok(finish(writer))
    }

    /// Carries out one entry as the request that it describes.
    fn single(&self, exchange: &Exchange<'_>, entry: &Entry<'_>) -> Result<Response, Error> {
        let (path, _) = entry.target.split_once('?').unwrap_or((entry.target, ""));
        let segments = address::segments(path)?;
        let segments: Vec<&str> = segments.iter().map(|segment| &**segment).collect();
        if segments.is_empty() {
            return Err(Error::new(ErrorKind::NotSupported, "a Bundle inside a Bundle is not carried out")
                .at(entry.path()));
        }
        let mut request = Request::new(entry.method, entry.target).with_headers(entry.headers());
        if let Some(resource) = entry.resource {
            request = request.body(resource.raw());
        }
        self.answer(exchange, &segments, request)
    }

    fn transaction(
        &self,
        exchange: &Exchange<'_>,
        bundle: Node<'_>,
        wanted: Return,
    ) -> Result<Response, Error> {
        self.check(bundle)?;
        let entries: Vec<Entry<'_>> = entries(bundle)
            .enumerate()
            .map(|(index, node)| Entry::of(index, node, exchange.base()))
            .collect::<Result<_, _>>()?;
        let steps: Vec<Step<'_>> = entries
            .iter()
            .map(|entry| self.step(exchange, entry).map_err(|error| error.at(entry.path())))
            .collect::<Result<_, _>>()?;
        refuse_duplicates(&entries, &steps)?;
        let names = identities(&entries, &steps);
        let rewrite = |member: &str, text: &str| rewritten(&names, member, text);

        let mut batch = Batch::at(exchange.now());
        let mut order = Vec::with_capacity(steps.len());
        for turn in [Turn::Delete, Turn::Create, Turn::Update] {
            for (entry, step) in entries.iter().zip(&steps).filter(|(_, step)| step.turn() == turn) {
                let write = match step {
                    Step::Delete { key, expect } => Write::delete(key.clone()).expect(*expect),
                    Step::Put { key, expect, resource, .. } => {
                        resolved(*resource, &names).map_err(|error| error.at(entry.path()))?;
                        let put = self.put(*resource, key.kind(), key.id(), exchange.base(), &rewrite);
                        put.map_err(|error| error.at(format!("{}.resource", entry.path())))?.expect(*expect)
                    }
                    Step::Get => continue,
                };
                let (interaction, status) = match step {
                    Step::Delete { .. } => ("delete", 204),
                    Step::Put { created: true, .. } => ("create", 201),
                    _ => ("update", 200),
                };
                batch.audit.push(exchange.trail(interaction, None, None).record_of(write.key(), status));
                batch.writes.push(write);
                order.push(entry.index);
            }
        }
        let results = if batch.writes.is_empty() {
            Vec::new()
        } else {
            let place = |write: usize| {
                order.get(write).map_or_else(String::new, |index| format!("Bundle.entry[{index}]"))
            };
            self.store
                .commit(batch)
                .map_err(|error| match error.write() {
                    Some(write) => Error::from(error).at(place(write)),
                    None => Error::from(error),
                })?
                .results
        };
        let mut results_by_entry: HashMap<usize, hygea_store::Written> =
            order.iter().copied().zip(results).collect();

        let mut writer = begin("transaction-response");
        for (entry, step) in entries.iter().zip(&steps) {
            match (step, results_by_entry.remove(&entry.index)) {
                (Step::Put { key, .. }, Some(result)) => {
                    self.write_put(exchange, &mut writer, &written(key, Some(&result))?, wanted)?;
                }
                (Step::Delete { .. }, _) => write_answer(&mut writer, Response::new(204))?,
                _ => {
                    write_answer(&mut writer, self.single(exchange, entry).unwrap_or_else(Error::into_fhir))?
                }
            }
        }
        Ok(finish(writer))
    }

    /// What the transaction does for an entry.
    fn step<'d>(&self, exchange: &Exchange<'_>, entry: &Entry<'d>) -> Result<Step<'d>, Error> {
        let (path, query) = entry.target.split_once('?').unwrap_or((entry.target, ""));
        let segments = address::segments(path)?;
        let segments: Vec<&str> = segments.iter().map(|segment| &**segment).collect();
        let interaction = Interaction::of(entry.method, &segments)?;
        if let (Some(kind), _) = interaction.target() {
            self.known_type(kind)?;
        }
        let conditional = !query.is_empty() || entry.condition("ifNoneExist").is_some();
        if let Some(needed) = interaction.needs(&entry.headers()) {
            exchange.allow_fhir(needed, interaction.target().0)?;
        }
        let resource = || {
            let missing =
                || Error::new(ErrorKind::InvalidResource, "the entry needs a resource").at("resource");
            entry.resource.ok_or_else(missing)
        };
        let expect = expected(
            entry.condition("ifMatch"),
            entry.condition("ifNoneMatch").filter(|_| entry.method == Method::Put),
        );
        match interaction {
            Interaction::Create { .. } | Interaction::Update { .. } | Interaction::Delete { .. }
                if conditional =>
            {
                Err(Error::new(ErrorKind::NotSupported, "conditional writes are not served yet")
                    .at("request"))
            }
            Interaction::Create { kind } => {
                let key = Key::new(kind, exchange.new_id());
                Ok(Step::Put { key, expect: Expect::Absent, resource: resource()?, created: true })
            }
            Interaction::Update { kind, id } => {
                check_id(id)?;
                let resource = resource()?;
                self.same_id(resource, id)?;
                Ok(Step::Put { key: Key::new(kind, id), expect: expect?, resource, created: false })
            }
            Interaction::Delete { kind, id } => Ok(Step::Delete { key: Key::new(kind, id), expect: expect? }),
            Interaction::Read { .. }
            | Interaction::ReadVersion { .. }
            | Interaction::Search { form: false, .. }
            | Interaction::History { .. } => Ok(Step::Get),
            Interaction::Capabilities | Interaction::Bundle | Interaction::Search { .. } => {
                Err(Error::new(ErrorKind::NotSupported, "a transaction does not carry this out")
                    .at("request"))
            }
        }
    }

    /// Writes the answer to a put.
    fn write_put(
        &self,
        exchange: &Exchange<'_>,
        writer: &mut Writer,
        written: &Written,
        wanted: Return,
    ) -> Result<(), Error> {
        writer.begin_object();
        writer.name("fullUrl");
        writer.string(&format!("{}/{}/{}", exchange.base(), written.kind, written.id));
        if wanted == Return::Representation {
            writer.name("resource");
            writer.raw_bytes(&current(&self.read(&written.kind, &written.id)?));
        }
        writer.name("response");
        writer.object(|writer| {
            let last_modified = written.last_modified();
            let members = [
                ("status", written.status_line()),
                ("location", &written.location(exchange.base())),
                ("etag", &written.etag()),
                ("lastModified", &last_modified),
            ];
            for (name, value) in members {
                writer.name(name);
                writer.string(value);
            }
        });
        writer.end_object();
        Ok(())
    }
}

/// The members of `Bundle.entry.request` that stand for headers.
const CONDITIONS: &[(&str, &str)] = &[
    ("ifMatch", "if-match"),
    ("ifNoneMatch", "if-none-match"),
    ("ifModifiedSince", "if-modified-since"),
    ("ifNoneExist", "if-none-exist"),
];

fn entries(bundle: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    bundle.get("entry").into_iter().flat_map(Node::items)
}

impl<'d> Entry<'d> {
    fn of(index: usize, node: Node<'d>, base: &str) -> Result<Self, Error> {
        let fault = |what: &str, place: &str| {
            Error::new(ErrorKind::InvalidResource, what).at(format!("Bundle.entry[{index}].{place}"))
        };
        let request = node.get("request").ok_or_else(|| fault("the entry needs a request", "request"))?;
        let method = request.get("method").and_then(Node::as_str).and_then(Method::parse);
        let method = method.ok_or_else(|| {
            fault("request.method is GET, HEAD, POST, PUT, PATCH or DELETE", "request.method")
        })?;
        let url = request.get("url").and_then(Node::as_str);
        let url = url.ok_or_else(|| fault("request.url is the address below the base", "request.url"))?;
        let target = url.strip_prefix(base).unwrap_or(url);
        Ok(Self {
            index,
            full_url: node.get("fullUrl").and_then(Node::as_str),
            method,
            target: target.strip_prefix('/').unwrap_or(target),
            request,
            resource: node.get("resource"),
        })
    }

    fn condition(&self, member: &str) -> Option<&'d str> {
        self.request.get(member).and_then(Node::as_str)
    }

    /// The conditions of the entry as the headers that they stand for.
    fn headers(&self) -> Headers {
        CONDITIONS.iter().filter_map(|(member, header)| Some((header, self.condition(member)?))).collect()
    }

    fn path(&self) -> String {
        format!("Bundle.entry[{}]", self.index)
    }
}

/// The order in which a transaction works.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Delete,
    Create,
    Update,
    Read,
}

impl Step<'_> {
    fn turn(&self) -> Turn {
        match self {
            Self::Delete { .. } => Turn::Delete,
            Self::Put { created: true, .. } => Turn::Create,
            Self::Put { .. } => Turn::Update,
            Self::Get => Turn::Read,
        }
    }

    fn key(&self) -> Option<&Key> {
        match self {
            Self::Delete { key, .. } | Self::Put { key, .. } => Some(key),
            Self::Get => None,
        }
    }
}

/// A resource may stand in a transaction once, and an address may name one entry.
fn refuse_duplicates(entries: &[Entry<'_>], steps: &[Step<'_>]) -> Result<(), Error> {
    let mut keys = HashSet::with_capacity(steps.len());
    let mut urls = HashSet::with_capacity(steps.len());
    for (entry, step) in entries.iter().zip(steps) {
        let twice = step.key().is_some_and(|key| !keys.insert(key));
        if twice || matches!(step, Step::Put { .. }) && entry.full_url.is_some_and(|url| !urls.insert(url)) {
            let detail = "the same resource or fullUrl stands twice in the transaction";
            return Err(Error::new(ErrorKind::Duplicate, detail).at(entry.path()));
        }
    }
    Ok(())
}

/// From the addresses of the entries to the addresses that the resources get.
fn identities<'d>(entries: &[Entry<'d>], steps: &[Step<'_>]) -> HashMap<&'d str, String> {
    let mut names = HashMap::with_capacity(entries.len());
    for (entry, step) in entries.iter().zip(steps) {
        if let (Some(url), Step::Put { key, .. }) = (entry.full_url, step) {
            names.insert(url, format!("{}/{}", key.kind(), key.id()));
        }
    }
    names
}

/// Members that hold a URI that may name another entry, beside `reference` itself.
const URI_MEMBERS: &[&str] = &["uri", "url", "valueUri", "valueUrl", "valueUuid", "valueOid"];

/// The new text of a string that names an entry of the transaction.
fn rewritten<'n>(names: &'n HashMap<&str, String>, member: &str, text: &str) -> Option<Cow<'n, str>> {
    if member == "reference" || URI_MEMBERS.contains(&member) {
        if let Some(name) = names.get(text) {
            return Some(Cow::Borrowed(name));
        }
        let (address, fragment) = text.split_once('#').filter(|(address, _)| !address.is_empty())?;
        return names.get(address).map(|name| Cow::Owned(format!("{name}#{fragment}")));
    }
    if member != "div" || !text.contains("urn:") {
        return None;
    }
    // Links and images of the narrative: href="…" and src="…" that name an entry.
    let mut out = text.to_owned();
    for attribute in ["href", "src"] {
        for (url, name) in names.iter().filter(|(url, _)| url.starts_with("urn:")) {
            out = out.replace(&format!("{attribute}=\"{url}\""), &format!("{attribute}=\"{name}\""));
        }
    }
    Some(Cow::Owned(out))
}

/// A reference to a placeholder that no entry has can never be followed: the transaction is refused.
fn resolved(resource: Node<'_>, names: &HashMap<&str, String>) -> Result<(), Error> {
    let mut pending = vec![(resource, String::from("resource"))];
    while let Some((node, path)) = pending.pop() {
        for (name, value) in node.members() {
            if name == "reference" {
                let text = value.as_str().unwrap_or_default();
                let address = text.split('#').next().unwrap_or_default();
                if (text.starts_with("urn:uuid:") || text.starts_with("urn:oid:"))
                    && !names.contains_key(address)
                {
                    let detail = "the reference names a placeholder that no entry of the transaction has as its fullUrl";
                    return Err(
                        Error::new(ErrorKind::BrokenReference, detail).at(format!("{path}.reference"))
                    );
                }
            } else if value.is_object() {
                pending.push((value, format!("{path}.{name}")));
            } else {
                let items = value.items().enumerate().filter(|(_, item)| item.is_object());
                pending.extend(items.map(|(index, item)| (item, format!("{path}.{name}[{index}]"))));
            }
        }
    }
    Ok(())
}

fn begin(kind: &str) -> Writer {
    let mut writer = Writer::with_capacity(4096);
    writer.begin_object();
    writer.name("resourceType");
    writer.string("Bundle");
    writer.name("type");
    writer.string(kind);
    writer.name("entry");
    writer.begin_array();
    writer
}

fn finish(mut writer: Writer) -> Response {
    writer.end_array();
    writer.end_object();
    Response::new(200).body(FHIR_JSON, writer.into_bytes())
}

/// Writes a response as an entry.
fn write_answer(writer: &mut Writer, response: Response) -> Result<(), Error> {
    let (status, headers, content) = response.into_parts();
    let Content::Bytes(bytes) = content else {
        return Err(Error::new(ErrorKind::Storage, "an entry of a Bundle cannot be streamed"));
    };
    writer.begin_object();
    let failed = status >= 400;
    if !bytes.is_empty() && !failed {
        writer.name("resource");
        writer.raw_bytes(&bytes);
    }
    writer.name("response");
    writer.object(|writer| {
        writer.name("status");
        writer.string(&format!("{status} {}", reason(status)));
        for (header, member) in [("location", "location"), ("etag", "etag")] {
            if let Some(value) = headers.first(header) {
                writer.name(member);
                writer.string(value);
            }
        }
        if failed && !bytes.is_empty() {
            writer.name("outcome");
            writer.raw_bytes(&bytes);
        }
    });
    writer.end_object();
    Ok(())
}

/// The words behind a status (RFC 9110 §15).
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        507 => "Insufficient Storage",
        _ => "Error",
    }
}
