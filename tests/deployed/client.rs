//! A merchant's HTTP client.

use std::time::Duration;

use crypto::OsEntropy;
use domain::{Clock, Entropy, EventId, SystemClock};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

/// Calls one stack with one credential.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
    credential: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    /// A client for the stack that `tests/deployed/run.py` has started.
    pub(crate) fn from_environment() -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE)).build();
        Self {
            agent: config.into(),
            base: setting("COUNTERSIGN_TEST_BASE_URL"),
            credential: setting("COUNTERSIGN_TEST_API_KEY"),
        }
    }

    /// The same stack for somebody else.
    pub(crate) fn with_credential(&self, credential: &str) -> Self {
        Self { agent: self.agent.clone(), base: self.base.clone(), credential: credential.to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.base));
        let answer = request.header("authorization", format!("Bearer {}", self.credential)).call();
        read(answer.expect("an answer"))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request
            .header("authorization", format!("Bearer {}", self.credential))
            .header("idempotency-key", fresh_key())
            .header("content-type", "application/json");
        read(request.send(body.to_string()).expect("an answer"))
    }
}

/// Calls on a user's step-up token.
impl Client {
    pub(crate) fn put_stepped_up(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = self.agent.put(format!("{}{path}", self.base));
        let request = request
            .header("authorization", format!("Bearer {}", self.credential))
            .header("idempotency-key", fresh_key())
            .header("content-type", "application/json")
            .header("step-up-token", token);
        read(request.send(body.to_string()).expect("an answer"))
    }

    pub(crate) fn delete_stepped_up(&self, path: &str, token: &str) -> Answer {
        let request = self.agent.delete(format!("{}{path}", self.base));
        let request = request
            .header("authorization", format!("Bearer {}", self.credential))
            .header("idempotency-key", fresh_key())
            .header("step-up-token", token);
        read(request.call().expect("an answer"))
    }

    pub(crate) fn get_stepped_up(&self, path: &str, token: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = request.header("authorization", format!("Bearer {}", self.credential));
        read(request.header("step-up-token", token).call().expect("an answer"))
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, kind: &str) -> Self {
        assert_eq!((self.status, self.member("type").as_str()), (status, Some(kind)), "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        self.member(name).as_str().unwrap_or_else(|| unreachable!("no {name} in {}", self.body)).to_owned()
    }

    /// A member of the body; null if it has none of that name.
    pub(crate) fn member(&self, name: &str) -> &Value {
        self.body.get(name).unwrap_or(&Value::Null)
    }
}

/// A setting of the run.
#[expect(
    clippy::disallowed_methods,
    reason = "the driver's word on where the stack is, not the service's configuration"
)]
pub(crate) fn setting(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| unreachable!("{variable} is set by tests/deployed/run.py: `just deployed`"))
}

fn read(mut response: Response<ureq::Body>) -> Answer {
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().expect("a body");
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

fn fresh_key() -> String {
    let mut random = [0; 10];
    OsEntropy.fill(&mut random).expect("randomness");
    EventId::at(SystemClock.now(), &random).to_string()
}

/// Cold starts of every function on a busy machine take their time.
const DEADLINE: Duration = Duration::from_secs(60);
