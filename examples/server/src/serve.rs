//! `hygea serve`: opens the engine, listens, says where, and ends cleanly.

use crate::arguments::Serve;
use crate::http;
use hygea_service::{Engine, FolderStorage, Options};
use hygea_store_sqlite::SqliteStores;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How long a client may take to send its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
/// The most bytes of a request's line and headers.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// How long running requests may take to end once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

pub(crate) fn run(options: &Serve) -> Result<(), String> {
    let data = &options.data;
    std::fs::create_dir_all(data).map_err(|error| format!("{}: {error}", data.display()))?;
    let stores = SqliteStores::open(data.join("stores")).map_err(|error| explained(&error))?;
    let engine_options = if options.development { Options::development() } else { Options::default() };
    let engine = Engine::open(FolderStorage::new(stores, data.join("blobs")), engine_options)
        .map_err(|error| explained(&error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the threads of the server: {error}"))?;
    let served = runtime.block_on(serve(&engine, options));
    runtime.shutdown_timeout(Duration::from_secs(1));
    let closed = engine.close().map_err(|error| explained(&error));
    served.and(closed)
}

/// An error with all that is beneath it.
fn explained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(beneath) = source {
        text.push_str(": ");
        text.push_str(&beneath.to_string());
        source = beneath.source();
    }
    text
}

async fn serve(engine: &Engine, options: &Serve) -> Result<(), String> {
    let listener = TcpListener::bind(&options.listen)
        .await
        .map_err(|error| format!("--listen {}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(|error| format!("the listening socket: {error}"))?;
    announce(address, options.development);
    let (stop, stopping) = watch::channel(());
    let accepting = accept(listener, engine.clone(), address, stopping);
    tokio::select! {
        () = accepting => {}
        () = told_to_stop() => {}
    }
    // Connections hold a receiver each: all of them are done when the last one is gone.
    stop.send_replace(());
    let _ = tokio::time::timeout(STOP_WITHIN, stop.closed()).await;
    Ok(())
}

/// Says on standard output where the server is. Whoever reads it may have hung up by then: that is no reason to stop.
fn announce(address: SocketAddr, development: bool) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    if development {
        let patient = r#"{"resourceType":"Patient","name":[{"family":"Smith"}],"birthDate":"1970-01-01"}"#;
        let _ = writeln!(
            out,
            "development mode: no token is asked for, every caller may do everything\n\
             FHIR R4      http://{address}/demo/fhir/r4\n\
             DICOMweb     http://{address}/demo/dicom/images/v2\n\
             messages     http://{address}/demo/iot/devices/messages\n\
             management   http://{address}/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo\n\
             \n\
             a first request:\n\
             curl -H 'content-type: application/fhir+json' -d '{patient}' http://{address}/demo/fhir/r4/Patient"
        );
    }
}

async fn accept(listener: TcpListener, engine: Engine, address: SocketAddr, stopping: watch::Receiver<()>) {
    let router = http::router(engine, format!("http://{address}"));
    let service = hyper_util::service::TowerToHyperService::new(router);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MAX_HEADER_BYTES)
        .pipeline_flush(true);
    let builder = Arc::new(builder);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptor is free, or the client is gone already: the next one may fare better.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (builder, service, mut stopping) = (Arc::clone(&builder), service.clone(), stopping.clone());
        tokio::spawn(async move {
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => {}
                _ = stopping.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
    }
}

async fn told_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
