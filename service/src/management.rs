//! The management API: the rules are in `hygea-workspace`, the commit of what they decide is here.

use crate::call::Call;
use crate::error::{Error, ErrorKind};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::services::{Hierarchy, Services};
use crate::time::instant;
use hygea_fhir_model::json::{Object, Value};
use hygea_workspace::access::Principal;
use hygea_workspace::development::{self, Mappings};
use hygea_workspace::manage::{self, Context, ManagementRequest, Outcome};
use hygea_workspace::{Kind, Settings, Timestamp};

/// The most bytes of a body: a template with its mappings.
const MAX_BODY_BYTES: usize = 4 << 20;
/// The tenant of an engine for development.
const TENANT: &str = "00000000-0000-0000-0000-000000000000";

/// Answers a request to a management address.
pub(crate) fn handle(
    services: &Services,
    principal: &Principal,
    call: &Call,
    origin: &str,
    now: i64,
    mut request: Request<'_>,
) -> Response {
    let answer = request.take_body().into_bytes(MAX_BODY_BYTES).map_err(Error::from).and_then(|body| {
        let settings = Settings::new(origin, TENANT);
        let asked = Asked { request: &request, body: &body, principal, settings: &settings, now };
        if request.method().is_safe() {
            let hierarchy = services.hierarchy();
            let outcome = asked.decide(&hierarchy)?;
            services.note(record(call, principal, now, &outcome))?;
            return Ok(outcome);
        }
        let audit = |outcome: &Outcome| Some(record(call, principal, now, outcome));
        services.change(now, audit, |hierarchy| {
            let mut outcome = asked.decide(hierarchy)?;
            let changes = std::mem::take(&mut outcome.changes);
            Ok((outcome, changes))
        })
    });
    answer.map_or_else(Error::into_plain, response)
}

/// Makes what is missing of the services for development.
pub(crate) fn provision_development(services: &Services, now: i64) -> Result<(), Error> {
    let settings = Settings::new("http://localhost", TENANT);
    services.change(
        now,
        |()| None,
        |hierarchy| {
            let at = Timestamp::from_unix_micros(now);
            let changes =
                development::provision(&hierarchy.directory, &settings, Mappings::default(), at, seed())?;
            Ok(((), changes))
        },
    )
}

struct Asked<'a> {
    request: &'a Request<'a>,
    body: &'a [u8],
    principal: &'a Principal,
    settings: &'a Settings,
    now: i64,
}

impl Asked<'_> {
    fn decide(&self, hierarchy: &Hierarchy) -> Result<Outcome, Error> {
        let method = match self.request.method() {
            Method::Get => manage::Method::Get,
            Method::Head => manage::Method::Head,
            Method::Put => manage::Method::Put,
            Method::Patch => manage::Method::Patch,
            Method::Post => manage::Method::Post,
            Method::Delete => manage::Method::Delete,
            Method::Options => manage::Method::Other,
        };
        let headers = self.request.headers();
        let mut asked = ManagementRequest::new(method, self.request.path(), self.request.query(), self.body);
        asked.if_match = headers.first("if-match");
        asked.if_none_match = headers.first("if-none-match");
        let context = Context {
            now: Timestamp::from_unix_micros(self.now),
            principal: self.principal,
            policy: &hierarchy.policy,
            settings: self.settings,
            seed: seed(),
            check_mapping: Some(&check_mapping),
        };
        Ok(manage::handle(&asked, &hierarchy.directory, &context)?)
    }
}

/// Random bytes from which new ids follow.
fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    for half in seed.chunks_exact_mut(16) {
        half.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    seed
}

/// A mapping that could never map a message is refused when it is set, not when the first message comes.
#[cfg(feature = "iomt")]
fn check_mapping(kind: Kind, mapping: &str) -> Result<(), String> {
    crate::iomt::check_mapping(kind, mapping)
}

#[cfg(not(feature = "iomt"))]
fn check_mapping(_kind: Kind, _mapping: &str) -> Result<(), String> {
    Ok(())
}

fn response(outcome: Outcome) -> Response {
    let mut response = Response::new(outcome.status);
    for (name, value) in outcome.headers {
        response = response.header(name, value);
    }
    match outcome.body {
        Some(body) => response.with_content(body.into_bytes()),
        None => response,
    }
}

fn record(call: &Call, principal: &Principal, now: i64, outcome: &Outcome) -> Vec<u8> {
    let result = if outcome.status < 400 { "Succeeded" } else { "Failed" };
    let fields = Object::new()
        .with("time", instant(now))
        .with_some("resourceId", outcome.scope.as_ref().map(|scope| scope.as_str()))
        .with_some("operationName", outcome.action.as_deref())
        .with("principal", principal.id.as_str())
        .with_some("decision", outcome.decision.as_ref().map(|decision| decision.explanation()))
        .with_some("correlationId", call.correlation.as_deref())
        .with_some("callerIpAddress", call.remote.as_deref())
        .with("resultType", result)
        .with("statusCode", outcome.status);
    Value::from(fields).to_json().into_bytes()
}

/// A failure to read or make the hierarchy. What a caller did wrong is an [`Outcome`], never this.
impl From<hygea_workspace::Error> for Error {
    fn from(error: hygea_workspace::Error) -> Self {
        Self::new(ErrorKind::Storage, "the hierarchy of workspaces could not be read").because(error)
    }
}
