//! The engine on SQLite in process: transactions, single creates, reads, searches, disk.

use crate::data::Data;
use crate::row::{Row, seconds};
use hygea_fhir_model::json::{Document, Node};
use hygea_service::{Call, Engine, FolderStorage, Method, Options, Request};
use hygea_store_sqlite::SqliteStores;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

const BASE: &str = "/demo/fhir/r4";

/// An engine for development on a folder.
pub(crate) fn engine(folder: &Path) -> Result<Engine, String> {
    let stores = SqliteStores::open(folder.join("stores")).map_err(|error| error.to_string())?;
    Engine::open(FolderStorage::new(stores, folder.join("blobs")), Options::development())
        .map_err(|error| error.to_string())
}

/// Sends a request that must succeed, and gives back the body.
pub(crate) fn ask(
    engine: &Engine,
    method: Method,
    target: &str,
    media_type: &str,
    body: &[u8],
) -> Result<Vec<u8>, String> {
    let mut request = Request::new(method, target);
    if !body.is_empty() {
        request = request.header("content-type", media_type).body(body);
    }
    let response = engine.handle(&Call::new(), request);
    let status = response.status();
    let bytes = response.into_bytes().map_err(|error| error.to_string())?;
    if status < 300 {
        Ok(bytes)
    } else {
        Err(format!("{target}: {status}: {}", String::from_utf8_lossy(&bytes)))
    }
}

fn count(entries: usize) -> f64 {
    u32::try_from(entries).map_or(f64::MAX, f64::from)
}

/// Loads the bundles `times` times; resources and seconds.
pub(crate) fn load(engine: &Engine, bundles: &[Vec<u8>], times: usize) -> Result<(f64, f64), String> {
    let start = Instant::now();
    let mut resources = 0;
    for _ in 0..times {
        for bundle in bundles {
            let answer = ask(engine, Method::Post, BASE, "application/fhir+json", bundle)?;
            resources += Document::parse(&answer)
                .map_err(|error| error.to_string())?
                .root()
                .get("entry")
                .map_or(0, Node::len);
        }
    }
    Ok((count(resources), start.elapsed().as_secs_f64()))
}

/// Durable ingest of Synthea bundles, and the disk that it takes.
pub(crate) fn ingest(data: &Data) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let engine = engine(folder.path())?;
    let (resources, time) = load(&engine, &data.bundles()?, 4)?;
    engine.close().map_err(|error| error.to_string())?;
    let disk = folder_bytes(&folder.path().join("stores/demo/fhir"));
    Ok(vec![
        Row::new(
            "Synthea transaction bundles into SQLite, one after the other",
            resources / time,
            "resources/s",
        )
        .at_least(15_000.0),
        Row::new("disk with all indexes", disk / resources, "bytes/resource").at_most(1000.0),
    ])
}

fn folder_bytes(folder: &Path) -> f64 {
    let mut bytes = 0.0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            bytes += folder_bytes(&path);
        } else if let Ok(metadata) = entry.metadata() {
            bytes += u32::try_from(metadata.len()).map_or(f64::MAX, f64::from);
        }
    }
    bytes
}

/// Reads and pages in process.
pub(crate) fn search(data: &Data) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let engine = engine(folder.path())?;
    load(&engine, &data.bundles()?, 2)?;
    let answer = ask(&engine, Method::Get, &format!("{BASE}/Patient?family=Lemke"), "", &[])?;
    let document = Document::parse(&answer).map_err(|error| error.to_string())?;
    let patient =
        document.root().get("entry").and_then(|entry| entry.at(0)?.get("resource")?.get("id")?.as_str());
    let patient = patient.ok_or("no patient is called Lemke")?;
    let mut rows = Vec::new();
    let shapes = [
        ("point read", format!("Patient/{patient}"), Some(15.0)),
        ("token page of 20", "Observation?code=http://loinc.org%7C85354-9&_count=20".to_owned(), Some(100.0)),
        ("reference page of 20", format!("Observation?patient=Patient/{patient}&_count=20"), None),
        ("date page of 5", "Observation?date=ge2015-01-01&_count=5".to_owned(), None),
        ("string page of 5", "Patient?family=L&_count=5".to_owned(), None),
        (
            "exact total of a token",
            "Observation?code=http://loinc.org%7C85354-9&_summary=count".to_owned(),
            None,
        ),
    ];
    for (name, target, bound) in shapes {
        let target = format!("{BASE}/{target}");
        ask(&engine, Method::Get, &target, "", &[])?;
        let time = seconds(|| {
            black_box(engine.handle(&Call::new(), Request::new(Method::Get, &target)).status());
        });
        let row = Row::new(format!("{name} in process"), time * 1e6, "µs");
        rows.push(match bound {
            Some(bound) => row.at_most(bound),
            None => row,
        });
    }
    engine.close().map_err(|error| error.to_string())?;
    Ok(rows)
}

/// The door itself: a request that touches no store.
pub(crate) fn embed(_data: &Data) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let engine = engine(folder.path())?;
    let time = seconds(|| {
        black_box(engine.handle(&Call::new(), Request::new(Method::Get, "/healthz")).status());
    });
    engine.close().map_err(|error| error.to_string())?;
    drop(engine);
    let start = Instant::now();
    let opened = crate::store::engine(folder.path())?;
    let open = start.elapsed().as_secs_f64();
    opened.close().map_err(|error| error.to_string())?;
    Ok(vec![
        Row::new("a request that touches no store", time * 1e6, "µs"),
        Row::new("opening a folder with the demo services", open * 1e3, "ms").at_most(200.0),
    ])
}
