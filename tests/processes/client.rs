//! A merchant's HTTP client.

use std::time::Duration;

use crypto::OsEntropy;
use domain::{Clock, Entropy, EventId, SystemClock};
use serde_json::Value;
use ureq::Agent;

/// Calls one host with one API key.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: Agent,
    address: String,
    api_key: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// A member of the body that is a text.
    pub(crate) fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("no {member}: {self:?}")).to_owned()
    }
}

impl Client {
    /// A client of the host at this address, `http://host:port`.
    pub(crate) fn new(address: String, api_key: String) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE));
        Self { agent: config.build().into(), address, api_key }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer, ureq::Error> {
        let request = self.agent.get(format!("{}{path}", self.address)).header("authorization", self.bearer());
        read(request.call()?)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.address)).header("authorization", self.bearer());
        let request = request.header("idempotency-key", fresh_key()).header("content-type", "application/json");
        read(request.send(body.to_string())?)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.api_key)
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let text = response.body_mut().read_to_string()?;
    Ok(Answer { status: response.status().as_u16(), body: serde_json::from_str(&text).unwrap() })
}

fn fresh_key() -> String {
    let mut random = [0; 10];
    OsEntropy.fill(&mut random).unwrap();
    EventId::at(SystemClock.now(), &random).to_string()
}

/// On a busy machine, 200 requests wait for each other.
const DEADLINE: Duration = Duration::from_secs(60);
