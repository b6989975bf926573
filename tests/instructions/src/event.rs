//! The gateway's events: those of `events/`, with parts replaced; and its answers.

use domain::EventId;
use jiff::Timestamp;
use serde_json::{Value, json};

/// An event.
#[derive(Debug, Clone)]
pub(crate) struct Event(Value);

impl Event {
    /// The event of this file.
    pub(crate) fn new(file: &str) -> Self {
        Self(serde_json::from_str(file).unwrap())
    }

    /// With the `number`th idempotency key of this instant.
    pub(crate) fn key(mut self, now: Timestamp, number: u64) -> Self {
        let mut random = [0x5a; 10];
        random.iter_mut().skip(2).zip(number.to_be_bytes()).for_each(|(byte, digit)| *byte = digit);
        self.0["headers"]["idempotency-key"] = json!(EventId::at(now, &random).to_string());
        self
    }

    /// About this verification.
    pub(crate) fn about(mut self, verification: &str) -> Self {
        let before = self.0["pathParameters"]["verification_id"].as_str().unwrap().to_owned();
        for place in ["/rawPath", "/requestContext/http/path", "/pathParameters/verification_id"] {
            let text = self.0.pointer_mut(place).unwrap();
            *text = json!(text.as_str().unwrap().replace(&before, verification));
        }
        self
    }

    /// With this body.
    pub(crate) fn body(mut self, body: &Value) -> Self {
        self.0["body"] = json!(body.to_string());
        self
    }

    /// The JSON of the body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.0["body"].as_str().unwrap()).unwrap()
    }

    /// As the gateway sends it.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }
}

/// An answer's status and the JSON of its body.
pub(crate) fn answer(text: &str) -> (u64, Value) {
    let answer: Value = serde_json::from_str(text).unwrap();
    (answer["statusCode"].as_u64().unwrap(), serde_json::from_str(answer["body"].as_str().unwrap()).unwrap())
}
