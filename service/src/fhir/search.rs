//! Search (<https://hl7.org/fhir/R4/search.html>): a query becomes a plan, a page of rows becomes a Bundle around the stored bytes.

use super::history::link;
use super::index;
use super::stored::write_current;
use super::{FhirService, query_value};
use crate::error::{Error, ErrorKind, FHIR_JSON, Issue, Severity};
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use hygea_fhir_model::json::Writer;
use hygea_fhir_search::plan::Plan;
use hygea_fhir_search::{Handling, Options, Query, Summary, Total};
use hygea_store::{Hits, Selection, Stored};

/// The parameter that holds the place where the last page ended.
const CURSOR: &str = "_cursor";
/// The most bytes of a form.
const MAX_FORM_BYTES: usize = 1 << 20;

impl FhirService {
    #[expect(
        clippy::field_reassign_with_default,
        reason = "the options grow, so only their own crate may list them"
    )]
    pub(super) fn search_request(
        &self,
        exchange: &Exchange<'_>,
        kind: &str,
        form: bool,
        request: &mut Request<'_>,
    ) -> Result<Response, Error> {
        let text = if form { form_text(request)? } else { request.query().to_owned() };
        let bases = [exchange.base()];
        let mut options = Options::default();
        options.handling = handling(request)?;
        options.bases = &bases;
        options.now = Some(exchange.now());
        options.reserved = &[CURSOR];
        let query = Query::parse(kind, &text, self.index.parameters, &options)?;
        refuse_unserved(&query)?;

        let plan = Plan::of(&query);
        if !plan.filter.is_exact() {
            return Err(Error::new(
                ErrorKind::NotSupported,
                "composite search parameters are not served yet",
            ));
        }
        let selection = Selection::new(kind, index::plan(&plan.filter)?);
        let result = query.result();
        let only_total = result.summary == Some(Summary::Count) || result.count == Some(0);
        let wants_total = only_total || matches!(result.total, Some(Total::Accurate | Total::Estimate));

        let snapshot = self.store.snapshot()?;
        let total = if wants_total { Some(snapshot.count(std::slice::from_ref(&selection))?) } else { None };
        let hits = if only_total {
            Hits::default()
        } else {
            let limit =
                result.count.map_or(self.settings.page, |count| usize::try_from(count).unwrap_or(usize::MAX));
            let after = query_value(&text, CURSOR).map(|text| exchange.open_cursor(&text)).transpose()?;
            let mut search =
                hygea_store::Query::of(vec![selection]).limit(limit.min(self.settings.max_page)).after(after);
            search.sort = plan.sort.iter().map(index::sort).collect();
            snapshot.search(&search)?
        };
        Ok(Response::new(200).body(FHIR_JSON, page(exchange, kind, &query, &text, &hits, total)))
    }

    /// The resources with an identifier, at most two: enough to tell one from several.
    #[cfg(feature = "iomt")]
    #[expect(
        clippy::field_reassign_with_default,
        reason = "the options grow, so only their own crate may list them"
    )]
    pub(crate) fn find_by_identifier(
        &self,
        exchange: &Exchange<'_>,
        kind: &str,
        value: &str,
    ) -> Result<Vec<Stored>, Error> {
        let bases = [exchange.base()];
        let mut options = Options::default();
        options.bases = &bases;
        let text = format!("identifier={}", crate::address::encode_query(value));
        let query = Query::parse(kind, &text, self.index.parameters, &options)?;
        let selection = Selection::new(kind, index::plan(&Plan::of(&query).filter)?);
        Ok(self.store.snapshot()?.search(&hygea_store::Query::of(vec![selection]).limit(2))?.rows)
    }
}

/// The form of a POST, the parameters of the address before it.
fn form_text(request: &mut Request<'_>) -> Result<String, Error> {
    let media_type = request.headers().first("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !matches!(media_type, "" | "application/x-www-form-urlencoded") {
        return Err(Error::new(
            ErrorKind::UnsupportedMediaType,
            "a search is posted as application/x-www-form-urlencoded",
        ));
    }
    let query = request.query().to_owned();
    let body = request.take_body().into_bytes(MAX_FORM_BYTES)?;
    let body =
        std::str::from_utf8(&body).map_err(|_| Error::new(ErrorKind::BadBody, "the form is not UTF-8"))?;
    Ok(match (query.is_empty(), body.is_empty()) {
        (false, false) => format!("{query}&{body}"),
        (true, _) => body.to_owned(),
        (false, true) => query,
    })
}

/// `Prefer: handling=…`; strict unless the caller says otherwise.
fn handling(request: &Request<'_>) -> Result<Handling, Error> {
    let preferences = request.headers().all("prefer").flat_map(|value| value.split([',', ';']));
    let mut chosen = Handling::Strict;
    for preference in preferences {
        chosen = match preference.trim().strip_prefix("handling=") {
            None => continue,
            Some("strict") => Handling::Strict,
            Some("lenient") => Handling::Lenient,
            Some(_) => {
                return Err(Error::new(ErrorKind::BadRequest, "Prefer: handling= takes strict or lenient"));
            }
        };
    }
    Ok(chosen)
}

/// What the grammar knows and this service does not carry out is said, not passed over.
fn refuse_unserved(query: &Query) -> Result<(), Error> {
    let result = query.result();
    let unserved = [
        ("_include", !result.includes.is_empty()),
        ("_revinclude", !result.reverse_includes.is_empty()),
        ("_elements", !result.elements.is_empty()),
        ("_summary", matches!(result.summary, Some(Summary::True | Summary::Text | Summary::Data))),
    ];
    match unserved.iter().find(|(_, asked)| *asked) {
        Some((name, _)) => Err(Error::new(ErrorKind::NotSupported, format!("{name} is not served yet"))),
        None => Ok(()),
    }
}

/// The Bundle of one page.
fn page(
    exchange: &Exchange<'_>,
    kind: &str,
    query: &Query,
    text: &str,
    hits: &Hits,
    total: Option<u64>,
) -> Vec<u8> {
    let bytes: usize = hits.rows.iter().map(|row| row.body.len() + 300).sum();
    let mut writer = Writer::with_capacity(bytes + 512);
    writer.begin_object();
    writer.name("resourceType");
    writer.string("Bundle");
    writer.name("type");
    writer.string("searchset");
    if let Some(total) = total {
        writer.name("total");
        writer.raw(&total.to_string());
    }
    writer.name("link");
    writer.begin_array();
    let understood = query.to_query_string();
    let address = |cursor: Option<String>| {
        let cursor = cursor.map(|cursor| format!("{CURSOR}={cursor}"));
        let parts: Vec<&str> = [understood.as_str(), cursor.as_deref().unwrap_or("")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let separator = if parts.is_empty() { "" } else { "?" };
        format!("{}/{kind}{separator}{}", exchange.base(), parts.join("&"))
    };
    link(&mut writer, "self", &address(query_value(text, CURSOR)));
    if let Some(next) = &hits.next {
        link(&mut writer, "next", &address(Some(exchange.seal_cursor(next))));
    }
    writer.end_array();
    if !hits.rows.is_empty() || !query.ignored().is_empty() {
        writer.name("entry");
        writer.begin_array();
        for row in &hits.rows {
            let id = row.key.id();
            writer.begin_object();
            writer.name("fullUrl");
            writer.string(&format!("{}/{kind}/{id}", exchange.base()));
            writer.name("resource");
            writer.raw_with(|out| write_current(out, kind, id, &row.body, row.version, row.modified));
            mode(&mut writer, "match");
            writer.end_object();
        }
        if !query.ignored().is_empty() {
            writer.begin_object();
            writer.name("resource");
            ignored(query).write(&mut writer);
            mode(&mut writer, "outcome");
            writer.end_object();
        }
        writer.end_array();
    }
    writer.end_object();
    writer.into_bytes()
}

fn mode(writer: &mut Writer, mode: &str) {
    writer.name("search");
    writer.object(|writer| {
        writer.name("mode");
        writer.string(mode);
    });
}

/// What was left out of a lenient search, as warnings.
fn ignored(query: &Query) -> hygea_fhir_model::json::Value {
    let issues: Vec<Issue> = query
        .ignored()
        .iter()
        .map(|issue| Issue {
            severity: Severity::Warning,
            code: "not-supported",
            diagnostics: issue.to_string(),
            expression: None,
            location: None,
        })
        .collect();
    crate::error::outcome(&issues)
}
