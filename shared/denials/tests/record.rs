//! Which refusals stand in whose trail.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use admission::CallerKind;
use audit::{About, Behaviour, Denial, Event, MemorySink, Outcome, PAUSE};
use countersign_http::{Inbound, Problem, ProblemType};
use crypto::{BranchKey, SecretKey};
use denials::{Denials, ONE_IN};
use domain::{Clock, RequestId, Route, TenantId, VerificationId};
use testkit::{FixedClock, SeededEntropy};

struct Scene {
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
    denials: Denials<Arc<MemorySink>>,
}

impl Scene {
    fn new() -> Self {
        let (sink, clock) = (Arc::<MemorySink>::default(), Arc::<FixedClock>::default());
        let denials = Denials::new(Arc::clone(&sink), clock.clone(), Arc::new(SeededEntropy::new(1)));
        Self { sink, clock, denials }
    }

    async fn refuse(&self, kind: ProblemType) {
        self.denials.record(Route::Status, &server(1), &Problem::new(kind)).await;
    }

    async fn refuse_after(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.refuse(ProblemType::Forbidden).await;
    }

    /// How many each recorded event carries.
    fn suppressed(&self) -> Vec<u32> {
        self.sink.events().iter().filter_map(suppressed).collect()
    }
}

fn suppressed(event: &Event) -> Option<u32> {
    match event.outcome {
        Outcome::RequestRefused { suppressed, .. } => Some(suppressed),
        _ => None,
    }
}

fn tenant(number: u8) -> TenantId {
    TenantId::from_keyed_bytes([number; 16])
}

/// A request of a tenant's server.
fn server(number: u8) -> Inbound {
    let fields = format!(r#"{{"kind": "api_key", "tenant_id": "{}", "scopes": "audit"}}"#, tenant(number));
    inbound(&fields, "csk_x")
}

/// A request with a capability that names a tenant, which anybody can write.
fn device(number: u8) -> Inbound {
    let key = BranchKey::first(tenant(number), &SecretKey::new([7; 32])).unwrap();
    let capability = key.capability(VerificationId::from_keyed_bytes([9; 16]));
    inbound(r#"{"kind": "capability"}"#, capability.expose())
}

fn inbound(fields: &str, credential: &str) -> Inbound {
    let event = format!(
        r#"{{"version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
            "headers": {{"authorization": "Bearer {credential}"}},
            "requestContext": {{"authorizer": {{"lambda": {fields}}},
                "http": {{"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "198.51.100.7", "userAgent": "x"}},
                "requestId": "request-1", "routeKey": "$default", "stage": "$default", "timeEpoch": 0}},
            "isBase64Encoded": false}}"#
    );
    Inbound::new(lambda_http::request::from_str(&event).unwrap())
}

#[tokio::test]
async fn l1_the_first_is_recorded_at_once_and_then_one_a_minute_with_how_many_there_were() {
    let scene = Scene::new();

    for seconds in [0, 1, 1, 57] {
        scene.refuse_after(seconds).await;
    }
    assert_eq!(scene.suppressed(), [0]);
    for seconds in [1, 1, 60] {
        scene.refuse_after(seconds).await;
    }

    assert_eq!(scene.suppressed(), [0, 3, 1]);
}

#[tokio::test]
async fn l1_tenants_routes_and_denials_are_sampled_apart() {
    let scene = Scene::new();
    let forbidden = Problem::new(ProblemType::Forbidden);

    for _ in 0..2 {
        scene.denials.record(Route::Status, &server(1), &forbidden).await;
        scene.denials.record(Route::Status, &server(2), &forbidden).await;
        scene.denials.record(Route::Verify, &server(1), &forbidden).await;
        scene.denials.record(Route::Status, &server(1), &Problem::new(ProblemType::RateLimited)).await;
        scene.denials.clone().record_unauthenticated(&RequestId::from_transport("request-2")).await;
    }

    let kinds: Vec<_> = scene.sink.events().iter().map(|event| (event.about, event.outcome)).collect();
    let refused = |denial, route| Outcome::RequestRefused { denial, route, suppressed: 0 };
    assert_eq!(
        kinds,
        [
            (About::Tenant(tenant(1)), refused(Denial::Forbidden, Some(Route::Status))),
            (About::Tenant(tenant(2)), refused(Denial::Forbidden, Some(Route::Status))),
            (About::Tenant(tenant(1)), refused(Denial::Forbidden, Some(Route::Verify))),
            (About::Tenant(tenant(1)), refused(Denial::RateLimited, Some(Route::Status))),
            (About::Deployment, refused(Denial::Unauthenticated, None)),
        ]
    );
}

#[tokio::test]
async fn a_tenants_trail_holds_only_what_is_certain_to_be_its_own() {
    let scene = Scene::new();
    let forbidden = Problem::new(ProblemType::Forbidden);
    let checked = device(1);
    let _arrival = checked.arrival(Route::Verify, tenant(1), CallerKind::Device);

    scene.denials.record(Route::Verify, &checked, &forbidden).await;
    scene.denials.record(Route::Verify, &device(1), &forbidden).await;
    scene.denials.record(Route::Verify, &device(2), &forbidden).await;
    scene.denials.record(Route::Verify, &inbound("{}", "x"), &Problem::new(ProblemType::Unauthenticated)).await;

    let about: Vec<_> = scene.sink.events().iter().map(|event| event.about).collect();
    assert_eq!(about, [About::Tenant(tenant(1)), About::Deployment, About::Deployment]);
}

#[tokio::test]
async fn what_is_malformed_or_our_own_fault_is_no_denial() {
    let scene = Scene::new();

    for kind in [ProblemType::InvalidRequest, ProblemType::Unavailable, ProblemType::AuthenticationFailed] {
        scene.refuse(kind).await;
    }

    assert_eq!(scene.sink.events(), []);
}

#[tokio::test]
async fn an_event_holds_the_request_id_and_the_time_and_nothing_of_the_request() {
    let scene = Scene::new();

    scene.refuse(ProblemType::RateLimited).await;

    let event = scene.sink.events().remove(0);
    assert_eq!((event.request_id.as_str(), event.personal.as_ref()), ("request-1", None));
    assert_eq!(event.id.timestamp(), Some(event.at));
    assert!(!event.canonical_json().contains("198.51.100"), "{}", event.canonical_json());
}

/// V7: whoever floods a function with refusals costs it one record a minute.
#[test]
fn v7_a_refusal_that_is_sampled_away_waits_for_nothing() {
    let scene = Scene::new();
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(pin!(scene.refuse_after(0)).poll(&mut context), Poll::Ready(()));

    scene.sink.behave(Behaviour::Hang);

    for _ in 0..1_000 {
        assert_eq!(pin!(scene.refuse_after(0)).poll(&mut context), Poll::Ready(()));
    }
}

#[tokio::test]
async fn l1_what_could_not_be_recorded_is_recorded_with_a_later_one() {
    let scene = Scene::new();

    scene.sink.behave(Behaviour::Fail);
    scene.refuse_after(0).await;
    scene.refuse_after(PAUSE.as_secs()).await;
    scene.sink.behave(Behaviour::Record);
    scene.refuse_after(1).await;
    assert_eq!(scene.sink.events(), [], "the sink is left alone for a moment");
    scene.refuse_after(PAUSE.as_secs()).await;
    scene.refuse_after(ONE_IN.as_secs()).await;

    assert_eq!(scene.suppressed(), [0, 3]);
}

#[tokio::test]
async fn l1_a_lost_answer_counts_nothing_twice() {
    let scene = Scene::new();

    scene.sink.behave(Behaviour::LoseAnswer);
    scene.refuse_after(0).await;
    scene.refuse_after(PAUSE.as_secs()).await;
    scene.sink.behave(Behaviour::Record);
    scene.refuse_after(PAUSE.as_secs()).await;
    scene.refuse_after(ONE_IN.as_secs()).await;

    assert_eq!(scene.suppressed(), [0, 2]);
}

#[tokio::test]
async fn l1_a_record_that_is_dropped_on_its_way_is_made_up_for() {
    let scene = Scene::new();
    scene.sink.behave(Behaviour::Hang);
    {
        let mut refusing = pin!(scene.refuse_after(0));
        assert_eq!(refusing.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
    }

    scene.sink.behave(Behaviour::Record);
    scene.refuse_after(PAUSE.as_secs()).await;

    assert_eq!(scene.suppressed(), [0]);
    assert_eq!(scene.sink.events()[0].at, FixedClock::default().now());
}
