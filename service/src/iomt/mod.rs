//! Device messages: mapped to Observations and written to the FHIR service that the connector names.
//!
//! A request's messages are one batch: mapped, grouped, and committed together. A message that cannot be mapped is kept in the
//! connector's own store with the reason, so that nothing that was accepted is lost.

mod body;
mod destination;

use crate::audit::Trail;
use crate::error::{Error, ErrorKind, JSON};
use crate::exchange::Exchange;
use crate::fhir::FhirService;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::services::{Opened, Services};
use destination::{Destination, Written};
use hygea_fhir_model::json::{Object, Value};
use hygea_iomt_mapper::{
    DeviceMapping, Error as MapperError, FhirMapping, Mapper, Measurement, Mode, Resolution,
};
use hygea_store::{Batch, Key, Store, Write};
use hygea_workspace::access::{FhirInteraction, IOT_SEND};
use hygea_workspace::services::{FhirDestination, IdentityResolution, IotConnector};
use hygea_workspace::{Kind, Resource, ResourceId};
use std::sync::{Arc, Mutex, PoisonError};

/// The most bytes of a request's messages together.
const MAX_BODY_BYTES: usize = 64_000_000;
/// The most messages of one request.
const MAX_MESSAGES: usize = 100_000;

/// One connector: its mappings and where it writes.
#[derive(Debug)]
pub(crate) struct Connector {
    store: Arc<dyn Store>,
    target: Option<Target>,
    /// One batch of a connector at a time, so that messages of a device meet the Observation that the earlier ones left.
    turn: Mutex<()>,
}

#[derive(Debug)]
struct Target {
    mapper: Mapper,
    resolution: Resolution,
    service: ResourceId,
}

/// A message that could not be mapped.
struct Failure {
    message: usize,
    reason: MapperError,
}

impl Connector {
    /// The connector of a resource, with the destination below it if there is one.
    ///
    /// # Errors
    /// If the stored mappings cannot be read, which setting them rules out.
    pub(crate) fn new(
        connector: &Resource,
        destination: Option<&Resource>,
        store: Arc<dyn Store>,
    ) -> Result<Self, Error> {
        let device = IotConnector::new(connector).and_then(|connector| connector.device_mapping());
        let destination = destination.and_then(FhirDestination::new);
        let target = match (device, destination) {
            (Some(device), Some(destination)) => {
                let fhir = destination.fhir_mapping().unwrap_or_default();
                let resolution = match destination.identity_resolution() {
                    IdentityResolution::Create => Resolution::Create,
                    IdentityResolution::Lookup => Resolution::Lookup,
                };
                let mapper = Mapper::new(device.as_bytes(), fhir.as_bytes(), Mode::Compat)?;
                Some(Target { mapper, resolution, service: destination.fhir_service()? })
            }
            _ => None,
        };
        Ok(Self { store, target, turn: Mutex::default() })
    }

    /// Answers a request to the connector.
    pub(crate) fn handle(
        &self,
        exchange: &Exchange<'_>,
        services: &Services,
        origin: &str,
        path: &[&str],
        request: Request<'_>,
    ) -> Response {
        let answer = match (request.method(), path) {
            (Method::Post, ["messages"]) => self.messages(exchange, services, origin, request),
            (_, ["messages"]) => Err(Error::new(ErrorKind::MethodNotAllowed, "messages are posted")),
            _ => Err(Error::new(
                ErrorKind::NotFound,
                "messages are posted to /{workspace}/iot/{connector}/messages",
            )),
        };
        answer.unwrap_or_else(Error::into_plain)
    }

    fn messages(
        &self,
        exchange: &Exchange<'_>,
        services: &Services,
        origin: &str,
        mut request: Request<'_>,
    ) -> Result<Response, Error> {
        let trail = exchange.trail("send-messages", None, None);
        exchange.allow(IOT_SEND).or_else(|denied| self.denied(&trail, denied))?;
        let unset = || {
            Error::new(
                ErrorKind::Unprocessable,
                "the connector has no device mapping or no FHIR destination yet",
            )
        };
        let target = self.target.as_ref().ok_or_else(unset)?;
        let fhir = destination_service(services, &target.service)?;
        let inner = exchange.of_service(target.service.clone(), fhir_base(origin, &target.service));
        inner
            .allow_fhir(FhirInteraction::Upsert, Some("Observation"))
            .or_else(|denied| self.denied(&trail, denied))?;

        let lines =
            request.headers().first("content-type").is_some_and(|media_type| media_type.contains("ndjson"));
        let bytes = request.take_body().into_bytes(MAX_BODY_BYTES)?;
        let messages = body::messages(&bytes, lines)?;
        if messages.len() > MAX_MESSAGES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("a request holds at most {MAX_MESSAGES} messages"),
            ));
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let done = target.map(&inner, &fhir, &messages)?;
        self.keep(exchange, &trail, &messages, &done.failures)?;
        Ok(Response::new(202).body(JSON, done.summary(messages.len()).to_json().into_bytes()))
    }

    fn denied(&self, trail: &Trail, error: Error) -> Result<(), Error> {
        self.store.note(trail.record(error.status()))?;
        Err(error)
    }

    /// Keeps the messages that could not be mapped, and the audit record of the call.
    fn keep(
        &self,
        exchange: &Exchange<'_>,
        trail: &Trail,
        messages: &[&[u8]],
        failures: &[Failure],
    ) -> Result<(), Error> {
        let mut batch = Batch::at(exchange.now()).audit(trail.record(202));
        for failure in failures {
            let payload =
                messages.get(failure.message).map(|message| String::from_utf8_lossy(message).into_owned());
            let letter = Object::new()
                .with("reason", failure.reason.to_string())
                .with("path", failure.reason.path())
                .with_some("payload", payload);
            let key = Key::new("DeadLetter", exchange.new_id());
            batch.writes.push(Write::put(key, Value::from(letter).to_json().into_bytes(), Vec::new()));
        }
        self.store.commit(batch)?;
        Ok(())
    }
}

/// What became of a batch of messages.
#[derive(Default)]
struct Done {
    measurements: usize,
    unmatched: usize,
    written: Written,
    failures: Vec<Failure>,
}

impl Done {
    fn summary(&self, received: usize) -> Value {
        let failures: Vec<Value> = self
            .failures
            .iter()
            .take(100)
            .map(|failure| {
                Object::new()
                    .with("message", failure.message)
                    .with("path", failure.reason.path())
                    .with("reason", failure.reason.to_string())
                    .into()
            })
            .collect();
        let observations = Object::new()
            .with("created", self.written.created)
            .with("updated", self.written.updated)
            .with("unchanged", self.written.unchanged);
        Object::new()
            .with("received", received)
            .with("measurements", self.measurements)
            .with("unmatched", self.unmatched)
            .with("failed", self.failures.len())
            .with("observations", Value::from(observations))
            .with("failures", failures)
            .into()
    }
}

impl Target {
    fn map(&self, exchange: &Exchange<'_>, fhir: &FhirService, messages: &[&[u8]]) -> Result<Done, Error> {
        let mut done = Done::default();
        let mut events = Vec::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            match self.mapper.event(message) {
                Ok(event) => events.push((index, event)),
                Err(reason) => done.failures.push(Failure { message: index, reason }),
            }
        }
        let mut measurements: Vec<Measurement<'_>> = Vec::with_capacity(events.len());
        // The message that each measurement came from.
        let mut sources = Vec::with_capacity(events.len());
        for (index, event) in &events {
            let before = measurements.len();
            if let Err(reason) = self.mapper.normalize(event.root(), &mut measurements) {
                done.failures.push(Failure { message: *index, reason });
            } else if measurements.len() == before {
                done.unmatched += 1;
            }
            sources.resize(measurements.len(), *index);
        }
        done.measurements = measurements.len();
        let destination = Destination::new(exchange, fhir, &self.mapper, self.resolution);
        let source = |measurement: &usize| sources.get(*measurement).copied().unwrap_or_default();
        done.written = destination.write(&measurements, |places, reason| {
            done.failures.push(Failure { message: places.first().map(source).unwrap_or_default(), reason });
        })?;
        Ok(done)
    }
}

/// The FHIR service that a connector writes to.
fn destination_service(services: &Services, id: &ResourceId) -> Result<Arc<FhirService>, Error> {
    let workspace = id.enclosing(Kind::Workspace);
    let workspace = workspace.as_ref().map_or("", ResourceId::name);
    match services.find(workspace, Kind::FhirService, id.name()) {
        Ok((_, Opened::Fhir(fhir))) => Ok(fhir),
        _ => Err(Error::new(
            ErrorKind::Unprocessable,
            "the FHIR service that the connector names is not there",
        )),
    }
}

fn fhir_base(origin: &str, service: &ResourceId) -> String {
    let workspace = service.enclosing(Kind::Workspace);
    format!("{origin}/{}/fhir/{}", workspace.as_ref().map_or("", ResourceId::name), service.name())
}

/// Says what is wrong with the mapping of a connector or destination.
pub(crate) fn check_mapping(kind: Kind, mapping: &str) -> Result<(), String> {
    let checked = match kind {
        Kind::IotConnector => DeviceMapping::new(mapping.as_bytes(), Mode::Compat).map(|_| ()),
        Kind::FhirDestination => FhirMapping::new(mapping.as_bytes(), Mode::Compat).map(|_| ()),
        _ => Ok(()),
    };
    checked.map_err(|error| error.to_string())
}

/// A mapping that cannot be used, or a message that cannot be mapped.
impl From<MapperError> for Error {
    fn from(error: MapperError) -> Self {
        Self::new(ErrorKind::Unprocessable, error.to_string()).because(error)
    }
}
