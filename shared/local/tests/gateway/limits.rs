//! Limits as callers of the gateway meet them.

use std::net::IpAddr;

use http::{HeaderValue, Method};

use crate::world::{Sink, World, enrollment};

/// At most three requests of a server in ten minutes from one address.
const THREE: &str = r#"{"source": {"quota": 3, "period_seconds": 600, "lease": 1}}"#;

fn peer(last: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, last])
}

#[tokio::test]
async fn a5_the_subject_of_a_limit_is_the_peer_whatever_headers_say() {
    let world = World::with(Sink::Takes, THREE.parse().unwrap()).await;
    let headers = ["x-forwarded-for", "forwarded", "x-real-ip", "x-user-id", "x-client-ip", "true-client-ip", "via"];

    let mut statuses = Vec::new();
    for (number, name) in headers.into_iter().enumerate() {
        let mut request = world.request(Method::POST, "/v1/enrollments", &enrollment());
        let claimed = HeaderValue::from_str(&format!("203.0.113.{number}")).unwrap();
        request.headers_mut().insert(name, claimed);
        statuses.push(world.send_from(peer(1), request).await.status);
    }
    let mut request = world.request(Method::POST, "/v1/enrollments", &enrollment());
    request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
    let neighbour = world.send_from(peer(2), request).await;

    assert_eq!(statuses, [201, 201, 201, 429, 429, 429, 429]);
    assert_eq!(neighbour.status, 201);
}

#[tokio::test]
async fn a7_a_limited_caller_learns_which_limit_and_when() {
    let world = World::with(Sink::Takes, THREE.parse().unwrap()).await;
    for _ in 0..3 {
        world.post("/v1/enrollments", &enrollment()).await;
    }

    let limited = world.post("/v1/enrollments", &enrollment()).await;

    assert_eq!(limited.problem(), (429, "rate-limited"));
    assert_eq!(limited.headers["ratelimit-policy"], r#""source";q=3;w=600"#);
    let wait: u64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(limited.headers["ratelimit"], format!(r#""source";r=0;t={wait}"#));
    world.clock.advance(std::time::Duration::from_secs(wait));
    assert_eq!(world.post("/v1/enrollments", &enrollment()).await.status, 201);
}

#[tokio::test]
async fn the_open_routes_have_no_limit() {
    let world = World::with(Sink::Takes, THREE.parse().unwrap()).await;

    for _ in 0..10 {
        assert_eq!(world.get("/.well-known/jwks.json").await.status, 200);
        assert_eq!(world.get("/health/live").await.status, 200);
    }
}
