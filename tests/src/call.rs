//! A request: an event of `events/` with parts replaced.

use serde_json::{Value, json};

use crate::Function;

/// A request on its way to the gateway.
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) function: Function,
    pub(crate) event: Value,
}

impl Call {
    /// The request of `events/<function>/<case>.json`.
    #[must_use]
    pub fn new(function: Function, case: &'static str) -> Self {
        Self { function, event: function.parsed(case) }
    }

    /// The function that it goes to.
    #[must_use]
    pub const fn function(&self) -> Function {
        self.function
    }

    /// With this API key or capability.
    #[must_use]
    pub fn bearer(self, credential: &str) -> Self {
        self.header("authorization", &format!("Bearer {credential}"))
    }

    /// With this idempotency key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = json!(value);
        self
    }

    /// Without this header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.event["headers"].as_object_mut().unwrap().remove(name);
        self
    }

    /// With this JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// With this body, which is text.
    #[must_use]
    pub fn text(mut self, body: &str) -> Self {
        self.event["body"] = json!(body);
        self.event["isBase64Encoded"] = json!(false);
        self
    }

    /// With this body, as the gateway delivers what is not text.
    #[must_use]
    pub fn base64(mut self, body: &str) -> Self {
        self.event["body"] = json!(body);
        self.event["isBase64Encoded"] = json!(true);
        self
    }

    /// Without a body.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        self.event.as_object_mut().unwrap().remove("body");
        self
    }

    /// With this value of a parameter of the path.
    #[must_use]
    pub fn path(mut self, name: &str, value: &str) -> Self {
        let before = self.event["pathParameters"][name].as_str().unwrap().to_owned();
        for place in ["/rawPath", "/requestContext/http/path"] {
            let path = self.event.pointer_mut(place).unwrap();
            *path = json!(path.as_str().unwrap().replace(&before, value));
        }
        self.event["pathParameters"][name] = json!(value);
        self
    }

    /// With this parameter of the query, which needs no escaping.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.event["queryStringParameters"][name] = json!(value);
        let parameters = self.event["queryStringParameters"].as_object().unwrap().iter();
        let pairs: Vec<_> = parameters.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
        self.event["rawQueryString"] = json!(pairs.join("&"));
        self
    }

    /// From this address, as the transport tells it.
    #[must_use]
    pub fn from_address(self, address: &str) -> Self {
        self.with("/requestContext/http/sourceIp", json!(address))
    }

    /// With this part of the event, found by its JSON pointer.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        *self.event.pointer_mut(pointer).unwrap() = value;
        self
    }

    /// The idempotency key that it has now.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.event["headers"]["idempotency-key"].as_str()
    }

    /// The body that it has now, if that is JSON.
    #[must_use]
    pub fn body(&self) -> Value {
        self.event["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
    }
}
