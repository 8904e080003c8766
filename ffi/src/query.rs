//! Searches: queries read, explained, and held against single resources without any store.

use crate::entry::{entry, ok};
use crate::error::{Failure, hygea_error};
use crate::pointer::{Out, free, shared};
use crate::resource::{hygea_resource, schema};
use crate::status::hygea_status;
use crate::text::{hygea_str, hygea_text};
use hygea_fhir_search::{ExtractOptions, Matcher, Options, Parameters, Query};

/// A search. It never changes, so that any number of threads may use it at once.
#[derive(Debug)]
pub struct hygea_query {
    query: Query,
    parameters: &'static Parameters,
}

impl hygea_query {
    fn parse(resource_type: &str, query: &str, version: u32) -> Result<Self, Failure> {
        let parameters = Parameters::of(schema(version)?.version())?;
        Ok(Self { query: Query::parse(resource_type, query, parameters, &Options::default())?, parameters })
    }

    fn matches(&self, resource: &hygea_resource) -> Result<bool, Failure> {
        let matcher = Matcher::new(self.parameters, ExtractOptions::default());
        Ok(matcher.matches(&self.query, resource.document.root())?)
    }
}

/// Reads the query of a search URL, without its question mark, for a type like `Patient` (`Resource` searches all
/// types) of a FHIR version (`HYGEA_FHIR_…`). Dates without a zone are UTC. The host owns `*out` and frees it by
/// `hygea_query_free`.
///
/// Fails with the number of the first fault; the OperationOutcome of the error names all.
///
/// # Safety
/// `type_name` and `query` are borrowed text; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_query_parse(
    type_name: hygea_str,
    query: hygea_str,
    version: u32,
    out: *mut *mut hygea_query,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let (type_name, query) = (type_name.text("type_name")?, query.text("query")?);
            let out = Out::new(out)?;
            out.hand_over(hygea_query::parse(type_name, query, version)?);
            ok()
        })
    }
}

/// Whether a resource meets all conditions of a query: `*out` is 1 or 0. A chain, which asks about other resources,
/// does not hold. Sorting, paging and inclusion have no influence.
///
/// # Safety
/// `query` is NULL or a query that was not freed; `resource` is NULL or a resource that was not freed; `out` and `err`
/// are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_query_matches(
    query: *const hygea_query,
    resource: *const hygea_resource,
    out: *mut i32,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let query = shared(query, "query")?;
            let resource = shared(resource, "resource")?;
            let out = Out::new(out)?;
            out.put(i32::from(query.matches(resource)?));
            ok()
        })
    }
}

/// The query as it was understood, in the form of a URL. It reads as the same query. The host owns `*out` and frees it
/// by `hygea_text_free`.
///
/// # Safety
/// `query` is NULL or a query that was not freed; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_query_text(
    query: *const hygea_query,
    out: *mut *mut hygea_text,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let query = shared(query, "query")?;
            let out = Out::new(out)?;
            out.hand_over(hygea_text::from(query.query.to_query_string()));
            ok()
        })
    }
}

/// Frees a query. NULL is allowed.
///
/// # Safety
/// `query` is NULL or a query that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_query_free(query: *mut hygea_query) {
    // SAFETY: the caller's promise.
    unsafe { free(query) };
}
