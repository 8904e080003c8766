//! The engine: FHIR REST, DICOMweb, device messages and management, request in and response out, without a socket.
//!
//! ```
//! use hygea_service::{Call, Engine, MemoryStorage, Method, Options, Request};
//!
//! let engine = Engine::open(MemoryStorage::new(), Options::development())?;
//! let call = Call::new().base_url("https://records.example");
//! let answer = engine.handle(&call, Request::new(Method::Get, "/demo/fhir/r4/Patient?family=smith"));
//! assert_eq!(answer.status(), 200);
//! # Ok::<(), hygea_service::Error>(())
//! ```
//!
//! # Overview
//!
//! - [`Engine`] holds all workspaces over one [`Storage`]; [`Engine::handle`] answers a [`Request`] with a [`Response`].
//! - [`Call`] says under which circumstances a request came.
//! - [`Error`] is the one place where a failure gets its HTTP status and OperationOutcome.
//!
//! # It is, it is not
//!
//! It is blocking, and as fast as the store beneath it: call it from as many threads as you like. It opens no
//! socket, starts no runtime, reads no environment variable and writes no log.
//!
//! # Features
//!
//! `fhir`, `dicom` and `iomt` (all on unless switched off) bring the three kinds of service; management is always there.
//!
//! # Limits
//!
//! A resource has at most 64 MB, a Bundle 256 MB, a page 1,000 entries, a path 8 kB.

mod address;
mod audit;
mod call;
#[cfg(feature = "dicom")]
mod dicom;
mod engine;
mod error;
mod exchange;
#[cfg(feature = "fhir")]
mod fhir;
mod headers;
#[cfg(feature = "iomt")]
mod iomt;
mod management;
mod request;
mod response;
mod services;
mod storage;
mod time;

pub use call::Call;
pub use engine::{Engine, Options};
pub use error::{Error, ErrorKind, Issue, Severity};
pub use headers::Headers;
pub use request::{Body, BodyFault, Method, Request};
pub use response::{Content, Response};
pub use storage::{FolderStorage, MemoryStorage, Storage};
