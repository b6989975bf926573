//! A merchant's HTTP client.

use std::time::Duration;

use crypto::OsEntropy;
use domain::{Clock, Entropy, EventId, SystemClock};
use jiff::Timestamp;
use serde_json::Value;
use ureq::Agent;

/// Calls one host with one API key.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: Agent,
    address: String,
    api_key: String,
}

/// A request that can be sent any number of times, to any host.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    path: String,
    body: Option<String>,
    key: String,
    credential: Option<String>,
}

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) body: Value,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) sent: Timestamp,
    pub(crate) answered: Timestamp,
}

impl Ask {
    pub(crate) fn get(path: &str) -> Self {
        Self { path: path.to_owned(), body: None, key: fresh_key(), credential: None }
    }

    /// With an idempotency key of its own.
    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self { body: Some(body.to_string()), ..Self::get(path) }
    }

    /// Another body under the same idempotency key.
    pub(crate) fn saying(&self, body: &Value) -> Self {
        Self { body: Some(body.to_string()), ..self.clone() }
    }

    /// With this credential instead of the API key.
    pub(crate) fn bearer(self, credential: &str) -> Self {
        Self { credential: Some(credential.to_owned()), ..self }
    }

    /// The idempotency key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

impl Answer {
    /// A member of the body that is a text.
    pub(crate) fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("no {member}: {self:?}")).to_owned()
    }

    /// The last part of the problem's URI; empty for a success.
    pub(crate) fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|uri| uri.strip_prefix("/problems/")).unwrap_or_default()
    }

    /// What two answers to one request have in common: everything but the request id.
    pub(crate) fn comparable(&self) -> (u16, String) {
        let instance = self.body["instance"].as_str().unwrap_or_default();
        let text = if instance.is_empty() { self.text.clone() } else { self.text.replace(instance, "") };
        (self.status, text)
    }

    /// How long it took.
    pub(crate) fn took(&self) -> Duration {
        self.answered.duration_since(self.sent).unsigned_abs()
    }
}

impl Client {
    /// A client of the host at this address, `http://host:port`.
    pub(crate) fn new(address: String, api_key: String) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE));
        let config = config.max_idle_connections(MANY).max_idle_connections_per_host(MANY);
        Self { agent: config.build().into(), address, api_key }
    }

    pub(crate) fn send(&self, ask: &Ask) -> Result<Answer, ureq::Error> {
        let bearer = format!("Bearer {}", ask.credential.as_ref().unwrap_or(&self.api_key));
        let url = format!("{}{}", self.address, ask.path);
        let sent = SystemClock.now();
        let mut response = match &ask.body {
            None => self.agent.get(url).header("authorization", bearer).call(),
            Some(body) => {
                let post = self.agent.post(url).header("authorization", bearer);
                post.header("idempotency-key", &ask.key).header("content-type", "application/json").send(body)
            }
        }?;
        let text = response.body_mut().read_to_string()?;
        let answered = SystemClock.now();
        let seconds = response.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
        let retry_after = seconds.map(Duration::from_secs);
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"));
        Ok(Answer { status: response.status().as_u16(), text, body, retry_after, sent, answered })
    }
}

fn fresh_key() -> String {
    let mut random = [0; 10];
    OsEntropy.fill(&mut random).unwrap();
    EventId::at(SystemClock.now(), &random).to_string()
}

/// On a busy machine, 200 requests wait for each other.
const DEADLINE: Duration = Duration::from_secs(60);

/// As many connections as a test has threads.
const MANY: usize = 256;
