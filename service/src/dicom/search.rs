//! Searching (QIDO-RS, PS3.18 10.6): a query becomes a plan over the index; what a plan cannot say is asked of each document.

use super::document::{
    self, Place, SERIES, STUDY, attributes, decimal, is_indexed, parameter, words_parameter,
};
use super::stow::url;
use super::{DICOM_JSON, DicomService, accept};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::request::Request;
use crate::response::Response;
use hygea_dicom::json::{self, ReadLimits};
use hygea_dicom::qido::{
    Computed, Filter, IndexValue, Key, Level, NamePattern, Pattern, Query, Resource, Selection, fold_text,
};
use hygea_dicom::wado::{Plan as Form, Target};
use hygea_dicom::{Rules, Tag, tags};
use hygea_store::{Plan, Query as StoreQuery, Range, Snapshot, Sort, SortKey, Stored, Text, TextTest};
use std::collections::HashMap;

/// The most documents that one search looks at where the index does not decide.
const EXAMINED: usize = 200_000;
/// The rows that are read at once.
const ROWS: usize = 1_000;

impl DicomService {
    pub(super) fn search(
        &self,
        exchange: &Exchange<'_>,
        rules: &Rules,
        resource: &Resource,
        request: &Request<'_>,
    ) -> Result<Response, Error> {
        Form::of(accept(request).as_deref(), Target::Metadata)?;
        let query = Query::parse(resource, request.query(), rules, &[])?;
        let snapshot = self.store.snapshot()?;
        let lowered = Lowered::of(&query)?;
        let selection = query.selection(rules);
        let mut studies = Studies { snapshot: &*snapshot, modalities: HashMap::new() };
        let mut out = Vec::new();
        for row in lowered.rows(&query, &*snapshot, &mut studies)? {
            out.push(if out.is_empty() { b'[' } else { b',' });
            let computed = computed(exchange, &selection, &row, &mut studies)?;
            selection.write_answer(attributes(&row.body), &computed, &mut out)?;
        }
        if out.is_empty() {
            return Ok(Response::new(204));
        }
        out.push(b']');
        let mut response = Response::new(200);
        if query.limit_lowered {
            let text = format!("299 hygea \"the limit was lowered to {}\"", query.limit);
            response = response.header("warning", text);
        }
        Ok(response.body(DICOM_JSON, out))
    }
}

/// A query as the store takes it.
struct Lowered<'q> {
    query: StoreQuery,
    /// What each document must be asked.
    open: Vec<&'q Filter>,
}

impl<'q> Lowered<'q> {
    fn of(query: &'q Query) -> Result<Self, Error> {
        let level = query.resource.level();
        let mut plans = Vec::new();
        match (query.resource.study(), query.resource.series()) {
            (Some(study), Some(series)) => plans.push(Place::Series(study, series).instances()),
            (Some(study), None) => plans.push(Plan::reference(STUDY, STUDY, study)),
            _ => {}
        }
        let mut open = Vec::new();
        for filter in &query.filters {
            let (plan, exact) = lower(filter, level)?;
            plans.push(plan);
            if !exact {
                open.push(filter);
            }
        }
        let mut sorted = StoreQuery::new(document::kind_of(level), Plan::And(plans));
        for order in &query.order {
            if order.path.is_nested() || !is_indexed(order.path.first(), level) {
                return Err(unsupported("orderby takes attributes that are indexed"));
            }
            let by = SortKey::parameter(parameter(order.path.first()));
            sorted = sorted.sort(if order.descending { Sort::descending(by) } else { Sort::ascending(by) });
        }
        if query.order.is_empty() {
            sorted = sorted.sort(Sort::descending(SortKey::Modified));
        }
        Ok(Self { query: sorted, open })
    }

    /// The documents of the page that is asked for.
    fn rows(
        self,
        query: &Query,
        snapshot: &dyn Snapshot,
        studies: &mut Studies<'_>,
    ) -> Result<Vec<Stored>, Error> {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let mut skip = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let mut found: Vec<Stored> = Vec::new();
        let (mut after, mut examined) = (None, 0_usize);
        while found.len() < limit {
            let whole = !self.open.is_empty() || skip == 0;
            let mut page = self.query.clone().after(after);
            page = match (self.open.is_empty(), skip) {
                (true, 0) => page.limit(limit.saturating_sub(found.len())),
                (true, _) => page.limit(skip).without_bodies(),
                (false, _) => page.limit(ROWS),
            };
            let hits = snapshot.search(&page)?;
            for row in hits.rows {
                if whole && !self.matches(&row, studies)? {
                    continue;
                }
                if skip > 0 {
                    skip = skip.saturating_sub(1);
                } else if found.len() < limit {
                    found.push(row);
                }
            }
            examined = examined.saturating_add(if self.open.is_empty() { 0 } else { ROWS });
            after = hits.next;
            if after.is_none() {
                break;
            }
            if examined > EXAMINED && found.len() < limit {
                let detail =
                    "the search looks at too many documents; add a condition on an indexed attribute";
                return Err(Error::new(ErrorKind::TooCostly, detail));
            }
        }
        Ok(found)
    }

    fn matches(&self, row: &Stored, studies: &mut Studies<'_>) -> Result<bool, Error> {
        if self.open.is_empty() {
            return Ok(true);
        }
        let set = json::read(attributes(&row.body), &ReadLimits::default())?;
        for filter in &self.open {
            let holds = if filter.path.tags() == [tags::MODALITIES_IN_STUDY] {
                let modalities = studies.modalities(study_of(row))?;
                let values: Vec<IndexValue> =
                    modalities.iter().map(|text| IndexValue::Text(fold_text(text))).collect();
                filter.keys.iter().any(|key| key.matches(&values))
            } else {
                filter.matches(&set.as_data_set())
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A filter as a plan that holds for all that match, and whether it holds for them alone.
fn lower(filter: &Filter, level: Level) -> Result<(Plan, bool), Error> {
    if filter.keys.contains(&Key::Universal) {
        return Ok((Plan::All, true));
    }
    let tag = filter.path.first();
    match tag {
        _ if filter.path.is_nested() => Ok((Plan::All, false)),
        tags::MODALITIES_IN_STUDY if filter.keys.contains(&Key::Empty) => Ok((Plan::All, false)),
        tags::MODALITIES_IN_STUDY => {
            let (plan, exact) = any(&filter.keys, tags::MODALITY);
            let of_study =
                Plan::Reverse { kind: SERIES.into(), parameter: STUDY.into(), plan: Box::new(plan) };
            let plan = match level {
                Level::Study => of_study,
                _ => Plan::Chain { parameter: STUDY.into(), kind: STUDY.into(), plan: Box::new(of_study) },
            };
            Ok((plan, exact))
        }
        tags::NUMBER_OF_STUDY_RELATED_SERIES
        | tags::NUMBER_OF_STUDY_RELATED_INSTANCES
        | tags::NUMBER_OF_SERIES_RELATED_INSTANCES
        | tags::RETRIEVE_URL
        | tags::INSTANCE_AVAILABILITY => Err(unsupported("an attribute that is computed is not searched")),
        _ if !is_indexed(tag, level) => Ok((Plan::All, false)),
        _ => Ok(any(&filter.keys, tag)),
    }
}

fn unsupported(detail: &str) -> Error {
    Error::new(ErrorKind::NotSupported, detail)
}

fn any(keys: &[Key], tag: Tag) -> (Plan, bool) {
    let name = parameter(tag);
    let (mut plans, mut exact) = (Vec::with_capacity(keys.len()), true);
    for key in keys {
        let (plan, alone) = one(key, &name);
        plans.push(plan);
        exact &= alone;
    }
    match plans.pop() {
        Some(plan) if plans.is_empty() => (plan, exact),
        last => {
            plans.extend(last);
            (Plan::Or(plans), exact)
        }
    }
}

fn one(key: &Key, name: &str) -> (Plan, bool) {
    match key {
        Key::Universal => (Plan::All, true),
        Key::Empty => (Plan::Missing { parameter: name.into(), missing: true }, true),
        Key::Uid(uid) => (Plan::code(name, uid), true),
        Key::Tag(tag) => (Plan::code(name, parameter(*tag)), true),
        Key::Text(pattern) | Key::Name(NamePattern::Any(pattern)) => text(pattern, name),
        // Which groups belong to one name, the index does not say.
        Key::Name(NamePattern::Groups(groups)) => {
            (Plan::And(groups.iter().flatten().map(|pattern| text(pattern, name).0).collect()), false)
        }
        Key::Words(words) => {
            let contains = |word: &String| Plan::Text {
                parameter: words_parameter(name).into(),
                test: TextTest::Contains(format!(" {word}").into()),
            };
            (Plan::And(words.iter().map(contains).collect()), words.len() == 1)
        }
        Key::Interval(wanted) => {
            let meets = Range::any().low_until(wanted.last).high_after(wanted.first);
            (Plan::date(name, meets), true)
        }
        Key::Number(number) => match decimal(*number) {
            Some(number) => {
                let range = Range::any().low_from(number).high_until(number);
                (Plan::Number { parameter: name.into(), range }, true)
            }
            None => (Plan::Or(Vec::new()), true),
        },
        _ => (Plan::All, false),
    }
}

fn text(pattern: &Pattern, name: &str) -> (Plan, bool) {
    if pattern.is_exact() {
        let test = TextTest::Exact(Text::new(pattern.as_str(), pattern.as_str()));
        return (Plan::Text { parameter: name.into(), test }, true);
    }
    let prefix = pattern.prefix();
    if prefix.is_empty() {
        return (Plan::Missing { parameter: name.into(), missing: false }, false);
    }
    (Plan::prefix(name, prefix), pattern.as_str().strip_prefix(prefix) == Some("*"))
}

/// What is known of studies beyond their documents.
struct Studies<'s> {
    snapshot: &'s dyn Snapshot,
    modalities: HashMap<String, Vec<String>>,
}

impl Studies<'_> {
    /// The modalities of the series of a study, each once, in order.
    fn modalities(&mut self, study: &str) -> Result<&[String], Error> {
        if !self.modalities.contains_key(study) {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let query = StoreQuery::new(SERIES, Plan::reference(STUDY, STUDY, study)).limit(ROWS);
                let page = self.snapshot.search(&query.after(after))?;
                for row in &page.rows {
                    let set = json::read(attributes(&row.body), &ReadLimits::default())?;
                    found.extend(set.as_data_set().text(tags::MODALITY).map(|text| text.into_owned()));
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            found.sort_unstable();
            found.dedup();
            self.modalities.insert(study.to_owned(), found);
        }
        Ok(self.modalities.get(study).map(Vec::as_slice).unwrap_or_default())
    }

    fn count(&self, kind: &str, plan: Plan) -> Result<u64, Error> {
        Ok(self.snapshot.count(&[hygea_store::Selection::new(kind, plan)])?)
    }
}

fn study_of(row: &Stored) -> &str {
    row.key.id().split('/').next().unwrap_or_default()
}

/// What an answer has that no document says.
fn computed(
    exchange: &Exchange<'_>,
    selection: &Selection,
    row: &Stored,
    studies: &mut Studies<'_>,
) -> Result<Computed, Error> {
    let mut uids = row.key.id().split('/');
    let place = match (uids.next(), uids.next(), uids.next()) {
        (Some(study), Some(series), Some(instance)) => Place::Instance(study, series, instance),
        (Some(study), Some(series), None) => Place::Series(study, series),
        (study, ..) => Place::Study(study.unwrap_or_default()),
    };
    let study = study_of(row);
    let mut computed = Computed::default();
    if selection.computes(tags::MODALITIES_IN_STUDY) {
        computed.modalities_in_study = Some(studies.modalities(study)?.to_vec());
    }
    if selection.computes(tags::NUMBER_OF_STUDY_RELATED_SERIES) {
        computed.study_related_series = Some(studies.count(SERIES, Plan::reference(STUDY, STUDY, study))?);
    }
    if selection.computes(tags::NUMBER_OF_STUDY_RELATED_INSTANCES) {
        let count = studies.count(document::INSTANCE, Place::Study(study).instances())?;
        computed.study_related_instances = Some(count);
    }
    if selection.computes(tags::NUMBER_OF_SERIES_RELATED_INSTANCES)
        && let Place::Series(study, series) | Place::Instance(study, series, _) = place
    {
        let count = studies.count(document::INSTANCE, Place::Series(study, series).instances())?;
        computed.series_related_instances = Some(count);
    }
    if selection.computes(tags::RETRIEVE_URL) {
        computed.retrieve_url = Some(url(exchange, place));
    }
    if selection.computes(tags::INSTANCE_AVAILABILITY) {
        computed.instance_availability = Some("ONLINE".to_owned());
    }
    Ok(computed)
}
