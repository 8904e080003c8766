//! The door: a request goes in, a response comes out.

use crate::address;
use crate::call::Call;
use crate::error::{Error, ErrorKind, JSON};
use crate::exchange::Exchange;
use crate::management;
use crate::request::Request;
use crate::response::Response;
use crate::services::{Opened, Services};
use crate::storage::Storage;
use crate::time;
use hygea_workspace::access::Principal;
use hygea_workspace::{Kind, ResourceId};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// All services of all workspaces over one storage.
///
/// An engine is shared by any number of threads; a clone is another handle of the same engine.
///
/// ```
/// use hygea_service::{Call, Engine, MemoryStorage, Method, Options, Request};
///
/// let engine = Engine::open(MemoryStorage::new(), Options::development())?;
/// let patient = r#"{"resourceType": "Patient", "name": [{"family": "Smith"}]}"#;
/// let created = engine.handle(&Call::new(), Request::new(Method::Post, "/demo/fhir/r4/Patient").body(patient));
/// assert_eq!(created.status(), 201);
/// # Ok::<(), hygea_service::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    /// Who every caller is while no token is asked for.
    development: Principal,
    services: Services,
}

/// How an engine behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    development: bool,
}

impl Options {
    /// An engine that asks for no token, lets every caller do everything, and holds the workspace `demo` with the services
    /// `demo/fhir/r4`, `demo/dicom/images` and `demo/iot/devices`. Only for data that is not real.
    #[must_use]
    pub fn development() -> Self {
        Self { development: true }
    }
}

impl Engine {
    /// Opens the engine over its storage; what is missing there is made.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`] if the storage cannot be opened, with the store's error as its source;
    /// [`ErrorKind::Unauthorized`] without [`Options::development`], until callers can be told apart by tokens.
    pub fn open(storage: impl Storage + 'static, options: Options) -> Result<Self, Error> {
        if !options.development {
            let detail = "callers cannot be told apart by tokens yet; open the engine for development";
            return Err(Error::new(ErrorKind::Unauthorized, detail));
        }
        let services = Services::open(Arc::new(storage))?;
        management::provision_development(&services, time::now())?;
        Ok(Self(Arc::new(Inner { development: Principal::development(), services })))
    }

    /// Answers one request. Never panics and never fails: what goes wrong is a response.
    pub fn handle(&self, call: &Call, request: Request<'_>) -> Response {
        let path = request.path().to_owned();
        let segments = match address::segments(&path) {
            Ok(segments) => segments,
            Err(error) => return error.into_plain(),
        };
        let names: Vec<&str> = segments.iter().map(Cow::as_ref).collect();
        let now = time::now();
        match names.as_slice() {
            ["healthz"] => Response::new(200).body(JSON, br#"{"status":"ok"}"#.to_vec()),
            [first, ..]
                if ["subscriptions", "providers"].iter().any(|root| first.eq_ignore_ascii_case(root)) =>
            {
                let origin = origin(call, &request);
                management::handle(&self.0.services, &self.0.development, call, &origin, now, request)
            }
            #[cfg(feature = "fhir")]
            [workspace, "fhir", service, rest @ ..] => {
                match self.0.services.find(workspace, Kind::FhirService, service) {
                    Ok((scope, Opened::Fhir(fhir))) => {
                        let base = format!("{}/{workspace}/fhir/{service}", origin(call, &request));
                        fhir.handle(&self.exchange(call, scope, base, now), rest, request)
                    }
                    Ok(_) => unknown().into_fhir(),
                    Err(error) => error.into_fhir(),
                }
            }
            #[cfg(feature = "dicom")]
            [workspace, "dicom", service, version @ ("v1" | "v2"), rest @ ..] => {
                match self.0.services.find(workspace, Kind::DicomService, service) {
                    Ok((scope, Opened::Dicom(dicom))) => {
                        let base =
                            format!("{}/{workspace}/dicom/{service}/{version}", origin(call, &request));
                        dicom.handle(&self.exchange(call, scope, base, now), rest, request)
                    }
                    Ok(_) => unknown().into_plain(),
                    Err(error) => error.into_plain(),
                }
            }
            #[cfg(feature = "iomt")]
            [workspace, "iot", connector, rest @ ..] => {
                match self.0.services.find(workspace, Kind::IotConnector, connector) {
                    Ok((scope, Opened::Connector(found))) => {
                        let origin = origin(call, &request);
                        let exchange =
                            self.exchange(call, scope, format!("{origin}/{workspace}/iot/{connector}"), now);
                        found.handle(&exchange, &self.0.services, &origin, rest, request)
                    }
                    Ok(_) => unknown().into_plain(),
                    Err(error) => error.into_plain(),
                }
            }
            _ => unknown().into_plain(),
        }
    }

    fn exchange<'c>(&'c self, call: &'c Call, scope: ResourceId, base: String, now: i64) -> Exchange<'c> {
        Exchange::new(call, &self.0.development, self.0.services.hierarchy(), scope, base, now)
    }

    /// Writes what is queued and closes all stores; later requests are answered 503.
    ///
    /// # Errors
    /// The failure to write what was queued.
    pub fn close(&self) -> Result<(), Error> {
        self.0.services.close()
    }
}

fn unknown() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "there is no such address; services are at /{workspace}/{fhir|dicom|iot}/{service}",
    )
}

/// Scheme and host under which the caller reached the engine.
fn origin(call: &Call, request: &Request<'_>) -> String {
    match (&call.base_url, request.headers().first("host")) {
        (Some(url), _) => url.trim_end_matches('/').to_owned(),
        (None, Some(host)) => format!("http://{host}"),
        (None, None) => "http://localhost".to_owned(),
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("services", &self.0.services).finish_non_exhaustive()
    }
}
