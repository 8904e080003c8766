//! libhygea: the engine and the libraries of Hygea behind one C ABI, for programs in C, C++ and whatever calls C.
//!
//! ```c
//! #include <hygea.h>
//!
//! hygea_engine_options options = {0};
//! options.struct_size = sizeof options;
//! options.path = hygea_str_of("clinic-data");
//! options.flags = HYGEA_ENGINE_DEVELOPMENT;
//! hygea_engine *engine = NULL;
//! if (hygea_engine_open(&options, &engine, NULL) != HYGEA_OK) return 1;
//! /* hygea_engine_handle(engine, NULL, &request, &response, NULL) */
//! hygea_engine_free(engine);
//! ```
//!
//! # Overview
//!
//! - [`hygea_engine`] is the main door: [`hygea_engine_handle`] answers a [`hygea_request`] with a [`hygea_response`].
//! - [`hygea_resource`] is one resource, read and checked; [`hygea_dataset`] one DICOM file.
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
mod pointer;
mod request;
mod resource;
mod response;
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
    HYGEA_ENGINE_DEVELOPMENT, hygea_engine, hygea_engine_close, hygea_engine_free, hygea_engine_handle,
    hygea_engine_open, hygea_engine_options,
};
pub use error::{hygea_error, hygea_error_code, hygea_error_free, hygea_error_message, hygea_error_outcome};
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
pub use status::*;
pub use status_numbers::*;
pub use stream::{hygea_reader, hygea_writer};
pub use text::{hygea_bytes, hygea_str, hygea_text, hygea_text_free, hygea_text_view};
pub use version::{hygea_api_version, hygea_version};
