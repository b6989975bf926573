//! L1: whom describe-enrollment refuses, the trail tells.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use admission::Admission;
use audit::{About, Denial, MemorySink, Outcome};
use countersign_http::Endpoint;
use denials::{Denials, ONE_IN};
use describe_enrollment::{DescribeEnrollment, Ports};
use domain::{Clock, Entropy, EventId, ListedAccess, ListedSubject, Listing, Route, TenantId};
use store::{ChangeListings, OutboxEvent};
use testkit::{FixedClock, MemoryStore, SeededEntropy};

const UNKNOWN: &str = include_str!("../../../events/describe-enrollment/unknown-user.json");

struct Scene {
    store: MemoryStore,
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
    describe: DescribeEnrollment<MemoryStore, Arc<MemorySink>>,
}

impl Scene {
    fn with(limits: &str) -> Self {
        let (store, sink, clock) = (MemoryStore::new(), Arc::<MemorySink>::default(), Arc::<FixedClock>::default());
        let (ticking, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (clock.clone(), Arc::new(SeededEntropy::new(1)));
        let policy = limits.parse().unwrap();
        let limits =
            admission::Ports { store: store.clone(), policy, clock: ticking.clone(), entropy: entropy.clone() };
        let describe = DescribeEnrollment::new(Ports {
            store: store.clone(),
            admission: Admission::new(limits),
            denials: Denials::new(sink.clone(), ticking, entropy),
        });
        Self { store, sink, clock, describe }
    }

    async fn ask(&self, event: &str) -> u16 {
        self.describe.serve(lambda_http::request::from_str(event).unwrap()).await.status().as_u16()
    }

    fn refusals(&self) -> Vec<(About, Outcome)> {
        self.sink.events().iter().map(|event| (event.about, event.outcome)).collect()
    }
}

fn tenant() -> TenantId {
    "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap()
}

fn refused(denial: Denial, suppressed: u32) -> Outcome {
    Outcome::RequestRefused { denial, route: Some(Route::DescribeEnrollment), suppressed }
}

#[tokio::test]
async fn l1_asking_for_nobody_is_recorded_and_then_sampled() {
    let scene = Scene::with("");

    for _ in 0..3 {
        assert_eq!(scene.ask(UNKNOWN).await, 404);
    }
    scene.clock.advance(ONE_IN);
    assert_eq!(scene.ask(UNKNOWN).await, 404);

    let told = [0, 2].map(|suppressed| (About::Tenant(tenant()), refused(Denial::EnrollmentNotFound, suppressed)));
    assert_eq!(scene.refusals(), told);
}

#[tokio::test]
async fn l1_a_request_beyond_a_limit_is_recorded() {
    let scene = Scene::with(r#"{"tenant_describe_enrollment": {"quota": 1, "lease": 1}}"#);
    scene.ask(UNKNOWN).await;
    scene.sink.forget();

    assert_eq!(scene.ask(UNKNOWN).await, 429);

    assert_eq!(scene.refusals(), [(About::Tenant(tenant()), refused(Denial::RateLimited, 0))]);
}

#[tokio::test]
async fn l1_whom_the_operator_refuses_is_recorded() {
    let scene = Scene::with("");
    let expires_at = scene.clock.now() + ONE_IN;
    let listing = Listing { subject: ListedSubject::Tenant(tenant()), access: ListedAccess::Denied, expires_at };
    let event = OutboxEvent { id: EventId::from_keyed_bytes([1; 16]), payload: Vec::new() };
    scene.store.put_listing(&listing, &event).await.unwrap();

    assert_eq!(scene.ask(UNKNOWN).await, 403);

    assert_eq!(scene.refusals(), [(About::Tenant(tenant()), refused(Denial::Forbidden, 0))]);
}

#[tokio::test]
async fn l1_who_has_no_api_key_is_recorded_for_the_deployment() {
    let scene = Scene::with("");
    let unauthenticated = UNKNOWN.replace("api_key", "nothing");

    assert_eq!(scene.ask(&unauthenticated).await, 401);

    assert_eq!(scene.refusals(), [(About::Deployment, refused(Denial::Unauthenticated, 0))]);
}
