//! The server over loopback: 64 connections of a client that costs little, against the built binary.

use crate::data::Data;
use crate::row::Row;
use crate::store::{ask, engine, load};
use hygea_fhir_model::json::Document;
use hygea_service::Method;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 64;
const ROUND: Duration = Duration::from_secs(4);

struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(binary: &PathBuf, folder: &std::path::Path) -> Result<Self, String> {
        let mut process = Command::new(binary)
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut line = String::new();
        let out = process.stdout.take().ok_or("the server has no output")?;
        BufReader::new(out).read_line(&mut line).map_err(|error| error.to_string())?;
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .ok_or("the server did not say where it listens")?;
        Ok(Self { address: address.to_owned(), process })
    }

    /// Resident memory in megabytes.
    fn memory(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1000.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads, pages and creates over HTTP.
pub(crate) fn http(data: &Data) -> Result<Vec<Row>, String> {
    let binary =
        std::env::var_os("HYGEA_SERVER").map(PathBuf::from).ok_or("HYGEA_SERVER names no server binary")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let idle = Server::start(&binary, folder.path())?.memory();
    let loading = engine(folder.path())?;
    load(&loading, &data.bundles()?, 1)?;
    let answer = ask(&loading, Method::Get, "/demo/fhir/r4/Patient?family=Lemke", "", &[])?;
    let document = Document::parse(&answer).map_err(|error| error.to_string())?;
    let patient =
        document.root().get("entry").and_then(|entry| entry.at(0)?.get("resource")?.get("id")?.as_str());
    let patient = patient.ok_or("no patient is called Lemke")?.to_owned();
    loading.close().map_err(|error| error.to_string())?;
    drop(loading);

    let server = Server::start(&binary, folder.path())?;
    let mut rows = Vec::new();
    let observation = r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/PATIENT"},"effectiveDateTime":"2026-01-01T10:00:00Z","valueQuantity":{"value":72.5,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}"#
        .replace("PATIENT", &patient);
    let shapes = [
        ("read of a Patient", get(&format!("/demo/fhir/r4/Patient/{patient}")), Some(45_000.0)),
        (
            "token page of 5",
            get("/demo/fhir/r4/Observation?code=http://loinc.org%7C8302-2&_count=5"),
            Some(20_000.0),
        ),
        (
            "reference page of 20",
            get(&format!("/demo/fhir/r4/Observation?patient=Patient/{patient}&_count=20")),
            Some(20_000.0),
        ),
        ("create of an Observation", post("/demo/fhir/r4/Observation", &observation), Some(10_000.0)),
    ];
    for (name, request, bound) in shapes {
        let (rate, p99) = drive(&server.address, &request)?;
        let row = Row::new(
            format!("{name}, {CONNECTIONS} connections, p99 {:.1} ms", p99 * 1e3),
            rate,
            "requests/s",
        );
        rows.push(match bound {
            Some(bound) => row.at_least(bound),
            None => row,
        });
    }
    if let Some(memory) = idle {
        rows.push(Row::new("memory of an idle server", memory, "MB").at_most(40.0));
    }
    Ok(rows)
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

fn post(target: &str, body: &str) -> Vec<u8> {
    format!("POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/fhir+json\r\nprefer: return=minimal\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Requests a second over all connections, and the 99th percentile of their times.
fn drive(address: &str, request: &[u8]) -> Result<(f64, f64), String> {
    let stop = Arc::new(AtomicBool::new(false));
    let start = Instant::now();
    let workers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (address, request, stop) = (address.to_owned(), request.to_vec(), Arc::clone(&stop));
            std::thread::spawn(move || connection(&address, &request, &stop))
        })
        .collect();
    std::thread::sleep(ROUND);
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.join().map_err(|_| "a connection panicked")??);
    }
    let elapsed = start.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    Ok((u32::try_from(times.len()).map_or(0.0, f64::from) / elapsed, p99))
}

fn connection(address: &str, request: &[u8], stop: &AtomicBool) -> Result<Vec<f64>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut times = Vec::new();
    let mut buffer = vec![0; 1 << 18];
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        stream.write_all(request).map_err(failed)?;
        let mut filled = 0;
        let whole = loop {
            let read = stream.read(buffer.get_mut(filled..).unwrap_or_default()).map_err(failed)?;
            if read == 0 {
                return Err("the server closed the connection".to_owned());
            }
            filled += read;
            if let Some(whole) = length(buffer.get(..filled).unwrap_or_default()) {
                break whole;
            }
        };
        while filled < whole {
            let read = stream.read(buffer.get_mut(filled..).unwrap_or_default()).map_err(failed)?;
            if read == 0 {
                return Err("the server closed the connection".to_owned());
            }
            filled += read;
        }
        if !buffer.starts_with(b"HTTP/1.1 20") {
            return Err(
                String::from_utf8_lossy(buffer.get(..filled.min(300)).unwrap_or_default()).into_owned()
            );
        }
        times.push(start.elapsed().as_secs_f64());
    }
    Ok(times)
}

/// The bytes of the whole response, once its headers are there.
fn length(head: &[u8]) -> Option<usize> {
    let end = head.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = std::str::from_utf8(head.get(..end)?).ok()?;
    let content = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    Some(end + 4 + content.unwrap_or(0))
}
