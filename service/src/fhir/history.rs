//! The history of one resource (<https://hl7.org/fhir/R4/http.html#history>): its versions, newest first.

use super::read::current;
use super::{FhirService, query_value};
use crate::address::encode_query;
use crate::error::{Error, ErrorKind, FHIR_JSON};
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use crate::time::instant;
use hygea_fhir_model::json::Writer;
use hygea_fhir_model::primitive::date;
use hygea_store::{Cursor, History, HistoryScope, Key};

impl FhirService {
    pub(super) fn history_request(
        &self,
        exchange: &Exchange<'_>,
        kind: &str,
        id: &str,
        request: &Request<'_>,
    ) -> Result<Response, Error> {
        let query = request.query();
        let limit = self.count(query)?;
        let since = query_value(query, "_since").map(|text| since(&text)).transpose()?;
        let after = query_value(query, "_cursor").map(|text| exchange.open_cursor(&text)).transpose()?;
        let history =
            History { scope: HistoryScope::Document(Key::new(kind, id)), since, before: None, after, limit };
        let snapshot = self.store.snapshot()?;
        let page = snapshot.history(&history)?;
        if page.rows.is_empty() && history.after.is_none() && history.since.is_none() {
            return Err(Error::new(ErrorKind::NotFound, "there is no such resource"));
        }
        let total = snapshot.history_count(&history)?;

        let mut writer = Writer::with_capacity(4096);
        writer.begin_object();
        for (name, value) in [("resourceType", "Bundle"), ("type", "history")] {
            writer.name(name);
            writer.string(value);
        }
        writer.name("total");
        writer.raw(&total.to_string());
        writer.name("link");
        writer.begin_array();
        let address = format!("{}/{kind}/{id}", exchange.base());
        let page_address = |cursor: Option<&Cursor>| {
            let mut url = format!("{address}/_history?_count={limit}");
            if let Some(text) = query_value(query, "_since") {
                url.push_str(&format!("&_since={}", encode_query(&text)));
            }
            if let Some(cursor) = cursor {
                url.push_str(&format!("&_cursor={}", exchange.seal_cursor(cursor)));
            }
            url
        };
        link(&mut writer, "self", &page_address(history.after.as_ref()));
        if let Some(next) = &page.next {
            link(&mut writer, "next", &page_address(Some(next)));
        }
        writer.end_array();
        writer.name("entry");
        writer.begin_array();
        for stored in &page.rows {
            let method = if stored.deleted { "DELETE" } else { "PUT" };
            let status = if stored.deleted {
                "204 No Content"
            } else if stored.version == 1 {
                "201 Created"
            } else {
                "200 OK"
            };
            writer.begin_object();
            writer.name("fullUrl");
            writer.string(&address);
            if !stored.deleted {
                writer.name("resource");
                writer.raw_bytes(&current(stored));
            }
            writer.name("request");
            writer.object(|writer| {
                writer.name("method");
                writer.string(method);
                writer.name("url");
                writer.string(&format!("{kind}/{id}"));
            });
            writer.name("response");
            writer.object(|writer| {
                let (etag, modified) = (format!("W/\"{}\"", stored.version), instant(stored.modified));
                for (name, value) in [("status", status), ("etag", &etag), ("lastModified", &modified)] {
                    writer.name(name);
                    writer.string(value);
                }
            });
            writer.end_object();
        }
        writer.end_array();
        writer.end_object();
        Ok(Response::new(200).body(FHIR_JSON, writer.into_bytes()))
    }

    /// The page size that a query asks for, within the limits.
    pub(super) fn count(&self, query: &str) -> Result<usize, Error> {
        let Some(text) = query_value(query, "_count") else { return Ok(self.settings.page) };
        let wrong = |_| Error::new(ErrorKind::BadRequest, "_count is a whole number, 0 or more");
        Ok(text.parse::<usize>().map_err(wrong)?.min(self.settings.max_page))
    }
}

pub(super) fn link(writer: &mut Writer, relation: &str, url: &str) {
    writer.object(|writer| {
        writer.name("relation");
        writer.string(relation);
        writer.name("url");
        writer.string(url);
    });
}

/// The first microsecond of a moment, times without a zone taken as UTC.
fn since(text: &str) -> Result<i64, Error> {
    let wrong = || Error::new(ErrorKind::BadRequest, "_since is an instant such as 2026-11-20T10:00:00Z");
    date::parse(text).map(|moment| moment.range(0).0).ok_or_else(wrong)
}
