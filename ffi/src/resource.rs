//! Resources: JSON text, read and held to the rules of its FHIR version.

use crate::entry::{answer, entry, ok};
use crate::error::{Failure, hygea_error};
use crate::pointer::{Out, free, shared};
use crate::status::{HYGEA_E_ARGUMENT, hygea_status};
use crate::stream::{HostWriter, hygea_writer};
use crate::text::{hygea_bytes, hygea_str, hygea_text};
use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate;
use std::fmt;

/// FHIR DSTU2, 1.0.2.
pub const HYGEA_FHIR_DSTU2: u32 = 1;
/// FHIR STU3, 3.0.2.
pub const HYGEA_FHIR_STU3: u32 = 2;
/// FHIR R4, 4.0.1.
pub const HYGEA_FHIR_R4: u32 = 3;
/// FHIR R4B, 4.3.0.
pub const HYGEA_FHIR_R4B: u32 = 4;
/// FHIR R5, 5.0.0.
pub const HYGEA_FHIR_R5: u32 = 5;

/// One resource. It never changes, so that any number of threads may use it at once.
pub struct hygea_resource {
    pub(crate) document: Document<'static>,
    /// The version by whose rules it was read.
    pub(crate) version: u32,
}

impl hygea_resource {
    /// Reads a resource and checks its structure.
    fn parse(json: &[u8], version: u32) -> Result<Self, Failure> {
        let schema = schema(version)?;
        let text = match std::str::from_utf8(json) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            // The parser says the same and names the place.
            Err(_) => return Err(Document::parse(json).err().map_or_else(not_utf8, Failure::from)),
        };
        let document = Document::from_text(text.to_owned())?;
        match validate::structure(&document, schema).as_slice() {
            [] => Ok(Self { document, version }),
            issues => Err(hygea_error::of_issues(issues, &document)),
        }
    }

    fn member(&self, name: &str) -> Option<&str> {
        self.document.root().get(name).and_then(Node::as_str)
    }
}

/// The tables of a version.
pub(crate) fn schema(version: u32) -> Result<&'static Schema, Failure> {
    let known = match version {
        HYGEA_FHIR_DSTU2 => Some(Version::Dstu2),
        HYGEA_FHIR_STU3 => Some(Version::Stu3),
        HYGEA_FHIR_R4 => Some(Version::R4),
        HYGEA_FHIR_R4B => Some(Version::R4B),
        HYGEA_FHIR_R5 => Some(Version::R5),
        _ => None,
    };
    known.and_then(Schema::of).ok_or_else(|| {
        hygea_error::own(
            HYGEA_E_ARGUMENT,
            "version is to be a HYGEA_FHIR_ number that this library was built with",
        )
    })
}

fn not_utf8() -> Failure {
    hygea_error::own(crate::status::HYGEA_E_UTF8, "json is to be UTF-8")
}

impl fmt::Debug for hygea_resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("hygea_resource").field("type", &self.member("resourceType")).finish_non_exhaustive()
    }
}

/// Reads a resource and holds its structure to the rules of a FHIR version (`HYGEA_FHIR_…`): names, types, formats,
/// cardinalities, codes of required bindings. The host owns `*out` and frees it by `hygea_resource_free`.
///
/// Fails with the number of the first fault; the OperationOutcome of the error names all that were found.
///
/// # Safety
/// `json` is borrowed bytes; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_resource_parse(
    json: hygea_bytes,
    version: u32,
    out: *mut *mut hygea_resource,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let json = json.slice("json")?;
            let out = Out::new(out)?;
            out.hand_over(hygea_resource::parse(json, version)?);
            ok()
        })
    }
}

/// The type, like `Patient`. Valid until the resource is freed; `{NULL, 0}` for NULL.
///
/// # Safety
/// `resource` is NULL or a resource that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_resource_type(resource: *const hygea_resource) -> hygea_str {
    // SAFETY: the caller's promise.
    answer(hygea_str::NONE, || Some(hygea_str::of(unsafe { resource.as_ref() }?.member("resourceType")?)))
}

/// The id. Valid until the resource is freed; `{NULL, 0}` if it has none, and for NULL.
///
/// # Safety
/// `resource` is NULL or a resource that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_resource_id(resource: *const hygea_resource) -> hygea_str {
    // SAFETY: the caller's promise.
    answer(hygea_str::NONE, || Some(hygea_str::of(unsafe { resource.as_ref() }?.member("id")?)))
}

/// The resource as JSON without white space: members in their order, numbers with all their digits. The host owns
/// `*out` and frees it by `hygea_text_free`.
///
/// # Safety
/// `resource` is NULL or a resource that was not freed; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_resource_json(
    resource: *const hygea_resource,
    out: *mut *mut hygea_text,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let resource = shared(resource, "resource")?;
            let out = Out::new(out)?;
            out.hand_over(hygea_text::from(resource.document.root().to_value().to_json()));
            ok()
        })
    }
}

/// Gives the JSON of `hygea_resource_json` to a writer.
///
/// # Safety
/// `resource` is NULL or a resource that was not freed; `to` is NULL or a writer as its type describes it; `err` is
/// NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_resource_write(
    resource: *const hygea_resource,
    to: *const hygea_writer,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let resource = shared(resource, "resource")?;
            let mut to = HostWriter::new(*shared(to, "to")?)?;
            to.write(resource.document.root().to_value().to_json().as_bytes())?;
            ok()
        })
    }
}

/// Frees a resource. NULL is allowed.
///
/// # Safety
/// `resource` is NULL or a resource that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_resource_free(resource: *mut hygea_resource) {
    // SAFETY: the caller's promise.
    unsafe { free(resource) };
}
