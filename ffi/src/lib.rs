//! libhygea: the engine and the libraries of Hygea behind one C ABI, for programs in C, C++ and whatever calls C.
//!
//! ```
//! use hygea::{HYGEA_FHIR_R4, HYGEA_OK, hygea_bytes, hygea_resource_free, hygea_resource_parse};
//! use std::ptr;
//!
//! let json = br#"{"resourceType": "Patient", "name": [{"family": "Smith"}]}"#;
//! let (mut patient, bytes) = (ptr::null_mut(), hygea_bytes { ptr: json.as_ptr(), len: json.len() });
//! // SAFETY: the bytes are there, `out` may be written, and NULL asks for no error.
//! assert_eq!(unsafe { hygea_resource_parse(bytes, HYGEA_FHIR_R4, &mut patient, ptr::null_mut()) }, HYGEA_OK);
//! unsafe { hygea_resource_free(patient) };
//! ```
//!
//! As C sees it: `examples/c/clinic.c`, and with the C++17 header over it, `examples/cpp/clinic.cpp`.
//!
//! # Overview
//!
//! - [`hygea_engine`] is the main door: [`hygea_engine_handle`] answers a [`hygea_request`] with a [`hygea_response`].
//! - [`hygea_resource`] is one resource, read and checked; [`hygea_fhirpath`] and [`hygea_query`] ask it.
//! - [`hygea_dataset`] is one DICOM file; [`hygea_mapper`] turns device messages into resources.
//! - [`hygea_error`] says what went wrong, in a number, in words and as an OperationOutcome.
//! - [`hygea_str`], [`hygea_bytes`], [`hygea_reader`] and [`hygea_writer`] carry text, bytes and streams over the border.
//!
//! The header `include/hygea.h` is written from these comments by `cargo xtask abi` and reads as a manual.
//!
//! # It is, it is not
//!
//! It is a border: each function checks its arguments, calls one function of a library, and hands the result
//! over. It has no global state, no thread-local state, no logger and no signal handler.
//!
//! # Limits
//!
//! An input structure has at most 4,096 bytes, a request 1,024 headers.

#![allow(non_camel_case_types, reason = "the types have the names that C programs see")]

mod dataset;
mod engine;
mod entry;
mod error;
mod fhirpath;
mod mapper;
mod pointer;
mod query;
mod request;
mod resource;
mod response;
mod rows;
mod sized;
mod status;
mod status_numbers;
mod stream;
mod text;
mod version;

pub use dataset::{
    HYGEA_DATASET_HEADER, HYGEA_DATASET_OMIT_BINARY, hygea_dataset, hygea_dataset_free, hygea_dataset_json,
    hygea_dataset_parse, hygea_dataset_read, hygea_dataset_transfer_syntax,
};
pub use engine::{
    HYGEA_ENGINE_DEVELOPMENT, HYGEA_ENGINE_MEMORY, hygea_engine, hygea_engine_close, hygea_engine_free,
    hygea_engine_handle, hygea_engine_open, hygea_engine_options,
};
pub use error::{hygea_error, hygea_error_code, hygea_error_free, hygea_error_message, hygea_error_outcome};
pub use fhirpath::{
    hygea_fhirpath, hygea_fhirpath_compile, hygea_fhirpath_evaluate, hygea_fhirpath_free, hygea_resource_eval,
};
pub use mapper::{
    HYGEA_MAPPER_STRICT, hygea_mapper, hygea_mapper_free, hygea_mapper_map, hygea_mapper_new,
    hygea_mapper_normalize,
};
pub use query::{hygea_query, hygea_query_free, hygea_query_matches, hygea_query_parse, hygea_query_text};
pub use request::{hygea_call, hygea_header, hygea_request};
pub use resource::{
    HYGEA_FHIR_DSTU2, HYGEA_FHIR_R4, HYGEA_FHIR_R4B, HYGEA_FHIR_R5, HYGEA_FHIR_STU3, hygea_resource,
    hygea_resource_free, hygea_resource_id, hygea_resource_json, hygea_resource_parse, hygea_resource_type,
    hygea_resource_write,
};
pub use response::{
    hygea_response, hygea_response_body, hygea_response_body_size, hygea_response_free,
    hygea_response_header, hygea_response_header_at, hygea_response_header_count, hygea_response_read,
    hygea_response_status, hygea_response_write,
};
pub use rows::{hygea_rows, hygea_rows_free, hygea_rows_next};
pub use status::*;
pub use status_numbers::*;
pub use stream::{hygea_reader, hygea_writer};
pub use text::{hygea_bytes, hygea_str, hygea_text, hygea_text_free, hygea_text_view};
pub use version::{hygea_api_version, hygea_version};
