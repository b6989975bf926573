//! Who is let through, and how often the authorizer is asked.

use std::time::Duration;

use domain::{Clock, EventId, TenantId};
use http::{HeaderValue, Method};
use store::{ApiKeyChange, OutboxEvent, RevokeApiKey, StoreErrorKind};
use testkit::Fault;

use crate::world::{Sink, World};

const ROUTE: &str = "/v1/enrollments/018f0000-0000-7000-8000-00000000000a";

#[tokio::test]
async fn nobody_is_let_through_without_a_credential() {
    let world = World::new(Sink::Takes).await;

    for credential in ["", "Bearer", "Bearer ", "Basic abc", "Bearer csk_test_x", "bearer x y", "\t"] {
        let mut request = world.request(Method::GET, ROUTE, "");
        request.headers_mut().insert("authorization", HeaderValue::from_str(credential).unwrap());
        let answer = world.send(request).await;
        assert_eq!(answer.problem(), (401, "unauthenticated"), "{credential:?}");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    let mut request = world.request(Method::GET, ROUTE, "");
    request.headers_mut().remove("authorization");
    assert_eq!(world.send(request).await.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn two_credentials_are_none() {
    let world = World::new(Sink::Takes).await;
    let mut request = world.request(Method::GET, ROUTE, "");
    let credential = request.headers()["authorization"].clone();
    request.headers_mut().append("authorization", credential);

    let answer = world.send(request).await;

    assert_eq!(answer.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn open_routes_need_no_credential() {
    let world = World::new(Sink::Takes).await;

    for target in ["/.well-known/jwks.json", "/health/live", "/health/ready"] {
        let mut request = world.request(Method::GET, target, "");
        request.headers_mut().remove("authorization");
        assert_eq!(world.send(request).await.status, 200, "{target}");
    }
}

#[tokio::test]
async fn the_authorizer_is_asked_once_a_minute_per_credential() {
    let world = World::new(Sink::Takes).await;
    let asked = async |world: &World| {
        world.get(ROUTE).await;
        world.store.recorder().take().ports().contains(&"FindApiKey")
    };

    let first = asked(&world).await;
    world.clock.advance(Duration::from_secs(59));
    let within = asked(&world).await;
    world.clock.advance(Duration::from_secs(1));
    let after = asked(&world).await;

    assert_eq!((first, within, after), (true, false, true));
}

/// ```text
/// revoked          60 s after the authorizer was asked
/// ┼ let through ──┼ refused
/// ```
#[tokio::test]
async fn a_revoked_key_is_refused_within_60_seconds() {
    let world = World::new(Sink::Takes).await;
    assert_eq!(world.get(ROUTE).await.problem(), (404, "enrollment-not-found"));
    let tenant = TenantId::from_keyed_bytes([7; 16]);
    let event = OutboxEvent { id: EventId::NIL, payload: Vec::new() };

    let revoked = world.store.revoke_api_key((tenant, world.api_key.hash()), world.clock.now(), &event).await.unwrap();
    world.clock.advance(Duration::from_millis(59_999));
    let within = world.get(ROUTE).await;
    world.clock.advance(Duration::from_millis(1));
    let after = world.get(ROUTE).await;

    assert_eq!(revoked, ApiKeyChange::Changed);
    assert_eq!((within.problem(), after.problem()), ((404, "enrollment-not-found"), (401, "unauthenticated")));
}

#[tokio::test]
async fn a_flood_of_new_credentials_does_not_let_anybody_through() {
    let world = World::new(Sink::Takes).await;

    for number in 0..2_500 {
        let mut request = world.request(Method::GET, ROUTE, "");
        request.headers_mut().insert("authorization", format!("Bearer {number}").parse().unwrap());
        assert_eq!(world.send(request).await.status, 401);
    }

    assert_eq!(world.get(ROUTE).await.problem(), (404, "enrollment-not-found"));
}

#[tokio::test]
async fn b3_an_authorizer_that_cannot_tell_lets_nobody_through_and_is_asked_again() {
    let world = World::new(Sink::Takes).await;
    world.store.faults().plan("FindApiKey", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

    let during = world.get(ROUTE).await;
    let after = world.get(ROUTE).await;

    assert_eq!(during.problem(), (503, "unavailable"));
    assert!(during.headers.contains_key("retry-after"));
    assert_eq!(after.problem(), (404, "enrollment-not-found"));
}
