//! Requests, rendered with as little work as can be.

use bytes::{BufMut, Bytes, BytesMut};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use uuid::Uuid;

use crate::client::{Digests, Url, key};
use crate::random::Random;

/// A request that can be sent again as it is.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    path: Uri,
    key: Option<HeaderValue>,
    body: Bytes,
}

/// Makes calls to one target.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    host: HeaderValue,
    authorization: HeaderValue,
    enroll: Uri,
    initiate: Uri,
    introspect: Uri,
}

impl Calls {
    /// For a target and a credential.
    ///
    /// # Errors
    /// That one of them can't stand in a header.
    pub(crate) fn new(url: &Url, api_key: &str) -> anyhow::Result<Self> {
        let route = |path: &str| Uri::try_from(format!("{}{path}", url.prefix));
        let mut authorization = HeaderValue::try_from(format!("Bearer {api_key}"))?;
        authorization.set_sensitive(true);
        Ok(Self {
            host: HeaderValue::try_from(url.authority.as_str())?,
            authorization,
            enroll: route("/v1/enrollments")?,
            initiate: route("/v1/verifications")?,
            introspect: route("/v1/sessions/introspect")?,
        })
    }

    /// Enrols a user with pin and nfc.
    pub(crate) fn enroll(&self, random: &mut Random, user: Uuid, digests: &Digests) -> Call {
        let mut body = BytesMut::with_capacity(300);
        body.put_slice(br#"{"user_id":""#);
        put_id(&mut body, user);
        body.put_slice(br#"",""#);
        put_factors(&mut body, digests);
        change(self.enroll.clone(), random, body)
    }

    /// Opens a verification of a payment.
    pub(crate) fn initiate(&self, random: &mut Random, user: Uuid) -> Call {
        let mut body = BytesMut::with_capacity(200);
        body.put_slice(br#"{"user_id":""#);
        put_id(&mut body, user);
        body.put_slice(br#"","transaction":"#);
        body.put_slice(br#"{"amount_minor":4990,"currency":"EUR","payee":"Example Shop","reference":"order 1001"}}"#);
        change(self.initiate.clone(), random, body)
    }

    /// Opens a verification, but the body ends too early.
    pub(crate) fn malformed(&self, random: &mut Random) -> Call {
        change(self.initiate.clone(), random, BytesMut::from(&br#"{"user_id":"6c1f9a52-4b0d-8e3a"#[..]))
    }

    /// Presents both factors.
    pub(crate) fn verify(&self, random: &mut Random, verification: &str, digests: &Digests) -> Call {
        let mut body = BytesMut::with_capacity(256);
        body.put_slice(br#"{""#);
        put_factors(&mut body, digests);
        change(self.verification(verification, "/attempts"), random, body)
    }

    /// Asks where a verification stands.
    pub(crate) fn status(&self, verification: &str) -> Call {
        Call { method: Method::GET, path: self.verification(verification, ""), key: None, body: Bytes::new() }
    }

    /// Asks whether a token counts.
    pub(crate) fn introspect(&self, token: &str) -> Call {
        let body = Bytes::from(format!(r#"{{"token":"{token}"}}"#));
        Call { method: Method::POST, path: self.introspect.clone(), key: None, body }
    }

    /// The request as it is sent.
    pub(crate) fn render(&self, call: Call) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = call.method;
        *request.uri_mut() = call.path;
        let headers = request.headers_mut();
        headers.reserve(6);
        headers.insert(header::HOST, self.host.clone());
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = call.key {
            headers.insert("idempotency-key", key);
        }
        request
    }

    fn verification(&self, id: &str, below: &str) -> Uri {
        let path = [self.initiate.path(), "/", id, below].concat();
        PathAndQuery::from_maybe_shared(Bytes::from(path)).map_or_else(|_| self.initiate.clone(), Uri::from)
    }
}

/// A request that carries a fresh idempotency key.
fn change(path: Uri, random: &mut Random, body: BytesMut) -> Call {
    Call { method: Method::POST, path, key: Some(key::fresh(random)), body: body.freeze() }
}

fn put_id(body: &mut BytesMut, id: Uuid) {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    body.put_slice(id.as_hyphenated().encode_lower(&mut text).as_bytes());
}

/// The end of a body, from the name of the member on.
fn put_factors(body: &mut BytesMut, Digests([pin, nfc]): &Digests) {
    body.put_slice(br#"factors":[{"type":"pin","digest":""#);
    body.put_slice(pin);
    body.put_slice(br#""},{"type":"nfc","digest":""#);
    body.put_slice(nfc);
    body.put_slice(br#""}]}"#);
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;
    use crate::client::Users;

    const USERS: Users = Users { seed: 1, count: 10 };

    fn calls() -> Calls {
        Calls::new(&"http://127.0.0.1:3000/stage".parse().unwrap(), "csk_test_x").unwrap()
    }

    async fn body(request: Request<Full<Bytes>>) -> Value {
        serde_json::from_slice(&request.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn an_opening_is_what_the_api_asks_for() {
        let request = calls().render(calls().initiate(&mut Random::fresh(), USERS.id(3)));

        assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/stage/v1/verifications"));
        assert_eq!(request.headers()["host"], "127.0.0.1:3000");
        assert_eq!(request.headers()["authorization"], "Bearer csk_test_x");
        assert_eq!(request.headers()["content-type"], "application/json");
        assert_eq!(request.headers()["idempotency-key"].len(), 36);
        let transaction =
            json!({"amount_minor": 4990, "currency": "EUR", "payee": "Example Shop", "reference": "order 1001"});
        assert_eq!(body(request).await, json!({"user_id": USERS.id(3).to_string(), "transaction": transaction}));
    }

    #[tokio::test]
    async fn an_attempt_presents_what_was_enrolled() {
        let (calls, digests) = (calls(), USERS.digests(3));

        let enrollment = calls.render(calls.enroll(&mut Random::fresh(), USERS.id(3), &digests));
        let attempt = calls.render(calls.verify(&mut Random::fresh(), "6c1f", &digests));

        assert_eq!(enrollment.uri().path(), "/stage/v1/enrollments");
        assert_eq!(attempt.uri().path(), "/stage/v1/verifications/6c1f/attempts");
        let (enrollment, attempt) = (body(enrollment).await, body(attempt).await);
        assert_eq!(enrollment["factors"], attempt["factors"]);
        assert_eq!(attempt["factors"][1]["digest"], str::from_utf8(&digests.0[1]).unwrap());
        assert_eq!(enrollment["user_id"], USERS.id(3).to_string());
    }

    #[tokio::test]
    async fn questions_carry_no_idempotency_key() {
        let calls = calls();

        let (status, introspect) = (calls.render(calls.status("6c1f")), calls.render(calls.introspect("t.t.t")));

        assert_eq!((status.method(), status.uri().path()), (&Method::GET, "/stage/v1/verifications/6c1f"));
        assert!([&status, &introspect].iter().all(|request| !request.headers().contains_key("idempotency-key")));
        assert_eq!(body(introspect).await, json!({"token": "t.t.t"}));
    }

    #[test]
    fn a_replay_is_the_same_request() {
        let (calls, mut random) = (calls(), Random::fresh());
        let call = calls.initiate(&mut random, USERS.id(3));

        let (first, replay) = (calls.render(call.clone()), calls.render(call));
        let other = calls.render(calls.initiate(&mut random, USERS.id(3)));

        assert_eq!(first.headers(), replay.headers());
        assert_ne!(first.headers(), other.headers());
    }
}
