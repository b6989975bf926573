//! A merchant's server: its key, its calls, and what it expects of the answers.

use crypto::{ApiKey, OsEntropy};
use domain::{Clock, Entropy, SystemClock};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use uuid::Builder;

use crate::client::{self, Answer};
use crate::commands::Failure;

/// Calls one host with one key.
pub(super) struct Merchant {
    pub(super) url: String,
    pub(super) api_key: ApiKey,
}

/// What came instead of the expected answer: its status and its problem's type, nothing of its content.
#[derive(Debug, thiserror::Error)]
#[error("expected {expected}, got {status} {kind}")]
struct Unexpected {
    expected: StatusCode,
    status: StatusCode,
    kind: String,
}

impl Merchant {
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        let mut headers = self.headers()?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(client::post(&self.url, path, headers, body).await?)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        Ok(client::ask(&self.url, (Method::GET, path), self.headers()?).await?)
    }

    /// Asks for something that takes the user's own token, too.
    pub(super) async fn step_up(&self, method: Method, path: &str, token: &str) -> Result<Answer, Failure> {
        let mut headers = self.headers()?;
        headers.insert(HeaderName::from_static("step-up-token"), HeaderValue::from_str(token)?);
        Ok(client::ask(&self.url, (method, path), headers).await?)
    }

    /// What reads needs no `Idempotency-Key`, and does not mind one.
    fn headers(&self) -> Result<HeaderMap, Failure> {
        let now = u64::try_from(SystemClock.now().as_millisecond())?;
        let key = Builder::from_unix_timestamp_millis(now, &random()?).into_uuid().to_string();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", self.api_key.expose()))?);
        headers.insert(HeaderName::from_static("idempotency-key"), HeaderValue::from_str(&key)?);
        Ok(headers)
    }
}

pub(super) fn expect(answer: &Answer, expected: StatusCode) -> Result<(), Failure> {
    if answer.status == expected {
        return Ok(());
    }
    let kind = answer.body.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(Unexpected { expected, status: answer.status, kind }.into())
}

pub(super) fn member<'a>(body: &'a Value, name: &str) -> Result<&'a Value, Failure> {
    Ok(body.get(name).ok_or_else(|| format!("the answer has no {name}"))?)
}

pub(super) fn text(body: &Value, name: &str) -> Result<String, Failure> {
    Ok(member(body, name)?.as_str().ok_or_else(|| format!("{name} is no text"))?.to_owned())
}

/// How many there are.
pub(super) fn count(body: &Value, name: &str) -> Result<usize, Failure> {
    Ok(member(body, name)?.as_array().ok_or_else(|| format!("{name} is no list"))?.len())
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let entropy: &dyn Entropy = &OsEntropy;
    Ok(entropy.array()?)
}
