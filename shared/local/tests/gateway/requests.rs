//! Requests that are odd, and those that are not.

use bytes::Bytes;
use http::{HeaderValue, Method};

use crate::world::{Sink, World, enrollment};

#[tokio::test]
async fn a_request_reaches_its_function() {
    let world = World::new(Sink::Takes).await;

    let enrolled = world.post("/v1/enrollments", &enrollment()).await;
    let user = enrolled.body["user_id"].as_str().unwrap().to_owned();
    let described = world.get(&format!("/v1/enrollments/{user}")).await;
    let opened = world.post("/v1/verifications", &format!(r#"{{"user_id":"{user}"}}"#)).await;
    let keys = world.get("/.well-known/jwks.json").await;
    let ready = world.get("/health/ready").await;

    let statuses = [enrolled.status, described.status, opened.status, keys.status, ready.status];
    assert_eq!(statuses, [201, 200, 201, 200, 200]);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let world = World::new(Sink::Takes).await;

    for target in ["/", "//", "/v1", "/v1/enrollments/", "/v1/verifications//attempts", "/%2e%2e/v1", "/v1/Enrollments"]
    {
        assert_eq!(world.get(target).await.problem(), (404, "not-found"), "{target}");
    }
}

#[tokio::test]
async fn another_method_is_not_allowed() {
    let world = World::new(Sink::Takes).await;

    for method in [Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE, "ODD".parse().unwrap()] {
        let answer = world.send(world.request(method.clone(), "/v1/enrollments", "")).await;
        assert_eq!(answer.problem(), (405, "method-not-allowed"), "{method}");
        assert_eq!(answer.headers["allow"], "POST");
    }
}

#[tokio::test]
async fn a_parameter_that_is_no_text_is_no_id() {
    let world = World::new(Sink::Takes).await;

    for id in ["%ff", "%00", "%", "..", "%2F", "{}", "a%0d%0ab", "\u{e9}", "\\"] {
        let target = format!("/v1/verifications/{id}/attempts");
        let body = r#"{"factors":[]}"#;
        assert_eq!(world.post(&target, body).await.problem(), (404, "verification-not-found"), "{id}");
    }
}

#[tokio::test]
async fn e1_a_body_that_is_no_text_is_a_400() {
    let world = World::new(Sink::Takes).await;
    let mut request = world.request(Method::POST, "/v1/enrollments", "");
    *request.body_mut() = Bytes::from_static(b"{\"factors\":\"\xff\"}");

    let answer = world.send(request).await;

    assert_eq!(answer.problem(), (400, "invalid-request"));
}

#[tokio::test]
async fn a_target_that_is_too_long_is_a_400() {
    let world = World::new(Sink::Takes).await;

    let path = world.get(&format!("/{}", "a".repeat(60_000))).await;
    let query = world.get(&format!("/health/live?{}", "a".repeat(60_000))).await;

    assert_eq!(path.problem(), (400, "invalid-request"));
    assert_eq!(query.problem(), (400, "invalid-request"));
}

#[tokio::test]
async fn headers_that_the_gateway_sets_cannot_be_forged() {
    let world = World::new(Sink::Takes).await;

    for name in ["host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-for", "forwarded", "cookie"] {
        for value in ["[]:x", "::", "a b", "http://[", "%", ""] {
            let mut request = world.request(Method::GET, "/health/live?a=%ff&b[]=|", "");
            request.headers_mut().insert(name, HeaderValue::from_static(value));
            assert_eq!(world.send(request).await.status, 200, "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn a_header_that_is_no_text_is_as_good_as_absent() {
    let world = World::new(Sink::Takes).await;
    let odd = HeaderValue::from_bytes(b"\xff\xfe").unwrap();

    let mut request = world.request(Method::GET, "/health/live", "");
    request.headers_mut().insert("x-odd", odd.clone());
    let live = world.send(request).await;
    let mut request = world.request(Method::POST, "/v1/enrollments", &enrollment());
    request.headers_mut().insert("idempotency-key", odd.clone());
    let keyless = world.send(request).await;
    let mut request = world.request(Method::POST, "/v1/enrollments", &enrollment());
    request.headers_mut().insert("authorization", odd);
    let nobody = world.send(request).await;

    assert_eq!(live.status, 200);
    assert_eq!(keyless.problem(), (400, "idempotency-key-invalid"));
    assert_eq!(nobody.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn two_idempotency_keys_are_none() {
    let world = World::new(Sink::Takes).await;
    let mut request = world.request(Method::POST, "/v1/enrollments", &enrollment());
    request.headers_mut().append("idempotency-key", world.idempotency_key().parse().unwrap());

    let answer = world.send(request).await;

    assert_eq!(answer.problem(), (400, "idempotency-key-invalid"));
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let world = World::new(Sink::Takes).await;

    let first = world.get("/health/live").await;
    let second = world.get("/nothing").await;

    assert_ne!(first.headers["x-request-id"], second.headers["x-request-id"]);
}
