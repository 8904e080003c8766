//! Deleting an instance, a series or a study with all that it holds, in one commit and for good.
//!
//! What is above takes the attributes of the newest instance that is left, or goes too where none is left. The version of each
//! document above is expected, so that an instance stored at the same time is never left without its series.
//! The file stays a blob that no document names until the blobs are swept: at this moment another request may store it anew.

use super::DicomService;
use super::document::{Document, INSTANCE, Place, attributes};
use crate::audit::Trail;
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::response::Response;
use hygea_dicom::json::{self, ReadLimits};
use hygea_store::{Batch, Expect, Key, Plan, Query, Snapshot, Sort, SortKey, Write};

/// How often a deletion is tried while others write to the same study.
const TRIES: usize = 10;
/// The rows that are read at once.
const ROWS: usize = 10_000;

impl DicomService {
    pub(super) fn delete(
        &self,
        exchange: &Exchange<'_>,
        trail: &Trail,
        place: Place<'_>,
    ) -> Result<Response, Error> {
        for _ in 0..TRIES {
            let writes = match writes(&*self.store.snapshot()?, place) {
                Ok(writes) => writes,
                Err(error) => return self.noted(trail, Err(error)),
            };
            let mut batch = Batch::at(exchange.now()).audit(trail.record(204));
            batch.writes = writes;
            match self.store.commit(batch) {
                Ok(_) => return Ok(Response::new(204)),
                Err(error) if error.kind() == hygea_store::ErrorKind::Conflict => {}
                Err(error) => return self.noted(trail, Err(error.into())),
            }
        }
        let detail = "the study is being written to all the time; nothing was deleted";
        self.noted(trail, Err(Error::new(ErrorKind::Conflict, detail)))
    }
}

fn purge(key: Key, expect: Expect) -> Write {
    Write::Purge { key, expect }
}

/// All writes of a deletion, as the store is now.
fn writes(snapshot: &dyn Snapshot, place: Place<'_>) -> Result<Vec<Write>, Error> {
    let mut gone: Vec<Key> = keys(snapshot, INSTANCE, place.instances())?;
    if gone.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "there is no such study, series or instance"));
    }
    gone.sort_unstable();
    let mut writes: Vec<Write> = gone.iter().map(|key| purge(key.clone(), Expect::Exists)).collect();
    match place {
        Place::Study(study) => {
            let series = keys(snapshot, super::document::SERIES, Plan::reference("study", "study", study))?;
            writes.extend(series.into_iter().map(|key| purge(key, Expect::Exists)));
            writes.extend(above(snapshot, place, &gone)?);
        }
        Place::Series(study, _) => {
            writes.extend(above(snapshot, place, &gone)?);
            writes.extend(above(snapshot, Place::Study(study), &gone)?);
        }
        Place::Instance(study, series, _) => {
            writes.extend(above(snapshot, Place::Series(study, series), &gone)?);
            writes.extend(above(snapshot, Place::Study(study), &gone)?);
        }
    }
    Ok(writes)
}

/// What becomes of a series or study when some of its instances are gone.
fn above(snapshot: &dyn Snapshot, place: Place<'_>, gone: &[Key]) -> Result<Option<Write>, Error> {
    let Some(found) = snapshot.read(&place.key())?.filter(|found| !found.deleted) else { return Ok(None) };
    let expect = Expect::Version(found.version);
    let newest = Query::new(INSTANCE, place.instances()).sort(Sort::descending(SortKey::Modified));
    let mut after = None;
    loop {
        let page = snapshot.search(&newest.clone().without_bodies().limit(ROWS).after(after))?;
        let left = page.rows.iter().find(|row| gone.binary_search(&row.key).is_err());
        if let Some(left) = left.map(|row| snapshot.read(&row.key)).transpose()?.flatten() {
            let set = json::read(attributes(&left.body), &ReadLimits::default())?;
            return Ok(Some(Document::parent(&set.as_data_set(), place).write().expect(expect)));
        }
        after = page.next;
        if after.is_none() {
            return Ok(Some(purge(place.key(), expect)));
        }
    }
}

fn keys(snapshot: &dyn Snapshot, kind: &str, plan: Plan) -> Result<Vec<Key>, Error> {
    let query = Query::new(kind, plan).without_bodies().limit(ROWS);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = snapshot.search(&query.clone().after(after))?;
        found.extend(page.rows.into_iter().map(|row| row.key));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}
