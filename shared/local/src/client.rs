//! A small HTTP client for loopback: JSON in, JSON out, one connection a call. For the demonstration and for setting up.

use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What was answered. A body that is not JSON is `null`.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// Headers out of names and values.
pub(crate) fn headers<const N: usize>(pairs: [(&'static str, &str); N]) -> Result<HeaderMap, ClientError> {
    let pair = |(name, value)| Ok((HeaderName::from_static(name), HeaderValue::from_str(value)?));
    pairs.into_iter().map(pair).collect()
}

/// Sends a JSON body to `endpoint`, which is `http://host:port`.
pub(crate) async fn post(endpoint: &str, path: &str, headers: HeaderMap, body: &Value) -> Result<Answer, ClientError> {
    let authority = authority(endpoint)?;
    let mut request = Request::new(Full::new(Bytes::from(body.to_string())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path.parse()?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, HeaderValue::from_str(&authority)?);
    timeout(DEADLINE, send(&authority, request)).await.map_err(|_| ClientError::Late)?
}

/// Asks `endpoint`, which is `http://host:port`, for what anybody may have.
pub(crate) async fn get(endpoint: &str, path: &str) -> Result<Answer, ClientError> {
    ask(endpoint, (Method::GET, path), HeaderMap::new()).await
}

/// Sends a request without a body to `endpoint`, which is `http://host:port`.
pub(crate) async fn ask(
    endpoint: &str,
    (method, path): (Method, &str),
    headers: HeaderMap,
) -> Result<Answer, ClientError> {
    let authority = authority(endpoint)?;
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse()?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, HeaderValue::from_str(&authority)?);
    timeout(DEADLINE, send(&authority, request)).await.map_err(|_| ClientError::Late)?
}

/// `host:port` of an endpoint that is nothing but `http://host:port`.
pub(crate) fn authority(endpoint: &str) -> Result<String, ClientError> {
    let uri: Uri = endpoint.parse()?;
    let is_plain = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/") && uri.query().is_none();
    match (uri.host(), uri.port_u16()) {
        (Some(host), Some(port)) if is_plain => Ok(format!("{host}:{port}")),
        _ => Err(ClientError::Endpoint),
    }
}

async fn send(authority: &str, request: Request<Full<Bytes>>) -> Result<Answer, ClientError> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await.map_err(|_| ClientError::Late)?;
    connection.abort();
    Ok(Answer { status, body: serde_json::from_slice(&body.to_bytes()).unwrap_or_default() })
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The endpoint has another form.
    #[error("an endpoint has the form http://host:port")]
    Endpoint,
    /// Not a URL.
    #[error("not a URL")]
    Url(#[from] http::uri::InvalidUri),
    /// Not a header.
    #[error("not a header value")]
    Header(#[from] http::header::InvalidHeaderValue),
    /// No connection.
    #[error("no connection")]
    Connection(#[from] std::io::Error),
    /// The connection broke.
    #[error("no HTTP on the connection")]
    Http(#[from] hyper::Error),
    /// No whole answer in time.
    #[error("no whole answer in time")]
    Late,
}

const DEADLINE: Duration = Duration::from_secs(30);

const MAX_ANSWER_BYTES: usize = 1024 * 1024;
