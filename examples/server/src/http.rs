//! HTTP to [`Request`] and [`Response`] to HTTP: the whole of what a web framework adds to an engine.

use axum::Router;
use axum::body::Body as HttpBody;
use axum::http::{HeaderValue, Request as HttpRequest, Response as HttpResponse};
use http_body_util::BodyExt;
use hygea_service::{Body, Call, Content, Engine, Headers, Method, Request, Response};
use std::io::{self, Read};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Bodies up to this size are taken whole before the engine is called; larger ones are read as the engine asks.
const WHOLE_BODY: u64 = 1 << 20;
/// Contents of a streamed response are handed on in pieces of this size.
const PIECE: usize = 256 * 1024;

struct Adapter {
    engine: Engine,
    base_url: String,
}

/// All addresses go to the engine.
pub(crate) fn router(engine: Engine, base_url: String) -> Router {
    let adapter = Arc::new(Adapter { engine, base_url });
    Router::new().fallback(move |request: HttpRequest<HttpBody>| {
        let adapter = Arc::clone(&adapter);
        async move { adapter.answer(request).await }
    })
}

impl Adapter {
    async fn answer(self: Arc<Self>, request: HttpRequest<HttpBody>) -> HttpResponse<HttpBody> {
        let (parts, body) = request.into_parts();
        let Some(method) = Method::parse(parts.method.as_str()) else { return empty(501) };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let mut headers = Headers::new();
        for (name, value) in &parts.headers {
            let Ok(value) = value.to_str() else { return empty(400) };
            headers.add(name.as_str(), value);
        }
        let length =
            parts.headers.get("content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let whole = length.is_some_and(|length| length <= WHOLE_BODY);
        let bodiless = length.unwrap_or(0) == 0 && !parts.headers.contains_key("transfer-encoding");
        if bodiless && takes_microseconds(method, &target) {
            return http(self.call(method, &target, headers, Body::Empty));
        }
        let body = if bodiless {
            Body::Empty
        } else if whole {
            match body.collect().await {
                Ok(collected) => Body::from(collected.to_bytes().to_vec()),
                Err(_) => return empty(400),
            }
        } else {
            Body::Reader(Box::new(Pulled { runtime: Handle::current(), body, piece: Vec::new(), at: 0 }))
        };
        let answered = tokio::task::spawn_blocking(move || self.call(method, &target, headers, body)).await;
        answered.map_or_else(|_| empty(500), http)
    }

    fn call(&self, method: Method, target: &str, headers: Headers, body: Body<'_>) -> Response {
        let mut call = Call::new().base_url(match headers.first("host") {
            Some(host) => format!("http://{host}"),
            None => self.base_url.clone(),
        });
        let correlation = ["x-request-id", "x-correlation-id", "x-ms-correlation-request-id"];
        if let Some(id) = correlation.iter().find_map(|name| headers.first(name)) {
            call = call.correlation(id);
        }
        self.engine.handle(&call, Request::new(method, target).with_headers(headers).body(body))
    }
}

/// Whether a request is answered so quickly that handing it to another thread would cost more: reads of one resource.
fn takes_microseconds(method: Method, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    method == Method::Get && (path == "/healthz" || path.contains("/fhir/") && path.matches('/').count() == 5)
}

fn empty(status: u16) -> HttpResponse<HttpBody> {
    let mut response = HttpResponse::new(HttpBody::empty());
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

fn http(response: Response) -> HttpResponse<HttpBody> {
    let (status, headers, content) = response.into_parts();
    let mut response = empty(status);
    for (name, value) in headers.iter() {
        if let (Ok(name), Ok(value)) = (name.parse::<axum::http::HeaderName>(), HeaderValue::from_str(value))
        {
            response.headers_mut().append(name, value);
        }
    }
    match content {
        Content::Bytes(bytes) => *response.body_mut() = HttpBody::from(bytes),
        Content::Reader(reader, length) => {
            if let Some(length) = length {
                response.headers_mut().insert("content-length", HeaderValue::from(length));
            }
            *response.body_mut() = streamed(reader);
        }
    }
    response
}

/// A body that is read on a thread of the pool, a few pieces ahead of the client.
fn streamed(mut reader: Box<dyn Read + Send>) -> HttpBody {
    let (send, mut receive) = tokio::sync::mpsc::channel::<io::Result<Vec<u8>>>(4);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
            let read = reader.by_ref().take(limit).read_to_end(&mut piece);
            let ended = !matches!(read, Ok(1..));
            let piece = match read {
                Ok(0) => return,
                Ok(_) => Ok(piece),
                Err(error) => Err(error),
            };
            // A receiver that is gone is a client that hung up.
            if send.blocking_send(piece).is_err() || ended {
                return;
            }
        }
    });
    HttpBody::from_stream(futures_of(move |context| receive.poll_recv(context)))
}

/// A stream from a function that is polled.
fn futures_of<T, F>(poll: F) -> Polled<F>
where
    F: FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<T>>,
{
    Polled { poll }
}

struct Polled<F> {
    poll: F,
}

impl<T, F> futures_core::Stream for Polled<F>
where
    F: FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<T>> + Unpin,
{
    type Item = T;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<T>> {
        (self.get_mut().poll)(context)
    }
}

/// A request body as a reader: each read waits for the next frame. Only for threads that may block.
struct Pulled {
    runtime: Handle,
    body: HttpBody,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Pulled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.piece.len() {
            match self.runtime.block_on(self.body.frame()) {
                None => return Ok(0),
                Some(Err(error)) => return Err(io::Error::other(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.piece = data.to_vec();
                        self.at = 0;
                    }
                }
            }
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let taken = rest.len().min(buffer.len());
        if let (Some(target), Some(source)) = (buffer.get_mut(..taken), rest.get(..taken)) {
            target.copy_from_slice(source);
        }
        self.at += taken;
        Ok(taken)
    }
}
